"""Which threads, workers and memory suit this machine: each way is tried in turn, round after round.

Rounds, because a machine does other things, too: what disturbs a round disturbs all that are compared in it. A way that
asks for more must be faster by SURELY; else the simpler one is taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Final, TypeVar

import numpy as np
from PIL import Image

from shelflens.assemble.tuning import Tuning
from shelflens.embed.base import Embedder
from shelflens.embed.loading import load_embedder
from shelflens.network.runtime import RUNTIME
from shelflens.picture import decode_side, open_bytes
from shelflens.settings import Settings

SURELY: Final = 1.03  # times as fast as the simpler way
ROUNDS: Final = 7
PICTURES: Final = 8  # a round, for each worker
SIDE: Final = 350  # pixels of a picture

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tried:
    """One way, measured."""

    what: str  # "a lone query", "indexing", "memory arena"
    how: str  # "on 2 threads"
    speed: float  # as the median of the rounds, the first way of the kind being 1
    ms: float  # a picture
    chosen: bool


def measure(model: str, settings: Settings, *, on_tried: Callable[[str], None]) -> tuple[Tuning, tuple[Tried, ...]]:
    """With the model that is to run. Takes some seconds a core. `on_tried` hears what is being measured."""
    pictures, cores = _pictures(PICTURES), settings.cores
    with _arena(arena=True):
        on_tried("a lone query")
        lone = {threads: load_embedder(model, threads=threads) for threads in _doubled(cores)}
        runs = {threads: _alone(embedder, pictures) for threads, embedder in lone.items()}
        query_threads, tried = _best("a lone query", runs, lambda threads: f"on {_counted(threads, 'thread')}")

        on_tried("indexing")
        ways = {(cores // threads, threads): lone[threads] for threads in lone}
        if cores > 1:
            ways[max(1, cores - 1), 1] = lone[1]
        pools = {way: _side_by_side(embedder, pictures, workers=way[0]) for way, embedder in ways.items()}
        (workers, worker_threads), more = _best(
            "indexing", pools, lambda way: f"{_counted(way[0], 'worker')}, {_counted(way[1], 'thread')} each"
        )
    on_tried("memory arena")
    kinds = {}
    for arena in (False, True):  # without: memory is given back after every run
        with _arena(arena=arena):
            kinds[arena] = _alone(load_embedder(model, threads=query_threads), pictures)
    kept, last = _best("memory arena", kinds, lambda arena: "kept" if arena else "none")
    return Tuning(workers, worker_threads, query_threads, arena=kept), (*tried, *more, *last)


@contextmanager
def _arena(*, arena: bool) -> Iterator[None]:
    former, RUNTIME.arena = RUNTIME.arena, arena
    try:
        yield
    finally:
        RUNTIME.arena = former


def _doubled(most: int) -> list[int]:
    """1, 2, 4 … and `most` itself."""
    return sorted({min(2**power, most) for power in range(most.bit_length() + 1)})


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _pictures(count: int) -> list[bytes]:
    """JPEGs with some detail everywhere, as photos have."""
    random, found = np.random.default_rng(0), []
    for _ in range(count):
        coarse = Image.fromarray(random.integers(256, size=(44, 44, 3), dtype=np.uint8))
        out = BytesIO()
        coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(out, "JPEG", quality=85)
        found.append(out.getvalue())
    return found


def _embed(embedder: Embedder, data: bytes) -> int:
    """Vectors made."""
    side = decode_side(embedder.manifest.preprocessing)
    return len(embedder.embed([open_bytes(data, side=side).image]))


def _alone(embedder: Embedder, pictures: Sequence[bytes]) -> Callable[[], int]:
    """One picture after another; returns how many."""

    def run() -> int:
        return sum(_embed(embedder, data) for data in pictures)

    return run


def _side_by_side(embedder: Embedder, pictures: Sequence[bytes], *, workers: int) -> Callable[[], int]:
    def run() -> int:
        with ThreadPoolExecutor(workers) as pool:
            return sum(pool.map(partial(_embed, embedder), [*pictures] * workers))

    return run


def _best(what: str, ways: Mapping[T, Callable[[], int]], say: Callable[[T], str]) -> tuple[T, tuple[Tried, ...]]:
    """The fastest; a later one, which asks for more, only if it is faster SURELY."""
    seconds: dict[T, list[float]] = {way: [] for way in ways}
    for number in range(ROUNDS + 1):
        for way in list(ways) if number % 2 else list(ways)[::-1]:
            started = time.perf_counter()
            count = ways[way]()
            if number:  # the first warms up
                seconds[way].append((time.perf_counter() - started) / count)
    first = next(iter(ways))
    speeds = {way: float(np.median(np.divide(seconds[first], its))) for way, its in seconds.items()}
    best = first
    for way, speed in speeds.items():
        if speed > SURELY * speeds[best]:
            best = way
    return best, tuple(
        Tried(what, say(way), speed, 1e3 * float(np.median(seconds[way])), chosen=way == best)
        for way, speed in speeds.items()
    )
