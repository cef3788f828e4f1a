"""kill -9, stop and rolling restart under concurrent requests: nothing that was acknowledged is lost."""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
from tests.serve.conftest import Server, Start

import shelflens

SHOP = "/v1/catalogues/shop"


class Writers:
    """Threads that write products of their own, each with a photo, and remember what was acknowledged."""

    def __init__(self, server: Server, photo: bytes, *, threads: int = 4) -> None:
        self.server = server
        self.photo = photo
        self.products: dict[str, str] = {}  # id -> title
        self.photos: set[str] = set()  # ids of products
        self.removed: set[str] = set()
        self.failures: Counter[str] = Counter()
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._write, args=(number,)) for number in range(threads)]
        for thread in self.threads:
            thread.start()

    def _write(self, writer: int) -> None:
        number = 0
        with httpx.Client(base_url=self.server.url, timeout=30) as http:
            while not self.stop.is_set():
                number += 1
                product_id = f"w{writer}-{number}"
                path = f"{SHOP}/products/{product_id}"
                try:
                    if http.put(path, json={"title": f"t{number}"}).status_code != 201:
                        continue
                    self.products[product_id] = f"t{number}"
                    data = self.photo + f"{writer}-{number}".encode()
                    if http.post(f"{path}/photos", files={"photo": data}).status_code == 201:
                        self.photos.add(product_id)
                    if number % 5 == 0 and http.delete(path).status_code == 204:
                        self.removed.add(product_id)
                except httpx.TransportError as error:
                    self.failures[type(error).__name__] += 1
                    if self.server.process.poll() is not None:
                        return

    def join(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def check(self, path: Path) -> None:
        with shelflens.open(path) as catalogue:
            for product_id, title in self.products.items():
                product = catalogue.product(product_id)
                if product_id in self.removed:
                    assert product is None
                    continue
                if product is None:  # asked to be removed when the server died, and no answer came
                    assert int(product_id.partition("-")[2]) % 5 == 0
                    continue
                assert product.title == title
                if product_id in self.photos:
                    ((_, photo),) = catalogue.records.photos_of(product_id)
                    assert Path(photo.source).is_file()
                    assert len(catalogue.records.vectors([photo.photo_id], space=catalogue.space)) == 1


def test_after_kill_9_every_acknowledged_write_is_there(start: Start, copy: Path, photo: bytes) -> None:
    dice = random.Random(3)
    total = 0
    for _ in range(2):
        server = start(copy)
        writers = Writers(server, photo)
        deadline = time.monotonic() + 60
        while len(writers.photos) < 3 and time.monotonic() < deadline:  # a busy machine is slow, not wrong
            time.sleep(0.02)
        time.sleep(dice.uniform(0.2, 1.3))
        server.kill()
        writers.join()
        assert writers.failures
        total += len(writers.photos)
        writers.check(copy)
        with shelflens.open(copy) as catalogue:
            catalogue.remove([*writers.products])
    assert total >= 6


def test_a_stop_answers_what_was_accepted_and_exits(start: Start, copy: Path, photo: bytes) -> None:
    """A search whose body is half sent when the server is told to stop; writers at work all around."""
    server = start(copy, "--waiting", "16")
    writers = Writers(server, photo, threads=2)
    request = httpx.Request("POST", f"{server.url}{SHOP}/search", files={"picture": photo})
    head = f"POST {SHOP}/search HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in request.headers.items()) + "\r\n"
    body = request.read()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head.encode() + body[:1000])
        time.sleep(1)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        connection.sendall(body[1000:])
        said = b""
        while part := connection.recv(65_536):
            said += part
    assert said.startswith(b"HTTP/1.1 200"), said[:300]
    assert b"connection: close" in said.lower()
    assert server.process.wait(15) in (0, -signal.SIGTERM)
    writers.join()
    assert set(writers.failures) <= {"ConnectError"}  # turned away; no request that was taken was dropped
    writers.check(copy)
    assert not [line for line in server.lines() if line["level"] == "error"]


def test_a_rolling_restart_under_load_fails_no_request(start: Start, copy: Path, photo: bytes) -> None:
    server = start(copy, "--workers", "2", "--waiting", "32", "--rate", "100000", "--burst", "100000")
    stop = threading.Event()
    statuses: Counter[object] = Counter()

    def ask() -> None:
        with httpx.Client(base_url=server.url, timeout=60) as http:
            while not stop.is_set():
                try:
                    response = http.post(f"{SHOP}/search", files={"picture": photo}, data={"k": 1})
                    statuses[response.status_code] += 1
                except httpx.TransportError as error:
                    statuses[repr(error)] += 1

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    before = children(server)
    os.kill(server.process.pid, signal.SIGHUP)
    deadline = time.monotonic() + 90
    while children(server) & before or len(children(server)) != 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}, statuses
    assert statuses[200] > 10
    scraped = server.http.get("/metrics").text  # of all workers together, those that are gone included
    count = next(
        line for line in scraped.splitlines() if line.startswith("shelflens_requests_total{") and "/search" in line
    )
    assert float(count.split()[-1]) == statuses[200]


def children(server: Server) -> set[int]:
    """The worker processes."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if int(fields[1]) == server.process.pid and b"spawn_main" in command:
                found.add(int(entry.name))
    return found
