"""`python -m bench.stores`: a directory, PostgreSQL, pgvector and Milvus side by side; it starts the servers."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests import milvus, postgres

from bench.report import Section, Table
from shelflens import plug
from shelflens.manifest import ModelManifest
from shelflens.records.address import Address, Location, parse
from shelflens.records.base import Batch, Embedded, Records
from shelflens.records.moving import Movable, carry
from shelflens.types import Keys, Photo, Preprocessing, Product, Vectors
from shelflens.vectors.base import VectorIndex
from shelflens.vectors.choice import choose

K, BATCH, TURNS, ROUNDS = 10, 64, 60, 3
QUICK = 0.1  # a server shares the cores with its client, and whoever else there is


def modelled(count: int, dimension: int, *, seed: int) -> Vectors:
    """Unit rows in clusters, never negative, as pooled features are; the clusters are the same for every seed."""
    fixed, random = np.random.default_rng(99), np.random.default_rng(seed)
    centres, loadings = fixed.random((200, dimension)) ** 3, fixed.standard_normal((40, dimension))
    within = random.standard_normal((count, 40)) @ loadings / 40**0.5
    drawn = np.maximum(0, centres[random.integers(200, size=count)] + 0.25 * within).astype(np.float32) + 1e-3
    unit: Vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit


@dataclass(frozen=True, slots=True)
class Cost:
    quickest: float  # milliseconds of the fastest tenth: what a machine that does nothing else would take
    cpu: float  # milliseconds of client and server together


def costs(questions: dict[str, Callable[[int], object]], servers: Callable[[str], list[int]]) -> dict[str, Cost]:
    """Of each question; `servers` are the processes that answer it."""
    seconds: dict[str, list[float]] = {name: [] for name in questions}
    spent = dict.fromkeys(questions, 0.0)
    for _ in range(ROUNDS):
        for name, ask in questions.items():
            before = _cpu_seconds(servers(name))
            for turn in range(TURNS):
                started = time.perf_counter()
                ask(turn)
                seconds[name].append(time.perf_counter() - started)
            spent[name] += _cpu_seconds(servers(name)) - before
    return {
        name: Cost(1000 * float(np.quantile(times, QUICK)), 1000 * spent[name] / len(times))
        for name, times in seconds.items()
    }


def _cpu_seconds(servers: list[int]) -> float:
    """Of this process and of those."""
    stats = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in servers)
    return time.process_time() + sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


def records_section(stores: dict[str, Records], vectors: Vectors, servers: Callable[[str], list[int]]) -> Section:
    """What a write and the questions of one search cost."""
    written = {}
    for name, store in stores.items():
        space = store.add_space(ModelManifest("bench", "0" * 64, vectors.shape[1], Preprocessing(), ""))
        before = _cpu_seconds(servers(name))
        for batch in _batches(vectors, space):
            store.write(batch, space=space)
        written[name] = 1000 * (_cpu_seconds(servers(name)) - before) / len(vectors)

    def questions(store: Records) -> Callable[[int], object]:
        def ask(turn: int) -> object:
            photos = store.photos(range(1 + turn, 51 + turn))
            ids = sorted({photo.product_id for photo in photos.values()})[:K]
            return store.version(), list(store.products(ids)), store.photo_counts(ids)

        return ask

    asked = costs({name: questions(store) for name, store in stores.items()}, servers)
    rows = [
        (name, round(written[name], 2), round(asked[name].cpu, 2), round(asked[name].quickest, 2)) for name in stores
    ]
    columns = ("store", "a photo written, CPU-ms", "the four questions of a search, CPU-ms", "ms")
    return Section("Records", (Table("Batches of 64; client and server together", columns, tuple(rows)),))


def _batches(vectors: Vectors, space: str) -> Iterator[Batch]:
    for start in range(0, len(vectors), BATCH):
        numbers = range(start, min(start + BATCH, len(vectors)))
        products = [Product(f"p{n // 2}", title=f"Product {n // 2}", price=float(n)) for n in numbers]
        photos = [Embedded(Photo(f"{n:064x}", f"p{n // 2}", f"{n}.jpg", 9, 9), vectors[n], space) for n in numbers]
        yield Batch(products, photos)


def move_section(source: Records, target: Records) -> Section:
    assert isinstance(source, Movable)
    assert isinstance(target, Movable)
    started = time.perf_counter()
    carry(
        source.database,
        target.database,
        place=lambda _id, where: where,
        besides=lambda: None,
        on_progress=lambda _done, _total: None,
    )
    seconds = time.perf_counter() - started
    photos = target.counts().photos
    return Section(
        "Move",
        (
            Table(
                "Without embedding",
                ("from, to", "photos a second"),
                (("directory, PostgreSQL", round(photos / seconds)),),
            ),
        ),
    )


def vectors_section(
    indexes: dict[str, VectorIndex], vectors: Vectors, queries: Vectors, servers: Callable[[str], list[int]]
) -> Section:
    keys: Keys = np.arange(1, len(vectors) + 1)
    filled = {}
    for name, index in indexes.items():
        before = _cpu_seconds(servers(name))
        for start in range(0, len(vectors), 2_000):
            index.put(keys[start : start + 2_000], vectors[start : start + 2_000])
        filled[name] = _cpu_seconds(servers(name)) - before
    time.sleep(11)  # from then on Milvus answers without waiting for its next tick
    rows = []
    for label, share in (("none", 1.0), ("10 %", 0.1), ("1 %", 0.01)):
        allowed = None if share == 1 else keys[np.random.default_rng(3).random(len(keys)) < share]
        rows_allowed = np.arange(len(keys)) if allowed is None else allowed - 1
        best = rows_allowed[np.argsort(-(queries @ vectors[rows_allowed].T), axis=1)[:, :K]] + 1
        asked = costs({name: _search(index, queries, allowed) for name, index in indexes.items()}, servers)
        for name, index in indexes.items():
            found = index.search(queries[:TURNS], K, allowed=allowed).keys
            recall = float(
                np.mean([len(set(f) & set(b)) / K for f, b in zip(found.tolist(), best.tolist(), strict=False)])
            )
            its = asked[name]
            rows.append(
                (label, name, round(its.cpu, 2), round(its.quickest, 2), round(recall, 3), round(filled[name], 1))
            )
    columns = ("filter", "vectors", "search, CPU-ms", "ms", "recall@10", "filled in, CPU-s")
    return Section(f"{len(vectors):,} vectors of {vectors.shape[1]}", (Table("Search of 10", columns, tuple(rows)),))


def _search(index: VectorIndex, queries: Vectors, allowed: Keys | None) -> Callable[[int], object]:
    return lambda turn: index.search(queries[turn : turn + 1], K, allowed=allowed)


def _started() -> list[int]:
    """Milvus, which is a child of this process."""
    children = " ".join(path.read_text() for path in Path("/proc/self/task").glob("*/children")).split()
    return [int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "milvus"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.stores", description=__doc__)
    parser.add_argument("--photos", type=int, default=20_000)
    parser.add_argument("--dimension", type=int, default=512)
    asked = parser.parse_args()
    vectors, queries = modelled(asked.photos, asked.dimension, seed=1), modelled(TURNS, asked.dimension, seed=2)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (server,) = stack.enter_context(postgres.servers("bench"))
        server.make()
        server.start(shared_buffers="256MB")

        def made(kind: str, where: Location) -> Records:
            store: Records = plug.find("records", kind)(where, create=True)
            stack.callback(store.close)
            return store

        def address(name: str) -> Address:
            return parse(f"{server.address}?catalogue={name}")

        stores = {"directory": made("sqlite", folder / "a.lens"), "PostgreSQL": made("postgres", address("a"))}
        milvus_processes: list[int] = []

        def servers(name: str) -> list[int]:
            return server.processes() if name in ("PostgreSQL", "pgvector") else milvus_processes * (name == "Milvus")

        print(records_section(stores, vectors, servers).markdown(), flush=True)
        print(move_section(stores["directory"], made("postgres", address("b"))).markdown(), flush=True)
        kind = choose(len(vectors))
        indexes: dict[str, VectorIndex] = {
            f"own memory ({kind})": plug.find("vectors", kind)(asked.dimension),
            "pgvector": plug.find("vectors", "pgvector")(asked.dimension, at=address("a").dsn, name="public.bench"),
        }
        if milvus.installed():
            at = stack.enter_context(milvus.server())
            milvus_processes += _started()
            indexes["Milvus"] = plug.find("vectors", "milvus")(asked.dimension, at=at, name="bench")
        print(vectors_section(indexes, vectors, queries, servers).markdown())


if __name__ == "__main__":
    main()
