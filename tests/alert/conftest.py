"""Alerts to deliver, and somebody to take them: a real HTTP server and a real SMTP server on this machine."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from shelflens.alert import Alert, Outbox, alert_id
from shelflens.types import Box

SECRET = "whsec_" + "c2hlbGZsZW5zIHRlc3RzIGFyZSBubyBzZWNyZXRz"


def alert(number: int = 0, *, happening: str = "appeared") -> Alert:
    return Alert(
        alert_id("door", "", happening, f"tea-{number}", start=12.5),
        happening,
        "door",
        f"tea-{number}",
        f"Green tea {number}",
        "2026-11-23T10:00:00+00:00",
        13.1,
        12.5,
        13.1,
        Box(0.1, 0.2, 0.3, 0.5),
        41.0,
        0.98,
        b"\xff\xd8 frame",
        b"\xff\xd8 product",
    )


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "alerts.db")
    yield made
    made.close()


@dataclass
class Taken:
    """What a server was sent."""

    address: str
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)  # to answer with, then 204

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.requests]


@contextmanager
def web_server(port: int = 0) -> Iterator[Taken]:
    taken = Taken("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = taken.statuses.pop(0) if taken.statuses else 204
            if status < 300:
                taken.requests.append(({key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    taken.address = f"http://127.0.0.1:{server.server_port}/alerts?token=geheim"
    with _running(server):
        yield taken


@contextmanager
def mail_server() -> Iterator[tuple[int, list[bytes]]]:
    """Takes every message, as RFC 5321 wants it at least."""
    messages: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = list(iter(self.rfile.readline, b".\r\n"))
                    messages.append(b"".join(lines))
                self.wfile.write(b"250 fine\r\n" if word != b"QUIT" else b"221 bye\r\n")
                if word == b"QUIT":
                    return

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    with _running(server):
        yield server.server_address[1], messages


@contextmanager
def _running(server: socketserver.TCPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def wait_for(fact: Callable[[], bool], seconds: float = 20.0) -> None:
    waiting = threading.Event()
    for _ in range(round(seconds / 0.02)):
        if fact():
            return
        waiting.wait(0.02)
    raise AssertionError("it did not happen in time")
