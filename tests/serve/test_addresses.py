"""Pictures by address: no road leads to this machine or its network. A real listener on loopback hears nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from tests.serve.conftest import Start

SEARCH = "/v1/catalogues/shop/search"


class Inside(ThreadingHTTPServer):
    """What must not be reached; with a path of `/to/URL` it would lead on to URL."""

    daemon_threads = True
    address_family = socket.AF_INET

    def __init__(self, body: bytes = b"secret") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.body = body
        self.heard: list[str] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def verify_request(self, request: object, client_address: object) -> bool:
        self.heard.append("connected")
        return True


class Handler(BaseHTTPRequestHandler):
    server: Inside

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.heard.append(self.path)
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)


@pytest.fixture
def inside() -> Iterator[Inside]:
    with Inside() as server:
        yield server
        server.shutdown()


FORMS = [
    "http://127.0.0.1:{port}/x",
    "http://127.1:{port}/x",
    "http://127.0.1:{port}/x",
    "http://127.255.255.254:{port}/x",
    "http://2130706433:{port}/x",  # decimal
    "http://0x7f000001:{port}/x",  # hexadecimal
    "http://0x7f.0.0.1:{port}/x",
    "http://0x7f.1:{port}/x",
    "http://0177.0.0.1:{port}/x",  # octal
    "http://0177.0.0x1:{port}/x",
    "http://017700000001:{port}/x",
    "http://00000177.00.00.01:{port}/x",
    "http://0:{port}/x",
    "http://0.0.0.0:{port}/x",
    "http://[::1]:{port}/x",
    "http://[0:0:0:0:0:0:0:1]:{port}/x",
    "http://[::]:{port}/x",
    "http://[::ffff:127.0.0.1]:{port}/x",  # IPv4 in IPv6
    "http://[::ffff:7f00:1]:{port}/x",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/x",
    "http://[::127.0.0.1]:{port}/x",
    "http://[64:ff9b::127.0.0.1]:{port}/x",  # NAT64
    "http://[2002:7f00:1::]:{port}/x",  # 6to4
    "http://localhost:{port}/x",
    "http://LOCALHOST:{port}/x",
    "http://localhost.:{port}/x",
    "http://user:pass@127.0.0.1:{port}/x",
    "http://example.com@127.0.0.1:{port}/x",
    "http://127.0.0.1:{port}#@example.com/x",
    "http://127.0.0.1%2f@localhost:{port}/x",
    "http://①②⑦.⓪.⓪.①:{port}/x",  # digits that normalise
    "http://127。0。0。1:{port}/x",
    "http:127.0.0.1:{port}/x",
    "http:///127.0.0.1:{port}/x",
    "http:\\\\127.0.0.1:{port}\\x",
    "https://127.0.0.1:{port}/x",
    "http://[fe80::1%25lo]:{port}/x",  # link-local with a zone
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/x",
    "ftp://127.0.0.1:{port}/x",
    "data:text/plain,x",
    "//127.0.0.1:{port}/x",
    "http://",
    "http://\x00127.0.0.1:{port}/x",
    "http://127.0.0.1:{port}\r\nHost: x/x",
    "jar:http://127.0.0.1:{port}/x!/",
]


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_loopback_address_is_reached(http: httpx.Client, inside: Inside, form: str) -> None:
    url = form.replace("{port}", str(inside.port))
    response = http.post(SEARCH, json={"pictures": [{"url": url}]})
    assert response.status_code == 422, response.text
    assert inside.heard == []
    assert response.json()["errors"][0]["field"] == "/pictures/0/url"


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "[fd00::1]"]
)
def test_private_and_link_local_addresses_are_refused_before_anything_is_sent(http: httpx.Client, host: str) -> None:
    """At once: had a connection been tried, the answer would take seconds."""
    response = http.post(SEARCH, json={"pictures": [{"url": f"http://{host}/latest/meta-data/"}]}, timeout=4)
    assert response.status_code == 422
    assert host not in response.json()["errors"][0]["detail"]


def test_what_is_refused_says_nothing_of_our_network(http: httpx.Client, inside: Inside) -> None:
    """Whether a name exists here, or what is behind it, is not told apart."""
    details = set()
    for host in ("localhost", "no-such-host.invalid", "127.0.0.1"):
        body = {"pictures": [{"url": f"http://{host}:{inside.port}/x"}]}
        details.add(http.post(SEARCH, json=body).json()["errors"][0]["detail"])
    assert len(details) == 1
    assert "127.0.0.1" not in details.pop()


def test_every_road_that_takes_an_address_is_closed(http: httpx.Client, inside: Inside, photo: bytes) -> None:
    url = f"http://127.0.0.1:{inside.port}/x"
    shop = "/v1/catalogues/shop"
    roads = [
        http.post(f"{shop}/products/p1/photos", json={"url": url}),
        http.post(f"{shop}/match", json={"picture": {"url": url}, "product_id": "p1"}),
        http.post(f"{shop}/search", data={"pictures": f'[{{"url": "{url}"}}]'}, files={"picture": photo}),
    ]
    assert [road.status_code for road in roads] == [422] * 3, [road.text for road in roads]
    row = http.post(f"{shop}/products/bulk", json={"rows": [{"product_id": "p1", "photos": [{"url": url}]}]})
    assert row.json()["rows"][0]["errors"][0]["field"] == "/photos/0"
    assert inside.heard == []


def test_a_host_allowed_by_name_is_reached_but_leads_nowhere_else(
    start: Start, indexed: Path, inside: Inside, photo: bytes
) -> None:
    """Of two names of the same address one is allowed; a redirect to the other is a way round the check."""
    inside.body = photo
    http = start(indexed, environment={"SHELFLENS_ALLOWED_HOSTS": "127.0.0.1"}).http
    here = f"http://127.0.0.1:{inside.port}"

    def asked(url: str) -> httpx.Response:
        return http.post(SEARCH, json={"pictures": [{"url": url}], "k": 1})

    assert asked(f"{here}/photo.jpg").json()["matches"][0]["product"]["product_id"] == "p3"
    assert asked(f"{here}/to/{here}/photo.jpg").status_code == 200
    heard = len(inside.heard)
    for way_round in ("localhost", "2130706433", "[::ffff:127.0.0.1]", "127.1", "0x7f000001"):
        assert asked(f"{here}/to/http://{way_round}:{inside.port}/photo.jpg").status_code == 422
        heard += 2  # the redirect itself: a connection or a kept one, and its path
        assert not any(path == "/photo.jpg" for path in inside.heard[heard - 1 :])
    assert asked(f"{here}/to/file:///etc/passwd").status_code == 422


REBINDING = """
import socket, sys
asked = {{}}
plain = socket.getaddrinfo
def rebinding(host, port, *rest, **options):
    if host == "rebind.example":
        asked[host] = asked.get(host, 0) + 1
        print("asked", asked[host], file=sys.stderr, flush=True)
        address = "192.0.2.1" if asked[host] == 1 else "127.0.0.1"  # first harmless (and unroutable), then ours
        return plain(address, port, *rest, **options)
    return plain(host, port, *rest, **options)
socket.getaddrinfo = rebinding
"""


def test_a_name_that_changes_its_address_is_looked_up_once_for_each_connection(
    start: Start, indexed: Path, inside: Inside, tmp_path: Path
) -> None:
    """DNS rebinding: the address that was checked is the one that is connected to. The resolver of the server's
    process is replaced, as a name server of the attacker's would answer; 192.0.2.1 is nobody's (RFC 5737)."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(REBINDING.replace("{{", "{").replace("}}", "}"))
    server = start(indexed, environment={"PYTHONPATH": f"{tmp_path / 'site'}"})
    for _ in range(3):
        body = {"pictures": [{"url": f"http://rebind.example:{inside.port}/x"}]}
        assert server.http.post(SEARCH, json=body).status_code == 422
    assert inside.heard == []
    assert server.log.read_text().count("asked") == 3
