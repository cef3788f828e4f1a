"""shelflens and its peers on the same photos: quality, indexing time, query time, side by side.

Each peer runs in a virtual environment of its own under build/, made on demand from peers/requirements-NAME.txt.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import networks, photos
from bench.measure import Times
from bench.peers.job import DEPTH, Job, Outcome, measure
from bench.photos import Shop
from bench.report import Cell, Section, Table
from bench.workbench import MODEL, Workbench
from shelflens.assemble import Catalogue, open_catalogue

PEERS = ("rclip", "deepimagesearch", "dedup", "chroma", "hashes")
FOLDER = Path(__file__).parent / "peers"
NO_DEPENDENCIES = "# without dependencies"  # marks a requirement whose other dependencies are not needed
MINUTES = 20  # an installation or a run that takes longer is given up
PRODUCTS = 10  # that a customer sees


@dataclass(frozen=True, slots=True)
class NotRun:
    peer: str
    reason: str


class PeerError(Exception):
    """A peer could not be installed, or its work has failed: why."""


class Shelflens:
    """Our own side as a peer sees the job: files in, names of gallery photos out."""

    def __init__(self, job: Job, shop: Shop) -> None:
        self._shop = shop
        self._catalogue: Catalogue = open_catalogue(job.scratch / "ours.lens", create=True, model=MODEL)

    def index(self) -> None:
        self._catalogue.index(self._shop.table)

    def query(self, photo: Path) -> list[str]:
        """Our search groups by product: each match gives its best photo."""
        return [Path(match.photo.source).name for match in self._catalogue.search(photo, k=PRODUCTS)]


def run(bench: Workbench) -> Section:
    title = "Peers on the same photos"
    shop = bench.shop
    if shop is None:
        return Section(title, skipped=photos.ABSENT)
    job = _job(bench, shop)
    ours = measure(f"shelflens, {MODEL}", lambda own: Shelflens(own, shop), job, packages=("shelflens",))
    outcomes, failed = [ours], []
    for peer in PEERS:
        done = _peer(peer, job)
        if isinstance(done, NotRun):
            failed.append(done)
        else:
            outcomes += done
    rows = tuple(_row(outcome, ours, shop) for outcome in outcomes)
    columns = (
        "engine, model", "Recall@1", "Recall@5", "indexing time / ours", "query time / ours",
        "photos/s", "query p50 ms", "p95 ms", "version",
    )  # fmt: skip
    note = (
        f"Grocery: {len(shop.gallery):,} photos of train as the gallery, {len(shop.queries)} of val as queries. "
        f"Recall@k: the right product is among the first k; a peer's {DEPTH} nearest photos are reduced to their "
        "products. 'lite0' is our own bundled model as the engine's embedding function, on all cores. Indexing: from "
        "files to a searchable index with the model's loading; query: from a file to the ranking."
    )
    missing = tuple((one.peer, one.reason) for one in failed)
    tables = [Table("Side by side", columns, rows, note)]
    index_ms, query_ms = ours.index_seconds * 1e3 / len(shop.gallery), float(np.median(ours.query_ms))
    if own := networks.run(bench, index_ms=index_ms, query_ms=query_ms):
        tables.append(own)
    if missing:
        tables.append(Table("Not run", ("peer", "why"), missing))
    return Section(title, tuple(tables))


def _job(bench: Workbench, shop: Shop) -> Job:
    recipe, scratch = bench.recipe, bench.scratch / "peers"
    scratch.mkdir()
    return Job(
        gallery=shop.folder / "gallery",
        queries=shop.folder / "queries",
        model=recipe.path,
        size=recipe.size,
        crop_share=recipe.crop_share,
        mean=recipe.mean,
        std=recipe.std,
        scratch=scratch,
        threads=bench.cores,
    )


def _peer(name: str, job: Job) -> list[Outcome] | NotRun:
    try:
        python = environment(name)
        scratch = job.scratch / name
        scratch.mkdir()
        written = scratch / "job.json"
        job.for_engine(scratch).write(written)
        printed = output([str(python), "-m", f"bench.peers.{name}", str(written)])
    except PeerError as error:
        return NotRun(name, str(error))
    return [Outcome(**outcome) for outcome in json.loads(printed.splitlines()[-1])]


def environment(name: str, *, install: bool = True) -> Path:
    """The interpreter of the peer's environment, made when it is not there or when its requirements have changed.

    Raises PeerError, also where it would have to be made and `install` is False."""
    requirements = FOLDER / f"requirements-{name}.txt"
    folder = photos.REPOSITORY / "build" / "peers" / name
    python, stamp = folder / "bin" / "python", folder / "requirements.txt"
    if stamp.is_file() and stamp.read_text() == requirements.read_text():
        return python
    if not install:
        raise PeerError("not installed; a tiny run installs nothing")
    print(f"installing {name} ...", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True, clear=True)
    lines = [line for line in requirements.read_text().splitlines() if line and not line.startswith("#")]
    alone = [line.removesuffix(NO_DEPENDENCIES).strip() for line in lines if line.endswith(NO_DEPENDENCIES)]
    others = [line for line in lines if not line.endswith(NO_DEPENDENCIES)]
    output([str(python), "-m", "pip", "install", "--quiet", *others])
    if alone:
        output([str(python), "-m", "pip", "install", "--quiet", "--no-deps", *alone])
    stamp.write_text(requirements.read_text())
    return python


def output(command: Sequence[str]) -> str:
    """What it prints. Raises PeerError."""
    try:
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=60 * MINUTES, cwd=photos.REPOSITORY
        )
    except subprocess.CalledProcessError as error:
        raise PeerError(last_line(error.stderr or error.stdout) or str(error)) from error
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"took longer than {MINUTES} minutes") from error
    return done.stdout


def last_line(text: str) -> str:
    """Its first 200 characters: where a traceback says what was wrong."""
    lines = text.strip().splitlines()
    return lines[-1][:200] if lines else ""


def _row(outcome: Outcome, ours: Outcome, shop: Shop) -> tuple[Cell, ...]:
    recall = [_recall(outcome, shop, k) for k in (1, 5)]
    times = Times(tuple(ms / 1e3 for ms in outcome.query_ms))
    faster = float(np.median(np.divide(outcome.query_ms, ours.query_ms)))
    return (
        outcome.engine, *recall, outcome.index_seconds / ours.index_seconds, faster,
        len(shop.gallery) / outcome.index_seconds, times.p50, times.p95, ", ".join(outcome.versions.values()),
    )  # fmt: skip


def _recall(outcome: Outcome, shop: Shop, k: int) -> float:
    hits = []
    for ranked, wanted in zip(outcome.ranked, shop.queries.values(), strict=True):
        products = list(dict.fromkeys(shop.gallery[name] for name in ranked))
        hits.append(wanted in products[:k])
    return float(np.mean(hits))
