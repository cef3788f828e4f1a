"""How time and memory are measured: in interleaved rounds, as medians and percentiles, from the kernel's own counts."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of equal pieces of work."""

    seconds: tuple[float, ...]

    def ms(self, percentile: float) -> float:
        return float(np.percentile(self.seconds, percentile)) * 1e3

    @property
    def p50(self) -> float:
        """Milliseconds."""
        return self.ms(50)

    @property
    def p95(self) -> float:
        """Milliseconds."""
        return self.ms(95)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of something took."""

    wall: float  # seconds
    cpu: float  # seconds of this process on all cores


def cost(work: Callable[[], object], *, collect: bool = True) -> Cost:
    """`collect` clears the rubbish of former work first; for long works."""
    if collect:
        gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def interleaved(works: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, list[Cost]]:
    """The costs of each work in every round. A round runs each once, so what else the machine does hits all alike;
    every other round runs them backwards, so none always comes first."""
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    for at in range(rounds):
        for name in list(works) if at % 2 == 0 else list(works)[::-1]:
            costs[name].append(cost(works[name]))
    return costs


def ratio(above: list[float], below: list[float]) -> float:
    """The median of the rounds' own ratios."""
    return float(np.median(np.divide(above, below)))


def times(work: Callable[[int], object], count: int, *, warm_up: int = 3) -> Times:
    """Calls `work(0)` to `work(count - 1)`; the first `warm_up` are called once before, untimed."""
    for at in range(min(warm_up, count)):
        work(at)
    seconds = []
    for at in range(count):
        started = time.perf_counter()
        work(at)
        seconds.append(time.perf_counter() - started)
    return Times(tuple(seconds))


@dataclass(frozen=True, slots=True)
class Memory:
    """Of this process, MiB."""

    private: float  # heap and stacks: what no other process shares and the kernel cannot drop
    mapped: float  # files mapped into memory, shared and dropped when memory is short
    peak: float  # of both together, since the process began


def memory() -> Memory:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    kib = {name: int(fields[name].split()[0]) for name in ("RssAnon", "RssFile", "VmHWM")}
    return Memory(kib["RssAnon"] / 1024, kib["RssFile"] / 1024, kib["VmHWM"] / 1024)


def disk(path: Path) -> float:
    """MiB of a file, or of all files in a directory."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / MIB


def median(values: list[float]) -> float:
    return float(np.median(values))
