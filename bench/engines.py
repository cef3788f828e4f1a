"""Our index for large catalogues beside engines that others use, at equal recall, alone: no catalogue, no model.

Each engine has two processes of its own (bench/peers/vector_job.py): one builds the index, another opens it and answers
on one thread. All that serve live at the same time and take turns. Where they are installed: see side_by_side.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from bench import measure, photos, side_by_side, vectors_model
from bench.peers.vector_job import ONE_BY_ONE, About, Answers, Built, Changes, Grown, Job, K, Setting
from bench.report import Cell, Section, Table
from bench.side_by_side import NotRun
from bench.workbench import Workbench
from shelflens.types import Keys, Vectors

HERE = ("ours", "faiss", "faiss8")  # in the environment that runs this; ours first
ELSEWHERE = ("hnswlib", "usearch", "lancedb")  # each in one of its own
RECALL = 0.99  # @10, that every engine's search is set to
FILTER = 0.01  # of the vectors
BLOCK = 25  # queries that an engine answers before it is another's turn
ROUNDS = 3  # through all queries
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LANCE_CPU_THREADS", "TOKIO_WORKER_THREADS")

Found = tuple[tuple[int, ...], ...]  # keys, for each query


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked, and what is right."""

    gallery: Vectors
    queries: Vectors
    newer: Vectors  # what some vectors are replaced by
    changed: Keys
    allowed: Keys  # sorted
    threads: int  # that may build

    def nearest(self, *, filtered: bool) -> NDArray[np.int64]:
        """(Q, K) keys of the truly nearest."""
        keys = self.allowed if filtered else np.arange(1, len(self.gallery) + 1)
        cosines = self.queries @ (self.gallery[keys - 1] if filtered else self.gallery).T
        return keys[np.argpartition(-cosines, K - 1, axis=1)[:, :K]]

    def job(self, folder: Path, name: str) -> Job:
        """Its arrays in files of the folder, written when they are not there yet."""
        paths = {what: folder / f"{what}.npy" for what in ("gallery", "queries", "newer", "changed", "allowed")}
        for what, path in paths.items():
            if not path.exists():
                np.save(path, getattr(self, what))
        own = folder / name
        own.mkdir()
        return Job(folder=own, threads=self.threads, **paths)


@dataclass(slots=True)
class Serving:
    """The process of an engine that answers, and what has been learned of it."""

    script: str
    about: About
    built: Built
    disk: float  # bytes
    ask: Callable[..., dict[str, Any]]
    setting: Setting = ()
    reaches: bool = True  # RECALL, with that setting
    grown: Grown = field(default_factory=lambda: Grown(0, 0))
    changes: Changes | None = None

    def answers(self, rows: NDArray[np.int64], setting: Setting, *, filtered: bool = False) -> Answers:
        return Answers(**self.ask("search", rows=rows.tolist(), setting=setting, filtered=filtered))


def run(bench: Workbench) -> Section:
    title = f"Vector engines side by side ({bench.vectors:,} vectors, one thread)"
    if bench.data is None:
        return Section(title, skipped=photos.ABSENT)
    return Section(title, compared(task(bench), bench.scratch / "engines", install=not bench.tiny))


def task(bench: Workbench) -> Task:
    gallery = np.concatenate(list(vectors_model.gallery(bench.real_vectors, bench.vectors)))
    held_out = bench.query_vectors
    some = np.unique(np.linspace(0, len(held_out) - 1, 400).astype(int))
    random = np.random.default_rng(7)
    changes = ONE_BY_ONE + min(1_000, len(gallery) // 10)
    newer = np.concatenate(list(vectors_model.gallery(bench.real_vectors, changes, seed=1)))
    changed, allowed = (
        random.choice(len(gallery), count, replace=False) + 1 for count in (changes, max(K, int(len(gallery) * FILTER)))
    )
    return Task(gallery, held_out[some], newer, changed, np.sort(allowed), bench.cores)


def compared(task: Task, scratch: Path, *, install: bool) -> tuple[Table, ...]:
    """`install` allows engines that are not here to be fetched."""
    scratch.mkdir()
    failed: list[NotRun] = []
    rows = np.arange(len(task.queries))
    choosing, reporting = rows[::2], rows[1::2]
    truth, allowed_truth = task.nearest(filtered=False), task.nearest(filtered=True)
    with ExitStack() as stack:
        engines: list[Serving] = []
        for name in (*HERE, *ELSEWHERE):
            try:
                job = task.job(scratch, name)
                engine = stack.enter_context(_serving(name, job, install=install))
                _set(engine, choosing, truth)
                engines.append(engine)
            except side_by_side.PeerError as error:
                if name == HERE[0]:
                    raise  # nothing is left to compare with
                failed.append(NotRun(name, str(error)))
        free = _in_turns(engines, reporting)
        filtered = _in_turns([engine for engine in engines if engine.about.filters], reporting, filtered=True)
        for engine in engines:
            try:
                engine.changes = Changes(**engine.ask("change", setting=engine.setting))
            except side_by_side.PeerError as error:
                failed.append(NotRun(engine.about.name, f"its changes: {error}"))
    note = (
        f"{len(reporting)} held-out real photos as queries, {ROUNDS} times, in turns of {BLOCK}; settings: the fastest "
        f"tried that reaches a recall@{K} of {RECALL} on {len(choosing)} others, or the one that comes nearest. "
        f"Ratios to ours: the median over queries. The filter lets {FILTER:.0%} through, drawn at random; settings "
        "stay."
    )
    tables = [
        _searches(engines, free, filtered, truth[reporting], allowed_truth[reporting], note),
        _costs(engines, len(task.gallery), len(task.newer) - ONE_BY_ONE),
    ]
    if failed:
        tables.append(Table("Not run", ("engine", "why"), tuple((one.peer, one.reason) for one in failed)))
    return tuple(tables)


@contextmanager
def _serving(name: str, job: Job, *, install: bool) -> Iterator[Serving]:
    """Builds and opens. Raises PeerError."""
    python = Path(sys.executable) if name in HERE else side_by_side.environment(name, install=install)
    written = job.folder.with_suffix(".json")
    job.write(written)
    command = [str(python), "-m", f"bench.peers.vectors_{name}"]
    built = Built(**json.loads(side_by_side.output([*command, "build", str(written)]).splitlines()[-1]))
    disk = measure.disk(job.folder) * measure.MIB
    complaints = job.folder.with_suffix(".txt")
    with (
        complaints.open("w") as errors,
        subprocess.Popen(
            [*command, "serve", str(written)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=photos.REPOSITORY,
            env=os.environ | dict.fromkeys(THREADS, "1"),
        ) as process,
    ):
        assert process.stdin and process.stdout

        def ask(
            do: str, *, to: IO[str] = process.stdin, answers: IO[str] = process.stdout, **what: Any
        ) -> dict[str, Any]:
            try:
                to.write(json.dumps({"do": do, **what}) + "\n")
                to.flush()
                answer: dict[str, Any] = json.loads(answers.readline())
            except (OSError, json.JSONDecodeError) as error:
                raise side_by_side.PeerError(side_by_side.last_line(complaints.read_text())) from error
            return answer

        try:
            yield Serving(name, About(**ask("open")), built, disk, ask)
        finally:
            process.stdin.close()


def _set(engine: Serving, rows: NDArray[np.int64], truth: NDArray[np.int64]) -> None:
    """To the fastest setting whose recall suffices, or the one with the highest where none does. Measures its memory.

    Raises PeerError."""
    tried = []
    for setting in engine.about.settings:
        given = engine.answers(rows, setting)
        recall = _recall(given.keys, truth[rows])
        tried.append((recall < RECALL, 0.0 if recall >= RECALL else -recall, np.median(given.ms), tuple(setting)))
    too_low, _, _, engine.setting = min(tried)
    engine.reaches = not too_low
    engine.grown = Grown(**engine.ask("grown"))
    if engine.about.filters:
        engine.answers(rows[:BLOCK], engine.setting, filtered=True)  # what it prepares for a filter, it prepares now


def _in_turns(engines: list[Serving], rows: NDArray[np.int64], *, filtered: bool = False) -> dict[str, list[Answers]]:
    """The answers of each engine, by script, block by block. Each block begins with another engine."""
    answers: dict[str, list[Answers]] = {engine.script: [] for engine in engines}
    blocks = [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
    for at, block in enumerate(blocks * ROUNDS):
        first = at % len(engines)
        for engine in engines[first:] + engines[:first]:
            answers[engine.script].append(engine.answers(block, engine.setting, filtered=filtered))
    return answers


def _searches(
    engines: list[Serving],
    free: dict[str, list[Answers]],
    filtered: dict[str, list[Answers]],
    truth: NDArray[np.int64],
    allowed_truth: NDArray[np.int64],
    note: str,
) -> Table:
    columns = (
        "engine", "p50 / ours", "p95 / ours", f"recall@{K}", "p50 ms", "p95 ms", "CPU ms", "setting",
        "filter: p50 / ours", f"filter: recall@{K}", "filter: p50 ms", "version",
    )  # fmt: skip
    our_times, our_filtered = (_times(answers[HERE[0]]) for answers in (free, filtered))
    rows = []
    for engine in engines:
        given, about = free[engine.script], engine.about
        its = _times(given)
        under: tuple[Cell, Cell, Cell] = ("-", "knows none", "-")
        if engine.script in filtered:
            seconds = _times(filtered[engine.script])
            recall = _recall(_keys(filtered[engine.script]), allowed_truth)
            under = _over(seconds, our_filtered), recall, seconds.p50
        setting = ", ".join(f"{name} {value}" for name, value in zip(about.parameters, engine.setting, strict=True))
        setting += "" if engine.reaches else " (none reaches it)"
        rows.append((
            about.name, _over(its, our_times), its.p95 / our_times.p95, _recall(_keys(given), truth), its.p50, its.p95,
            float(np.mean([block.cpu_ms for block in given])), setting or "none", *under, about.version,
        ))  # fmt: skip
    return Table("Search of 10 at equal recall", columns, tuple(rows), note)


def _costs(engines: list[Serving], photos_held: int, many: int) -> Table:
    columns = (
        "engine", "build / ours", "memory / ours", "disk / ours", "build CPU s", "private B a photo",
        "mapped B a photo", "disk B a photo", "one replaced, ms", f"{many:,} replaced, ms", "/ ours", "found",
        "removal",
    )  # fmt: skip
    ours = engines[0]
    assert ours.changes
    rows: list[tuple[Cell, ...]] = []
    for engine in engines:
        changes = engine.changes
        if changes is None:
            continue
        removal = engine.about.removal if changes.gone in (None, 1) else f"{changes.gone:.0%} gone"
        each = [size / photos_held for size in (engine.grown.private, engine.grown.mapped, engine.disk)]
        rows.append((
            engine.about.name, engine.built.cpu / ours.built.cpu, engine.grown.private / max(1, ours.grown.private),
            engine.disk / ours.disk, engine.built.cpu, *(round(size) for size in each),
            changes.one_ms, changes.many_ms, changes.many_ms / ours.changes.many_ms,
            f"{changes.found:.0%}" if engine.about.replaces else "only added", removal,
        ))  # fmt: skip
    note = (
        "Build: CPU seconds on all cores from vectors in memory to an index on the disk. Memory: private, of a fresh "
        "process that has opened it and searched; mapped: pages of its files, which the kernel may drop. Found: how "
        f"many of {ONE_BY_ONE} replaced vectors are the first that a search with them finds. Removal: whether what was "
        "removed is found no more; marked: it keeps its place. LanceDB writes to the disk each time, and takes up what "
        "was replaced into its index when it was many; the others change what is in memory."
    )
    return Table("What an index costs", columns, tuple(rows), note)


def _times(answers: list[Answers]) -> measure.Times:
    return measure.Times(tuple(ms / 1e3 for block in answers for ms in block.ms))


def _keys(answers: list[Answers]) -> Found:
    """Of the first round."""
    return tuple(keys for block in answers[: len(answers) // ROUNDS] for keys in block.keys)


def _over(its: measure.Times, ours: measure.Times) -> float:
    return measure.ratio(list(its.seconds), list(ours.seconds))


def _recall(found: Found, truth: NDArray[np.int64]) -> float:
    return float(np.mean([len(set(keys) & set(right)) / K for keys, right in zip(found, truth.tolist(), strict=True)]))
