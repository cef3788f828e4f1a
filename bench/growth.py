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
from bench.report import Cell, Section, Table
from bench.workbench import MODEL, Workbench
from shelflens.assemble import open_catalogue
from shelflens.search import Options

QUERIES = 100


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
    sizes = [500] if bench.tiny else [10_000, 100_000] + ([1_000_000] if bench.large else [])
    vectors = bench.scratch / "queries.npy"
    np.save(vectors, bench.query_vectors[:QUERIES])
    rows = [_row(bench, size, vectors) for size in sizes]
    columns = (
        "photos", "search p50 ms", "p95 ms", "open s", "heap MiB",
        "mapped MiB", "records MiB", "index MiB", "disk MiB per 100k", "write s", "first index s",
    )  # fmt: skip
    note = (
        f"Heap: private memory of the process above what it needs with {MODEL} loaded and no catalogue. Mapped: pages "
        "of the index file that searches have touched; the kernel drops them when memory is short. Open: to the first "
        "answer. First index: from records without snapshot to the index and its snapshot."
    )
    return Section(title, (Table("A catalogue of 1,280-dimensional vectors", columns, tuple(rows), note),))


def _row(bench: Workbench, size: int, vectors: Path) -> tuple[Cell, ...]:
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
    records = measure.disk(path) - index
    heap, scale = warm.private - idle.private, 100_000 / size
    return (
        size, opened.p50, opened.p95, opened.open_seconds, heap,
        warm.mapped - idle.mapped, records, index, (records + index) * scale, written - started, indexed - written,
    )  # fmt: skip


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
