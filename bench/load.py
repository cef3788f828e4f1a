"""A server under load: its throughput against the bare model's, its latency at twice the load that it sustains, and
its memory over many requests.

`python -m bench load` serves a catalogue of 100,000 photos on this machine's loopback and asks it with 100 kB JPEGs
from a generator of its own: prepared bytes over kept connections, so that asking costs little of the cores that answer.
`python -m bench.load --requests 100000` asks for the memory alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from bench import galleries, photos
from bench.bare import BareModel
from bench.report import Demand, Section, Table
from bench.workbench import Workbench
from shelflens.records.address import Location

BYTES = 100_000  # of a photo
SECONDS = 20.0  # of each phase
ALONE = 150  # requests one after another
SPREAD = 40  # photos that are asked with, in turn
WARM_UP = 20  # requests a worker
TOGETHER = 2  # connections a core: one is answered and one waits, so no core is idle and none is refused
SUSTAINED = 0.01  # share of requests that may be refused at a rate that counts as sustained
RATES = (1.0, 0.97, 0.94, 0.9, 0.85, 0.8, 0.7)  # that are tried, as shares of what those connections got


@dataclass(slots=True)
class Heard:
    """What a phase came to."""

    seconds: list[float] = field(default_factory=list)  # of accepted requests
    refused: int = 0
    failed: int = 0
    wall: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.wall

    def ms(self, percentile: float) -> float:
        return float(np.percentile(self.seconds, percentile)) * 1e3


def run(bench: Workbench) -> Section:
    title = f"A server under load ({bench.vectors:,} photos, {bench.cores} cores that ask and answer)"
    if bench.shop is None:
        return Section(title, skipped=photos.ABSENT)
    if find_spec("uvicorn") is None:
        return Section(title, skipped="serving is not installed; pip install 'shelflens[serve]'")
    path = galleries.catalogue(bench, bench.vectors)
    pictures = [heavy(photo) for photo in bench.shop.query_photos[:SPREAD]]
    seconds = 1.0 if bench.tiny else SECONDS
    bare = of_bare(bench, pictures, seconds=seconds / 2)
    model = of_bare(bench, pictures, seconds=seconds / 2, opened=True)
    with serving(path, log=bench.scratch / "serve.log", workers=bench.cores) as server:
        asked = [request(picture, server.port) for picture in pictures]
        asyncio.run(closed(server.port, asked, connections=TOGETHER * bench.cores, count=WARM_UP * bench.cores))
        alone = asyncio.run(closed(server.port, asked, connections=1, count=20 if bench.tiny else ALONE))
        most = asyncio.run(closed(server.port, asked, connections=TOGETHER * bench.cores, seconds=seconds))
        sustained = steady(server.port, asked, at_most=most.per_second, seconds=seconds)
        before = server.resident()
        twice = asyncio.run(paced(server.port, asked, rate=2 * sustained.per_second, seconds=seconds))
        grown = server.resident() / before
    rows = (
        ("the bare model, photo to vector", 1.0, bare, "", "", ""),
        ("the bare model, on tensors at hand", model / bare, model, "", "", ""),
        ("one request at a time", alone.per_second / bare, alone.per_second, *_times(alone)),
        (f"{TOGETHER} at a time per core", most.per_second / bare, most.per_second, *_times(most)),
        ("the highest steady rate", sustained.per_second / bare, sustained.per_second, *_times(sustained)),
        ("asked twice as often", twice.per_second / bare, twice.per_second, *_times(twice)),
    )
    columns = ("load", "/ bare", "per second", "p50 ms", "p99 ms", "429")
    note = f"Memory after / before twice the load: {grown:.3f}. Failed: {sustained.failed + twice.failed}."
    demands = (
        Demand("sustained throughput / the bare model's", sustained.per_second / bare, 0.7, at_least=True),
        Demand("p99 of accepted at twice the load / unloaded", twice.ms(99) / alone.ms(99), 4.0, at_least=False),
        Demand("requests neither answered nor refused", sustained.failed + twice.failed, 0, at_least=False),
        Demand("memory after / before", grown, 1.05, at_least=False),
    )
    return Section(title, (Table("Searches of 100 kB JPEGs", columns, rows, note),), demands)


def _times(heard: Heard) -> tuple[float, float, int]:
    return heard.ms(50), heard.ms(99), heard.refused


def heavy(path: Path) -> bytes:
    """The photo, enlarged until its JPEG has about BYTES."""
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    for side in range(400, 4_000, 100):
        out = BytesIO()
        image.resize((round(side * image.width / image.height), side)).save(out, "JPEG", quality=85)
        if out.tell() >= BYTES:
            break
    return out.getvalue()


def of_bare(bench: Workbench, pictures: Sequence[bytes], *, seconds: float, opened: bool = False) -> float:
    """Vectors per second of the bare model, one thread a core; with `opened`, decoding and resizing are not in it."""
    model = BareModel(bench.recipe, threads=1)
    tensors = [model.open(picture)[None] for picture in pictures]
    until = time.perf_counter() + seconds

    def work(worker: int) -> int:
        done = 0
        while time.perf_counter() < until:
            at = (worker + done) % len(tensors)
            model.embed(tensors[at] if opened else model.open(pictures[at])[None])
            done += 1
        return done

    with ThreadPoolExecutor(bench.cores) as pool:
        return sum(pool.map(work, range(bench.cores))) / seconds


@dataclass(frozen=True, slots=True)
class Serving:
    process: int
    port: int

    def resident(self) -> int:
        """Bytes, of all its processes; what they share counts for each."""
        own = f"/proc/{self.process}"
        processes = [self.process, *map(int, Path(f"{own}/task/{self.process}/children").read_text().split())]
        pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in processes)
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def serving(catalogue: Location, *, log: Path, workers: int = 1) -> Iterator[Serving]:
    """A server of its own, on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = [f"bench={catalogue}", "--port", str(port), "--rate", "1000000", "--burst", "1000000"]
    words += ["--workers", str(workers)]
    with (
        log.open("wb") as file,
        subprocess.Popen([sys.executable, "-m", "shelflens", "serve", *words], stdout=file, stderr=file) as process,
    ):
        try:
            _await(port, process)
            yield Serving(process.pid, port)
        finally:
            process.terminate()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                if connection.recv(100).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


def request(picture: bytes, port: int) -> bytes:
    """A whole search request."""
    boundary = b"a-boundary-of-the-benchmark"
    parts = b'--%b\r\nContent-Disposition: form-data; name="k"\r\n\r\n10\r\n' % boundary
    parts += b'--%b\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n' % boundary
    body = parts + b"Content-Type: image/jpeg\r\n\r\n" + picture + b"\r\n--%b--\r\n" % boundary
    head = (
        b"POST /v1/catalogues/bench/search HTTP/1.1\r\nHost: localhost:%d\r\n"
        b"Content-Type: multipart/form-data; boundary=%b\r\nContent-Length: %d\r\n\r\n"
    )
    return head % (port, boundary, len(body)) + body


class Connection:
    """Kept open; opened again when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, asked: bytes, heard: Heard, *, since: float | None = None) -> None:
        started = time.perf_counter() if since is None else since
        try:
            status = await self._status(asked)
        except (OSError, asyncio.IncompleteReadError):
            heard.failed += 1
            self.close()
            return
        if status == 200:
            heard.seconds.append(time.perf_counter() - started)
        elif status == 429:
            heard.refused += 1
        else:
            heard.failed += 1

    async def _status(self, asked: bytes) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(asked)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        await reader.readexactly(int(headers[b"content-length"]))
        if headers.get(b"connection") == b"close":
            self.close()
        return int(head[9:12])

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
            self._streams = None


async def closed(
    port: int, asked: Sequence[bytes], *, connections: int, seconds: float = 1e9, count: int | None = None
) -> Heard:
    """Each connection asks again as soon as it is answered; one that is refused waits a little."""
    heard, started, left = Heard(), time.perf_counter(), count

    async def one(number: int) -> None:
        nonlocal left
        connection, at = Connection(port), number
        while time.perf_counter() - started < seconds and (left is None or left > 0):
            if left is not None:
                left -= 1
            refused = heard.refused
            await connection.ask(asked[at % len(asked)], heard)
            at += connections
            if heard.refused > refused:
                await asyncio.sleep(0.01)
        connection.close()

    await asyncio.gather(*(one(number) for number in range(connections)))
    heard.wall = time.perf_counter() - started
    return heard


def steady(port: int, asked: Sequence[bytes], *, at_most: float, seconds: float) -> Heard:
    """The highest of the RATES at which hardly any request is refused; callers that never wait for one another ask so.
    What is answered per second counts, not what was asked."""
    for share in RATES:
        heard = asyncio.run(paced(port, asked, rate=share * at_most, seconds=seconds))
        if heard.refused + heard.failed <= SUSTAINED * len(heard.seconds):
            break
    return heard


async def paced(port: int, asked: Sequence[bytes], *, rate: float, seconds: float) -> Heard:
    """Requests at a steady rate whatever becomes of those before; each counts from when it was due."""
    heard, started = Heard(), time.perf_counter()
    idle: list[Connection] = []
    under_way: set[asyncio.Task[None]] = set()

    async def one(number: int, due: float) -> None:
        connection = idle.pop() if idle else Connection(port)
        await connection.ask(asked[number % len(asked)], heard, since=due)
        idle.append(connection)

    for number in range(int(rate * seconds)):
        due = started + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(number, due))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    heard.wall = time.perf_counter() - started
    for connection in idle:
        connection.close()
    return heard


def main() -> None:
    """Memory over many requests: RSS each tenth of the way."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=main.__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--vectors", type=int, default=1_000)
    asked = parser.parse_args()
    scratch = photos.REPOSITORY / "build" / "bench-load"
    scratch.mkdir(parents=True, exist_ok=True)
    bench = Workbench(scratch, photos.real_data(), tiny=True)
    if bench.shop is None:
        sys.exit(photos.ABSENT)
    path = galleries.catalogue(bench, asked.vectors)
    pictures = [heavy(photo) for photo in bench.shop.query_photos[:SPREAD]]
    with serving(path, log=scratch / "serve.log") as server:
        requests = [request(picture, server.port) for picture in pictures]
        asyncio.run(closed(server.port, requests, connections=2 * bench.cores, count=500))
        first = server.resident()
        print(f"after 500 requests: {first / 2**20:.0f} MiB", flush=True)
        for part in range(1, 11):
            asyncio.run(closed(server.port, requests, connections=2 * bench.cores, count=asked.requests // 10))
            now = server.resident()
            print(f"{part * asked.requests // 10:>8,} more: {now / 2**20:.0f} MiB, x {now / first:.3f}", flush=True)


if __name__ == "__main__":
    main()
