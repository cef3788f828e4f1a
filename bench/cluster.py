"""Embedding on a Ray cluster of this machine's cores: `python -m bench.cluster`.

One worker against two, in turns, and what a killed worker costs. Each is a node of one core with the model in its
memory; starting them is not in the figures. The photos are real ones, read from their files by the workers.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import ray_cluster

from bench import photos
from bench.report import Demand, Section, Table
from bench.workbench import MODEL, Workbench
from shelflens.cluster.parts import PART
from shelflens.cluster.workers import AHEAD, RayTeam
from shelflens.embed.loading import load_embedder
from shelflens.feed.base import FilePhoto
from shelflens.indexing import PhotoReader
from shelflens.indexing.kit import Sent
from shelflens.indexing.memory import Arrival, Told
from shelflens.indexing.preparing import NamedOthers, Outcome, Preparing
from shelflens.indexing.threads import Threads
from shelflens.indexing.work import Team
from shelflens.picture import FetchPolicy, Limits


@dataclass(frozen=True)
class Size:
    photos: int = 1_200  # a round
    rounds: int = 5


TINY = Size(photos=8 * PART, rounds=1)


def section(bench: Workbench) -> Section:
    """For `python -m bench`."""
    return run(bench.data, TINY if bench.tiny else Size())


def run(data: Path | None, size: Size) -> Section:
    title = f"Ray workers ({size.photos:,} photos, {MODEL})"
    if data is None:
        return Section(title, skipped=photos.ABSENT)
    if not ray_cluster.installed():
        return Section(title, skipped=ray_cluster.NEEDED)
    real = photos.all_photos(data)
    files = [real[at % len(real)] for at in range(size.photos)]
    manifest = load_embedder(MODEL, threads=1).manifest
    job = Preparing(Sent(MODEL, manifest.space, Limits(), FetchPolicy()), Told(), NamedOthers)
    spent: dict[str, list[_Spent]] = {"one worker": [], "two workers": [], "two threads of one process": []}
    with closing(PhotoReader()) as reader, ray_cluster.running(3):
        with (
            _team(job, reader, 1, files) as one,
            _team(job, reader, 2, files) as two,
            Threads(2).hired(job, reader) as threads,
        ):
            for _ in range(size.rounds):
                teams: tuple[Team[Arrival, Outcome], ...] = (one, two, threads)
                for its, team in zip(spent.values(), teams, strict=True):
                    its.append(_spent(team, files))
        again = _killed(job, reader, files)
    one_worker, two_workers = spent["one worker"], spent["two workers"]
    rows = tuple(
        (name, _ratio(one_worker, its), size.photos / _median(its), 1e3 * min(one.cpu for one in its) / size.photos)
        for name, its in spent.items()
    )
    note = (
        f"Medians of {size.rounds} rounds in turns; CPU time is the least, of the workers and of this process. "
        f"A worker has at most {AHEAD} parts of {PART} photos at once."
    )
    columns = ("who", "times one worker", "photos/s", "CPU ms a photo")
    demands = (
        Demand("two workers / one", _ratio(one_worker, two_workers), 1.7, at_least=True),
        Demand("photos done again for a killed worker / those it had", again / (AHEAD * PART), 1, at_least=False),
    )
    return Section(title, (Table("Embedding", columns, rows, note),), demands)


@dataclass(frozen=True, slots=True)
class _Spent:
    """On one round."""

    seconds: float
    cpu: float  # seconds


@contextmanager
def _team(
    job: Preparing, reader: PhotoReader, count: int, files: Sequence[Path]
) -> Iterator[RayTeam[Arrival, Outcome]]:
    """All have begun, and have worked."""
    import ray

    team = RayTeam(ray, job, reader, count=count)
    try:
        while team.ready < count:
            _spent(team, files[: 2 * count * PART])
        _spent(team, files[: 2 * count * PART])
        yield team
    finally:
        team.dismiss()


def _spent(team: Team[Arrival, Outcome], files: Sequence[Path]) -> _Spent:
    workers = ray_cluster.workers()  # those of other teams have nothing to do
    cpu = time.process_time() + ray_cluster.cpu_seconds(workers)
    started = time.perf_counter()
    outcomes = [outcome for _, outcome in team.results(_arrivals(files))]
    seconds = time.perf_counter() - started
    assert len(outcomes) == len(files)
    return _Spent(seconds, time.process_time() + ray_cluster.cpu_seconds(workers) - cpu)


def _arrivals(files: Sequence[Path]) -> Iterator[tuple[int, Arrival]]:
    for number, path in enumerate(files):
        yield number, Arrival(FilePhoto(path), "p", str(path))


def _killed(job: Preparing, reader: PhotoReader, files: Sequence[Path]) -> int:
    """How many photos were worked on again after one of two workers was killed."""
    with _team(job, reader, 2, files) as team:
        sent = team.sent

        def killing() -> Iterator[tuple[int, Arrival]]:
            for number, arrival in _arrivals(files):
                if number == len(files) // 2:
                    os.kill(min(ray_cluster.workers()), signal.SIGKILL)
                yield number, arrival

        assert sum(1 for _ in team.results(killing())) == len(files)
        return team.sent - sent - len(files)


def _median(rounds: Sequence[_Spent]) -> float:
    return statistics.median(one.seconds for one in rounds)


def _ratio(slow: Sequence[_Spent], fast: Sequence[_Spent]) -> float:
    return _median(slow) / _median(fast)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--photos", type=int, default=Size.photos)
    parser.add_argument("--rounds", type=int, default=Size.rounds)
    asked = parser.parse_args()
    found = run(photos.real_data(), Size(asked.photos, asked.rounds))
    print(found.markdown())
    print("\n".join(demand.line() for demand in found.demands))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
