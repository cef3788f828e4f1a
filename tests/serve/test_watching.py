"""Streams that a server watches, over real HTTP: a film that another server sends, again and again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image
from tests.filmed import Filmed, filmed_in
from tests.serve.conftest import SHOP, Server

import shelflens
from shelflens.client import Client, ServerError
from shelflens.serve.keys import KeyFile, parse_scope

WATCH = f"{SHOP}/watch"
HOST = {"SHELFLENS_ALLOWED_HOSTS": "127.0.0.1"}
LOOKS = 45  # in the film
PATIENCE = 120.0  # seconds; a busy machine is slow, not wrong


@dataclass(frozen=True)
class Watched:
    server: Server
    film: str  # the address that it is sent from
    admin: httpx.Client
    reader: httpx.Client
    folder: Path  # of what is seen


@contextmanager
def sending(film: Path) -> Iterator[str]:
    """The file at an address, as often as it is asked for; one that redirects to it; and a playlist of it."""

    gone = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/elsewhere.ts":
                self.send_response(302)
                self.send_header("Location", "/film.ts")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            data = film.read_bytes() if path == "/film.ts" else b"#EXTM3U\n#EXTINF:9,\n/film.ts\n#EXT-X-ENDLIST\n"
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with suppress(OSError):  # whoever watched has gone
                for start in range(0, len(data), len(data) // LOOKS + 1):  # as a camera would: in time, not at once
                    self.wfile.write(data[start : start + len(data) // LOOKS + 1])
                    gone.wait(0.2)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        gone.set()
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Filmed:
    return filmed_in(tmp_path_factory.mktemp("filmed"), name="film.ts")


@pytest.fixture(scope="module")
def watched(filmed: Filmed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    pytest.importorskip("uvicorn", reason="serving is not installed; pip install 'shelflens[serve]'")
    folder = tmp_path_factory.mktemp("watched")
    with shelflens.open(folder / "shop.lens", create=True) as catalogue:
        catalogue.index(filmed.pictures)
    keys = KeyFile(folder / "keys.json")
    _, admin = keys.add("keeper", [parse_scope("*:admin")])
    _, reader = keys.add("guard", [parse_scope("shop:read")])
    words = ("--keys", keys.path, "--create", "--watch", folder / "seen", "--rate", "1000", "--burst", "1000")
    catalogues = (folder / "shop.lens", folder / "bare.lens")
    with (
        sending(filmed.video) as address,
        Server(*catalogues, *words, log=folder / "server.log", environment=HOST) as server,
        asking(server, admin) as as_admin,
        asking(server, reader) as as_reader,
    ):
        yield Watched(server, address, as_admin, as_reader, folder / "seen")
    assert not [line for line in server.lines() if line["level"] == "error"]


@contextmanager
def asking(server: Server, key: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        yield client


def until(fact: Callable[[], Any]) -> Any:
    """What it says, as soon as that is something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := fact()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return found


@pytest.fixture
def stream(watched: Watched) -> Iterator[dict[str, Any]]:
    """One that is watched, until the test is over."""
    body = {"source": f"{watched.film}/film.ts?token=secret", "title": "Door"}
    answer = watched.admin.post(f"{WATCH}/streams", json=body)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    yield found
    watched.admin.delete(answer.headers["Location"])


def test_what_stands_there_is_in_view_and_told_with_its_pictures(
    watched: Watched, stream: dict[str, Any], filmed: Filmed
) -> None:
    def standing() -> Any:
        (one,) = watched.reader.get(f"{WATCH}/streams").json()["streams"]
        return one if filmed.standing in {seen["product_id"] for seen in one["in_view"]} else None

    now = until(standing)
    assert now["title"] == "Door" and now["looks"] > 0 and "secret" not in json.dumps(now)
    with Image.open(BytesIO(watched.reader.get(now["frame"]).content)) as frame:
        assert frame.size == (480, 272)

    def told() -> Any:
        seen = watched.reader.get(f"{WATCH}/events").json()["events"]
        return next((one for one in seen if one["product_id"] == filmed.standing), None)

    event = until(told)
    assert event["happening"] == "appeared" and event["stream"] == "Door" and event["probability"] > 0.5
    for path, least in ((event["frame"], 480), (event["picture"], 100)):
        answer = watched.reader.get(path)
        assert answer.headers["cache-control"] == "no-store"
        with Image.open(BytesIO(answer.content)) as picture:
            assert picture.width >= least
    assert filmed.stranger not in watched.reader.get(f"{WATCH}/events").text


def test_events_arrive_as_they_come_and_go_on_where_they_were_left(watched: Watched, stream: dict[str, Any]) -> None:
    until(lambda: watched.reader.get(f"{WATCH}/events").json()["events"])

    def heard(**options: Any) -> dict[str, str]:
        with watched.reader.stream("GET", f"{WATCH}/events/live", **options) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines: dict[str, str] = {}
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                lines[name] = value
                if not line and "data" in lines:
                    break
        return lines

    first = heard(params={"after": 0})
    assert first["event"] == "seen" and json.loads(first["data"])["number"] == int(first["id"])
    listed = watched.reader.get(f"{WATCH}/events", params={"limit": 1}).json()["events"]
    assert heard(headers={"Last-Event-ID": str(listed[0]["number"] - 1)})["id"] == str(listed[0]["number"])


def test_a_stream_that_is_stopped_is_gone_and_what_was_seen_stays(watched: Watched, stream: dict[str, Any]) -> None:
    path = f"{WATCH}/streams/{stream['id']}"
    until(lambda: watched.reader.get(f"{path}/frame").status_code == 200)
    seen = until(lambda: watched.reader.get(f"{WATCH}/events").json()["events"])
    assert watched.reader.delete(path).status_code == 403
    assert watched.admin.delete(path).status_code == 204
    assert watched.reader.get(path).status_code == watched.reader.get(f"{path}/frame").status_code == 404
    assert len(watched.reader.get(f"{WATCH}/events").json()["events"]) >= len(seen)


def test_the_client_says_what_the_routes_say(watched: Watched, stream: dict[str, Any]) -> None:
    key = watched.reader.headers["Authorization"].removeprefix("Bearer ")
    with Client(watched.server.url, key=key) as client:
        watching = client.catalogue("shop").watching
        assert [one.id for one in watching.streams()] == [watching.stream(stream["id"]).id] == [stream["id"]]
        until(lambda: watching.stream(stream["id"]).frame)
        with Image.open(BytesIO(watching.newest_frame(stream["id"]))) as frame:
            assert frame.size == (480, 272)
        event = until(lambda: watching.seen(limit=1))[0]
        assert next(watching.live(after=event.number - 1)) == event
        assert watching.frame(event.number) == watched.reader.get(event.frame).content
        assert watching.picture(event.number) == watched.reader.get(event.picture).content
        assert event not in watching.seen(before=event.number)
        for refused in (lambda: watching.start("camera:0"), lambda: watching.stop(stream["id"])):
            with pytest.raises(ServerError) as caught:
                refused()
            assert caught.value.status == 403
        with pytest.raises(ServerError) as caught:
            next(client.catalogue("bare").watching.live())
        assert caught.value.status in (403, 404)  # of a catalogue that the key does not open
    key = watched.admin.headers["Authorization"].removeprefix("Bearer ")
    with Client(watched.server.url, key=key) as client:
        watching = client.catalogue("shop").watching
        again = watching.start(f"{watched.film}/film.ts", title="Again")
        assert again.title == "Again"
        watching.stop(again.id)
        assert [one.id for one in watching.streams()] == [stream["id"]]


@pytest.mark.parametrize(
    "source",
    [
        "http://169.254.169.254/latest",
        "rtsp://localhost/1",
        "http://127.0.0.1@example.com/",
        "file:///etc/passwd",
        "/etc/passwd",
        "udp://127.0.0.1:1",
        "concat:/etc/passwd",
        "camera:/dev/mem",
        "http://[",
    ],
)
def test_only_hosts_that_the_keeper_has_named_are_watched(watched: Watched, source: str) -> None:
    answer = watched.admin.post(f"{WATCH}/streams", json={"source": source})
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "/source"


@pytest.mark.parametrize("path", ["elsewhere.ts", "list.m3u8"])
def test_a_stream_leads_nowhere_else(watched: Watched, path: str) -> None:
    """Neither by a redirection nor by a playlist."""
    answer = watched.admin.post(f"{WATCH}/streams", json={"source": f"{watched.film}/{path}", "title": path})
    place = answer.headers["Location"]
    over = until(lambda: (one := watched.admin.get(place).json())["state"] == "over" and one)
    assert "cannot be opened" in over["trouble"] and over["looks"] == 0
    assert watched.admin.delete(place).status_code == 204


def test_two_of_one_name_and_more_than_there_is_room_for_are_refused(watched: Watched) -> None:
    places = []
    for number in range(16):
        body = {"source": "http://127.0.0.1:9/", "title": f"gate {number}"}
        answer = watched.admin.post(f"{WATCH}/streams", json=body)
        assert answer.status_code == 201, answer.text
        places.append(answer.headers["Location"])
    taken = watched.admin.post(f"{WATCH}/streams", json={"source": "http://127.0.0.1:9/", "title": "another"})
    assert (taken.status_code, taken.json()["type"].rpartition("/")[2]) == (409, "too-many-streams")
    watched.admin.delete(places.pop())
    taken = watched.admin.post(f"{WATCH}/streams", json={"source": "http://127.0.0.1:9/", "title": "gate 0"})
    assert (taken.status_code, taken.json()["type"].rpartition("/")[2]) == (409, "stream-exists")
    for place in places:
        assert watched.admin.delete(place).status_code == 204


def test_a_catalogue_sees_its_own_alone(watched: Watched, stream: dict[str, Any]) -> None:
    bare = "/v1/catalogues/bare/watch"
    assert watched.reader.get(f"{bare}/events").status_code == 404
    assert watched.admin.get(f"{bare}/events").json() == {"events": []}
    assert watched.admin.get(f"{bare}/streams").json() == {"streams": []}
    assert watched.admin.get(f"{bare}/streams/{stream['id']}").status_code == 404
    nothing = watched.admin.post(f"{bare}/streams", json={"source": f"{watched.film}/film.ts"})
    assert nothing.status_code == 409 and nothing.json()["type"].endswith("catalogue-not-ready")


def test_what_is_seen_is_for_its_owner_alone(watched: Watched) -> None:
    assert watched.folder.stat().st_mode & 0o077 == 0


def test_a_server_that_watches_nothing_says_how_it_would(copy: Path, start: Callable[..., Server]) -> None:
    answer = start(copy).http.get(f"{WATCH}/streams")
    assert answer.status_code == 409 and "--watch" in answer.json()["detail"]


def test_listeners_hold_up_no_stop(copy: Path, start: Callable[..., Server], tmp_path: Path) -> None:
    server = start(copy, "--watch", tmp_path / "seen")
    with server.http.stream("GET", f"{WATCH}/events/live") as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith("retry")
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        assert ": ask again" not in list(lines)  # which it would say when its time was over
        stopping.join()
