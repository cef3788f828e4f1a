"""The work that every vector engine is given. numpy and the standard library only: every environment runs it.

An engine is a script of this folder that ends in `run(KIND)`. `python -m bench.peers.NAME build JOB.json` builds its
index on the disk and prints what that took; `... serve JOB.json` opens that index in a fresh process and answers one
JSON object a line until its input ends. So what an index needs while it is built is no part of what it needs to serve.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, TextIO

import numpy as np
from numpy.typing import NDArray

from bench.measure import MIB, cost, memory

K = 10
ONE_BY_ONE = 20  # vectors that are replaced in calls of their own, to see what one costs
CONNECTIVITY = 32  # neighbours that a graph keeps of each vector: faiss' own default, and faster here than 16
EXPANSION = 128  # that it considers when it adds one: usearch's own default
WIDTHS = (12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 256, 384, 512, 768)
EXPANSIONS = tuple((width,) for width in WIDTHS)  # for a search

Setting = tuple[int, ...]  # of an engine's own search parameters


@dataclass(frozen=True, slots=True)
class Job:
    """Arrays of float32 unit rows as .npy files; the key of a gallery's row is its number + 1."""

    gallery: Path  # (N, dim)
    queries: Path  # (Q, dim)
    newer: Path  # (ONE_BY_ONE + M, dim): what the vectors under the keys `changed` are replaced by
    changed: Path  # (ONE_BY_ONE + M,) keys
    allowed: Path  # (A,) sorted keys that the filter lets through
    folder: Path  # for the index
    threads: int  # that may build; one serves

    @classmethod
    def read(cls, path: Path) -> Job:
        data: dict[str, Any] = json.loads(path.read_text())
        threads = data.pop("threads")
        return cls(**{name: Path(value) for name, value in data.items()}, threads=threads)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), default=str))

    def vectors(self) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = np.load(self.gallery)
        return vectors

    def keys(self) -> NDArray[np.int64]:
        """(N,), ascending."""
        return np.arange(1, len(np.load(self.gallery, mmap_mode="r")) + 1)

    def allowed_keys(self) -> NDArray[np.int64]:
        keys: NDArray[np.int64] = np.load(self.allowed)
        return keys

    def mask(self) -> NDArray[np.bool_]:
        """(N + 1,): by key, whether the filter lets it through."""
        mask = np.zeros(len(self.keys()) + 1, np.bool_)
        mask[self.allowed_keys()] = True
        return mask


class Engine(Protocol):
    """Made from a Job. Vectors are unit rows; the nearest by cosine."""

    def build(self, vectors: NDArray[np.float32]) -> None:
        """From vectors in memory to an index on the disk, on `job.threads` threads."""
        ...

    def open(self) -> None:
        """What `build` left on the disk. From here on, one thread."""
        ...

    def search(self, query: NDArray[np.float32], setting: Setting, *, filtered: bool) -> Sequence[int]:
        """Keys of the K nearest, best first."""
        ...

    def put(self, keys: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Replaces, where the engine can; adds otherwise."""
        ...

    def remove(self, keys: NDArray[np.int64]) -> None:
        """Called only where the engine says that it can."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """An engine and what it can do."""

    name: str
    package: str
    make: Callable[[Job], Engine]
    parameters: tuple[str, ...]  # names of what a setting sets
    settings: tuple[Setting, ...]  # to try
    filters: bool = True
    replaces: bool = True
    removal: str = "yes"  # "no", or how


@dataclass(frozen=True, slots=True)
class Built:
    cpu: float  # seconds on all cores
    wall: float  # seconds


@dataclass(frozen=True, slots=True)
class About:
    name: str
    version: str
    parameters: tuple[str, ...]
    settings: tuple[Setting, ...]
    filters: bool
    replaces: bool
    removal: str


@dataclass(frozen=True, slots=True)
class Answers:
    """To some queries, one after the other."""

    ms: tuple[float, ...]
    cpu_ms: float  # a query, on all cores
    keys: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Grown:
    """Memory of the serving process beyond what it had with everything imported and nothing opened, in bytes."""

    private: float
    mapped: float


@dataclass(frozen=True, slots=True)
class Changes:
    one_ms: float  # median of ONE_BY_ONE calls
    many_ms: float  # all others in one call
    found: float  # share of the ONE_BY_ONE that a search with the new vector finds first
    gone: float | None  # share of the same that it does not find any more once removed; None: cannot be removed


class _Server:
    def __init__(self, kind: Kind, job: Job) -> None:
        self._kind, self._job = kind, job
        self._queries: NDArray[np.float32] = np.load(job.queries)
        self._engine = kind.make(job)
        self._before = memory()

    def open(self) -> About:
        self._engine.open()
        kind = self._kind
        return About(
            kind.name,
            version(kind.package),
            kind.parameters,
            kind.settings,
            kind.filters,
            kind.replaces,
            kind.removal,
        )

    def search(self, rows: list[int], setting: list[int], *, filtered: bool) -> Answers:
        ms, keys = [], []
        cpu = time.process_time()
        for row in rows:
            started = time.perf_counter()
            found = self._engine.search(self._queries[row], tuple(setting), filtered=filtered)
            ms.append((time.perf_counter() - started) * 1e3)
            keys.append(tuple(int(key) for key in found))
        cpu = time.process_time() - cpu
        return Answers(tuple(ms), cpu * 1e3 / len(rows), tuple(keys))

    def grown(self) -> Grown:
        now = memory()
        return Grown((now.private - self._before.private) * MIB, (now.mapped - self._before.mapped) * MIB)

    def change(self, setting: list[int]) -> Changes:
        keys, vectors = np.load(self._job.changed), np.load(self._job.newer)

        def put(some: slice) -> float:
            return cost(lambda: self._engine.put(keys[some], vectors[some]), collect=False).wall

        ones = [put(slice(at, at + 1)) for at in range(ONE_BY_ONE)]
        many = put(slice(ONE_BY_ONE, None))

        def first(at: int) -> int:
            found = self._engine.search(vectors[at], tuple(setting), filtered=False)
            return int(found[0]) if len(found) else 0

        found = float(np.mean([first(at) == keys[at] for at in range(ONE_BY_ONE)]))
        gone = None
        if self._kind.removal != "no":
            self._engine.remove(keys[:ONE_BY_ONE])
            gone = float(np.mean([first(at) != keys[at] for at in range(ONE_BY_ONE)]))
        return Changes(float(np.median(ones)) * 1e3, many * 1e3, found, gone)


def run(kind: Kind) -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is no answer
    what, path = sys.argv[1:]
    job = Job.read(Path(path))
    if what == "build":
        vectors = job.vectors()
        engine = kind.make(job)
        took = cost(lambda: engine.build(vectors))
        _answer(answers, Built(took.cpu, took.wall))
        return
    server = _Server(kind, job)
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        _answer(answers, getattr(server, asked.pop("do"))(**asked))


def _answer(answers: TextIO, what: Any) -> None:
    answers.write(json.dumps(asdict(what)) + "\n")
