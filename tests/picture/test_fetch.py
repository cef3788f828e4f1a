"""URLs to bytes: real HTTP on this machine, and every road to a private address closed."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.damage import good_files

from shelflens.errors import FetchError, PictureError
from shelflens.picture import Fetcher, FetchPolicy, Limits, fetch, open_url
from shelflens.picture.connecting import is_public

BODY = good_files()["jpeg"]
HERE = FetchPolicy(allowed_hosts=frozenset({"127.0.0.1"}), read_seconds=2, total_seconds=3)


class Shop(ThreadingHTTPServer):
    """A shop's web server that remembers what it was asked."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.connections = 0
        self.asked: list[tuple[str, dict[str, str]]] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def verify_request(self, request: object, client_address: object) -> bool:
        self.connections += 1
        return True


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Shop

    def log_message(self, *_: object) -> None:
        pass

    def start(self, status: int, **headers: str | int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        match self.path.partition("?")[0].split("/")[1:]:
            case ["photo" | "photo.html" | "größe", *_]:
                self.start(200, Content_Length=len(BODY), Content_Type="text/html")
                self.wfile.write(BODY)
            case ["hops", count]:
                where = f"/hops/{int(count) - 1}" if int(count) else "/photo"
                self.start(302, Location=where, Content_Length=0)
            case ["to", *where]:
                self.start(301, Location="/".join(where).replace("%PORT", str(self.server.port)), Content_Length=0)
            case ["status", code]:
                self.start(int(code), Content_Length=0)
            case ["promise", count]:
                self.start(200, Content_Length=count)
                self.wfile.write(b"x" * 10)
                self.close_connection = True
            case ["endless"]:
                self.start(200, Transfer_Encoding="chunked")
                for _ in range(100_000):
                    self.wfile.write(b"1000\r\n" + bytes(4096) + b"\r\n")
            case ["drip"]:
                self.start(200, Content_Length=1000)
                for _ in range(1000):
                    self.wfile.write(b"x")
                    time.sleep(0.05)
            case ["drip-headers"]:
                for _ in range(1000):
                    self.wfile.write(b"x")
                    time.sleep(0.05)
            case ["gzip"]:
                self.start(200, Content_Length=3, Content_Encoding="gzip")
                self.wfile.write(b"abc")
            case _:
                self.start(404, Content_Length=0)

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the client went away, as it should from the endless answers
            self.close_connection = True


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as server:
        yield server
        server.shutdown()


def test_bytes_arrive_whatever_the_server_calls_them(shop: Shop) -> None:
    assert fetch(shop.url("/photo.html"), policy=HERE) == BODY
    picture = open_url(shop.url("/photo?size=large"), policy=HERE, side=16)
    assert (picture.format, picture.width, picture.height) == ("JPEG", 80, 112)
    path, headers = shop.asked[0]
    assert path == "/photo.html"
    assert headers["Host"] == f"127.0.0.1:{shop.port}"
    assert headers["Accept-Encoding"] == "identity"
    assert shop.asked[1][0] == "/photo?size=large"


def test_redirects_are_followed_up_to_the_limit(shop: Shop) -> None:
    assert fetch(shop.url("/hops/4"), policy=HERE) == BODY
    with pytest.raises(FetchError, match="more than 5 redirects"):
        fetch(shop.url("/hops/5"), policy=HERE)
    assert fetch(shop.url("/to/http://127.0.0.1:%PORT/photo"), policy=HERE) == BODY


@pytest.mark.parametrize(
    ("where", "complaint"),
    [
        ("http://localhost:%PORT/photo", "localhost is not on the public internet"),
        ("http://169.254.169.254/latest/meta-data", "not on the public internet"),
        ("http://2130706433:%PORT/photo", "not on the public internet"),
        ("file:///etc/passwd", r"a redirect that is not on the web \(file\)"),
        ("ftp://example.com/x.jpg", r"not on the web \(ftp\)"),
        ("http://[::1", "a redirect that is no URL"),
    ],
)
def test_each_redirect_is_checked_like_the_first_address(where: str, complaint: str, shop: Shop) -> None:
    with pytest.raises(FetchError, match=complaint):
        fetch(shop.url(f"/to/{where}"), policy=HERE)
    assert len(shop.asked) == 1


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.0.0.1.",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
def test_no_spelling_of_a_private_address_reaches_it(host: str, shop: Shop) -> None:
    for address in (f"http://{host}:{shop.port}/photo", f"http://user:pw@{host}:{shop.port}/photo"):
        with pytest.raises(FetchError, match=r"not on the public internet|is unknown|no URL"):
            fetch(address)
    assert shop.connections == 0


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("1.1.1.1", True),
        ("2606:4700:4700::1111", True),
        ("2a00:1450:4001:81b::200e", True),
        ("0.0.0.0", False),
        ("10.255.255.255", False),
        ("100.64.0.0", False),  # carrier-grade NAT
        ("100.127.255.255", False),
        ("100.128.0.0", True),
        ("127.255.255.254", False),
        ("168.63.129.16", False),  # Azure's host agent
        ("169.254.169.254", False),  # cloud metadata
        ("172.31.255.255", False),
        ("172.32.0.0", True),
        ("192.0.0.9", False),
        ("192.0.2.1", False),
        ("192.88.99.1", False),
        ("192.168.0.1", False),
        ("198.18.0.1", False),
        ("203.0.113.1", False),
        ("224.0.0.1", False),
        ("239.255.255.250", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::7f00:1", False),  # IPv4-compatible
        ("::ffff:8.8.8.8", False),  # IPv4-mapped
        ("64:ff9b::8.8.8.8", False),  # NAT64
        ("64:ff9b:1::a00:1", False),
        ("100::1", False),
        ("2001::1", False),  # Teredo
        ("2001:db8::1", False),
        ("2002:808:808::1", False),  # 6to4
        ("3fff::1", False),
        ("5f00::1", False),
        ("fc00::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_name_is_resolved_once_and_the_checked_address_is_connected_to(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo
    asked: list[str] = []

    def rebinding(host: str, port: int, *rest: Any, **options: Any) -> object:
        """Private at the first question, somewhere else at every later one, as an attacker's name server does."""
        asked.append(host)
        if host == "shop.example":
            host = "127.0.0.1" if asked.count(host) == 1 else "127.0.0.99"
        return resolve(host, port, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    url = f"http://Shop.Example:{shop.port}/photo"
    assert fetch(url, policy=FetchPolicy(allowed_hosts=frozenset({"shop.EXAMPLE"}))) == BODY
    assert asked.count("shop.example") == 1
    assert shop.asked[0][1]["Host"] == f"shop.example:{shop.port}"
    asked.clear()
    with pytest.raises(FetchError, match=r"the host shop\.example is not on the public internet"):
        fetch(url)


def test_what_is_too_long_is_not_read_to_its_end(shop: Shop) -> None:
    with pytest.raises(FetchError, match="99999999 bytes; at most 1000 are read"):
        fetch(shop.url("/promise/99999999"), policy=HERE, limits=Limits(max_bytes=1000))
    with pytest.raises(FetchError, match="more than 100000 bytes"):
        fetch(shop.url("/endless"), policy=HERE, limits=Limits(max_bytes=100_000))
    assert fetch(shop.url("/photo"), policy=HERE, limits=Limits(max_bytes=len(BODY))) == BODY


@pytest.mark.parametrize("path", ["/drip", "/drip-headers"])
def test_server_that_drips_bytes_is_left_in_time(path: str, shop: Shop) -> None:
    policy = FetchPolicy(allowed_hosts=frozenset({"127.0.0.1"}), total_seconds=0.4)
    start = time.monotonic()
    with pytest.raises(FetchError, match="the server took too long"):
        fetch(shop.url(path), policy=policy)
    assert time.monotonic() - start < 2


def test_each_failure_is_one_clear_line(shop: Shop) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        for url, complaint in (
            (shop.url("/status/404"), "the server answered HTTP 404; 200 and a picture are needed"),
            (shop.url("/status/204"), "HTTP 204"),
            (shop.url("/promise/500"), "the connection failed"),
            (shop.url("/gzip"), "content coding 'gzip', which was not asked for"),
            (f"http://127.0.0.1:{port}/", "the connection failed"),
            ("http://127.0.0.1:99999/", "port 99999; 1 to 65535"),
            ("http://no-such-host.invalid/", "the host no-such-host.invalid is unknown"),
            (f"http://{'a' * 70}.example/", "is unknown|no URL"),
            ("shoe.jpg", r"not on the web \(no scheme\); http or https is needed"),
            ("file:///etc/passwd", r"not on the web \(file\)"),
            ("data:image/png;base64,AAAA", r"not on the web \(data\)"),
            ("http:///x.jpg", "not on the web"),
            ("http://a\nb/", "no URL"),
        ):
            with pytest.raises(FetchError, match=complaint) as caught:
                fetch(url, policy=HERE)
            assert "\n" not in str(caught.value)


def test_credentials_are_sent_but_never_shown(shop: Shop) -> None:
    secret = f"http://ann:s%40cret@127.0.0.1:{shop.port}"
    assert fetch(f"{secret}/photo", policy=HERE) == BODY
    assert shop.asked[0][1]["Authorization"] == "Basic YW5uOnNAY3JldA=="
    for path in ("/status/500?token=hidden", "/promise/77?token=hidden", "/to/gopher://x"):
        with pytest.raises(FetchError) as caught:
            fetch(f"{secret}{path}", policy=HERE)
        assert not any(word in str(caught.value) for word in ("ann", "cret", "hidden"))
    with pytest.raises(PictureError, match=r"^http://127.0.0.1:\d+/promise/10: text, not a picture") as refused:
        open_url(f"{secret}/promise/10?token=hidden", policy=HERE)
    assert "hidden" not in str(refused.value)


def test_proxies_in_the_environment_are_ignored(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch(shop.url("/photo"), policy=HERE) == BODY


def test_fetcher_keeps_its_connection_and_serves_many_threads(shop: Shop) -> None:
    with Fetcher(policy=HERE) as fetcher:
        for _ in range(5):
            assert fetcher.fetch(shop.url("/photo")) == BODY
        assert shop.connections == 1
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(fetcher.fetch, [shop.url("/photo")] * 40)) == [BODY] * 40
        assert shop.connections <= 9


def test_tls_checks_the_name_though_the_address_was_resolved_here(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl program makes the certificate; install it")
    certificate = tmp_path / "certificate.pem"
    subprocess.run(
        f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
        " -keyout key.pem -out certificate.pem".split(),
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, tmp_path / "key.pem")
    named: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: named.append(name)
    shop.socket = context.wrap_socket(shop.socket, server_side=True)
    policy = FetchPolicy(allowed_hosts=frozenset({"localhost", "127.0.0.1"}))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert fetch(f"https://localhost:{shop.port}/photo", policy=policy) == BODY
    assert named == ["localhost"]
    with pytest.raises(FetchError, match=r"the connection failed.*[Cc]ertificate"):
        fetch(f"https://127.0.0.1:{shop.port}/photo", policy=policy)
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(FetchError, match=r"the connection failed.*[Cc]ertificate"):
        fetch(f"https://localhost:{shop.port}/photo", policy=policy)
