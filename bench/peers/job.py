"""The work that every peer is given, and the answer it prints. Standard library only: every environment runs it.

A peer is a script of this folder that ends in `run("name", Engine)`; it is started as
`python -m bench.peers.NAME JOB.json` and prints one JSON object as its last line.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

DEPTH = 50  # photos that an engine is asked for; their products are the ranking


@dataclass(frozen=True, slots=True)
class Job:
    """A gallery to index and queries to answer. All photos lie in two flat folders, as JPEG files."""

    gallery: Path  # folder
    queries: Path  # folder
    model: Path  # ONNX file for engines that take an embedding function
    size: int  # what it takes: see bench.bare.Recipe
    crop_share: float
    mean: float
    std: float
    scratch: Path  # an empty folder for the index
    threads: int

    @classmethod
    def read(cls, path: Path) -> Job:
        data: dict[str, Any] = json.loads(path.read_text())
        for name in ("gallery", "queries", "model", "scratch"):
            data[name] = Path(data[name])
        return cls(**data)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), default=str))

    def for_engine(self, scratch: Path) -> Job:
        return replace(self, scratch=scratch)

    def gallery_photos(self) -> list[Path]:
        return sorted(self.gallery.glob("*.jpg"))

    def query_photos(self) -> list[Path]:
        return sorted(self.queries.glob("*.jpg"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one engine did with the job."""

    engine: str
    index_seconds: float  # from files on disk to a searchable index, the model's loading included
    query_ms: list[float]  # a photo's file to its nearest photos
    ranked: list[list[str]]  # per query, names of gallery files, best first
    versions: dict[str, str] = field(default_factory=dict)


class Engine(Protocol):
    def index(self) -> None: ...

    def query(self, photo: Path) -> list[str]:
        """Names of up to DEPTH gallery files, best first."""
        ...


def measure(name: str, make: Callable[[Job], Engine], job: Job, *, packages: tuple[str, ...] = ()) -> Outcome:
    started = time.perf_counter()
    engine = make(job)
    engine.index()
    index_seconds = time.perf_counter() - started
    photos = job.query_photos()
    for photo in photos[:3]:  # caches and lazy imports
        engine.query(photo)
    query_ms, ranked = [], []
    for photo in photos:
        asked = time.perf_counter()
        ranked.append(engine.query(photo))
        query_ms.append((time.perf_counter() - asked) * 1e3)
    return Outcome(name, index_seconds, query_ms, ranked, {package: version(package) for package in packages})


def run(engines: Mapping[str, Callable[[Job], Engine]], *, packages: tuple[str, ...]) -> None:
    """Measures each engine of a script in its own part of the scratch folder and prints a list of outcomes."""
    job = Job.read(Path(sys.argv[1]))
    outcomes = []
    for at, (name, make) in enumerate(engines.items()):
        scratch = job.scratch / str(at)
        scratch.mkdir()
        outcomes.append(measure(name, make, job.for_engine(scratch), packages=packages))
    print(json.dumps([asdict(outcome) for outcome in outcomes]))
