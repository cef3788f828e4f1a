"""Memory, disk and time as a catalogue grows. Each size is opened by a process of its own, as a user would find it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench import galleries, measure, photos
from bench.bare import embed_files
from bench.report import Cell, Demand, Section, Table
from bench.workbench import MODEL, Workbench
from shelflens.assemble import open_catalogue
from shelflens.search import Options

QUERIES = 100
EMBEDDED = 440  # photos, to learn what embedding one takes
CACHED = 100_000  # photos; of so many SQLite's page cache is full, which is the fixed part of memory
BYTES, LINEAR = 100, 1.10  # demands on memory and indexing time a photo


@dataclass(frozen=True, slots=True)
class Opened:
    """What a fresh process sees."""

    idle: measure.Memory  # everything imported, the model loaded, no catalogue yet
    open_seconds: float  # from nothing to the first answer, without imports
    warm: measure.Memory  # after QUERIES queries
    p50: float  # ms, of a search with a vector
    p95: float


def run(bench: Workbench) -> Section:
    title = "Memory, disk and growth"
    if bench.data is None:
        return Section(title, skipped=photos.ABSENT)
    embedding = _embedding(bench)
    sizes = [500] if bench.tiny else [10_000, 100_000] + ([1_000_000] if bench.large else [])
    vectors = bench.scratch / "queries.npy"
    np.save(vectors, bench.query_vectors[:QUERIES])
    _ = bench.real_vectors  # embedded now, not while the first catalogue is written
    grown = [_grown(bench, size, vectors) for size in sizes]
    columns = (
        "photos", "search p50 ms", "p95 ms", "open s", "heap MiB", "mapped MiB", "records MiB",
        "index MiB", "disk MiB per 100k", "write s", "first index s", "indexing, ms a photo",
    )  # fmt: skip
    note = (
        f"Heap: private memory of the process above what it needs with {MODEL} loaded and no catalogue. Mapped: pages "
        "of the index file that searches have touched; the kernel drops them when memory is short. Open: to the first "
        "answer. First index: from records without snapshot to the index and its snapshot. Indexing: both of them, and "
        f"the {embedding * 1e3:.2f} ms that reading and embedding a photo takes on {bench.cores} cores."
    )
    rows = tuple(its.row(embedding) for its in grown)
    table = Table("A catalogue of 1,280-dimensional vectors", columns, rows, note)
    return Section(title, (table,), _demands(grown, embedding))


def _embedding(bench: Workbench) -> float:
    """Seconds a photo."""
    assert bench.shop is not None
    paths = bench.shop.gallery_photos[:EMBEDDED]
    times = [measure.cost(lambda: embed_files(bench.recipe, paths, workers=bench.cores)).wall for _ in range(3)]
    return measure.median(times) / len(paths)


@dataclass(frozen=True, slots=True)
class _Grown:
    photos: int
    opened: Opened
    records: float  # MiB
    index: float  # MiB
    write_seconds: float
    index_seconds: float

    @property
    def heap(self) -> float:
        """MiB"""
        return self.opened.warm.private - self.opened.idle.private

    def indexing(self, embedding: float) -> float:
        """Seconds a photo."""
        return embedding + (self.write_seconds + self.index_seconds) / self.photos

    def row(self, embedding: float) -> tuple[Cell, ...]:
        opened, scale = self.opened, 100_000 / self.photos
        return (
            self.photos, opened.p50, opened.p95, opened.open_seconds, self.heap,
            opened.warm.mapped - opened.idle.mapped, self.records, self.index, (self.records + self.index) * scale,
            self.write_seconds, self.index_seconds, self.indexing(embedding) * 1e3,
        )  # fmt: skip


def _demands(grown: list[_Grown], embedding: float) -> tuple[Demand, ...]:
    """Of the largest beside smaller ones."""
    *smaller, large = grown
    if not smaller:
        return ()
    small = smaller[0]
    dearer = large.indexing(embedding) / small.indexing(embedding)
    what = f"{small.photos:,} to {large.photos:,} photos: indexing, ms a photo, times"
    demands = [Demand(what, dearer, LINEAR, at_least=False)]
    for full in (its for its in smaller if its.photos >= CACHED):
        each = (large.heap - full.heap) * measure.MIB / (large.photos - full.photos)
        what = f"{full.photos:,} to {large.photos:,} photos: bytes of memory a photo"
        demands.append(Demand(what, each, BYTES, at_least=False))
    return tuple(demands)


def _grown(bench: Workbench, size: int, vectors: Path) -> _Grown:
    path = bench.scratch / f"growth-{size}.lens"
    with open_catalogue(path, create=True, model=MODEL) as made:
        started = time.perf_counter()
        galleries.fill(made, bench, size)
        written = time.perf_counter()
        made.searcher.gallery.refresh()
        made.searcher.gallery.save()
        indexed = time.perf_counter()
    command = [sys.executable, "-m", "bench.growth", str(path), str(vectors)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=photos.REPOSITORY)
    data = json.loads(answer.stdout)
    idle, warm = measure.Memory(**data.pop("idle")), measure.Memory(**data.pop("warm"))
    opened = Opened(idle=idle, warm=warm, **data)
    index = measure.disk(path / "index")
    return _Grown(size, opened, measure.disk(path) - index, index, written - started, indexed - written)


def _opened(path: Path, queries: Path) -> Opened:
    from shelflens.embed.loading import load_embedder

    vectors = np.load(queries)
    embedder = load_embedder(MODEL, threads=1)
    idle = measure.memory()
    started = time.perf_counter()
    with open_catalogue(path) as catalogue:
        catalogue.searcher.search_embedded(vectors[:1], (), Options())
        opened = time.perf_counter() - started
        searched = measure.times(
            lambda at: catalogue.searcher.search_embedded(vectors[at : at + 1], (), Options()), len(vectors)
        )
        warm = measure.memory()
    assert embedder.manifest.dimension == vectors.shape[1]
    return Opened(idle, opened, warm, searched.p50, searched.p95)


if __name__ == "__main__":
    print(json.dumps(asdict(_opened(Path(sys.argv[1]), Path(sys.argv[2])))))
