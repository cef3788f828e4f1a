"""Long work on a catalogue, one job at a time in each worker, kept in the ledger: it survives its worker.

A job whose worker was stopped or killed goes on in another, or after the restart. What it wrote is kept; indexing and
looking closer go on where they stopped, audits and calibration begin anew.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from shelflens.audit import diagnosis_json, duplicates_json
from shelflens.audit.copies import NEAR
from shelflens.audit.pictures import OPENED
from shelflens.calibrate.fitting import FitOptions
from shelflens.errors import ShelflensError, UnavailableError
from shelflens.feed.base import BadRow, FeedRow
from shelflens.indexing import Progress
from shelflens.search.choosing import choice_json
from shelflens.serve.ledger import JobRow, State
from shelflens.serve.logs import log
from shelflens.serve.rows import read_row
from shelflens.serve.shelf import Opened

LOOK_SECONDS = 1.0  # until a job that another worker took in is noticed
BEAT_SECONDS = 0.5  # between two reports of progress
LISTED = 200  # bad rows in a result


class Stopped(KeyboardInterrupt):
    """Raised where progress is reported. As KeyboardInterrupt it makes indexing keep what is ready, then return."""


class Work:
    """One job under way; what it calls to say how far it is."""

    def __init__(self, opened: Opened, row: JobRow, stopping: threading.Event) -> None:
        self.opened = opened
        self.row = row
        self.bad: list[BadRow] = []
        self.interrupted = False
        self._stopping = stopping
        self._beaten = 0.0

    def at(self, stage: str, done: int, total: int | None) -> None:
        """Raises Stopped when the job was cancelled or its worker stops."""
        now = time.monotonic()
        if now - self._beaten < BEAT_SECONDS and not self._stopping.is_set():
            return
        self._beaten = now
        cancelled = self.opened.ledger.beat(self.row.id, stage=stage, done=done, total=total, bad=len(self.bad))
        if cancelled or self._stopping.is_set():
            self.interrupted = True
            raise Stopped

    def progress(self, stage: str) -> Callable[[Progress], None]:
        return lambda at: self.at(stage, at.kept + at.bad, at.total)

    def listed(self) -> list[dict[str, Any]]:
        return [asdict(row) for row in self.bad[:LISTED]]


class Runner:
    """Takes jobs from the ledgers of all catalogues."""

    def __init__(self, catalogues: Sequence[Opened]) -> None:
        self._catalogues = catalogues
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There is a new job."""
        self._wake.set()

    def stop(self) -> None:
        """When the running job has let go; it goes on after the next start."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                worked = [self._work_off(opened) for opened in self._catalogues]
            except UnavailableError as error:
                log("jobs wait", reason=str(error))
                worked = []
            if not any(worked):
                self._wake.wait(LOOK_SECONDS)
                self._wake.clear()

    def _work_off(self, opened: Opened) -> bool:
        """One job of a catalogue; False when none waits."""
        row = opened.ledger.claim()
        if row is None:
            return False
        work = Work(opened, row, self._stopping)
        beating = threading.Event()
        beater = threading.Thread(target=_keep_alive, args=(opened, row.id, beating), daemon=True)
        beater.start()
        try:
            state, result, error = self._outcome(work)
        finally:
            beating.set()
            beater.join()
        opened.ledger.finish(row.id, state, result=result, error=error)
        log("job", job=row.id, kind=row.kind, state=state, bad=len(work.bad))
        return True

    def _outcome(self, work: Work) -> tuple[State, str | None, str | None]:
        try:
            result = KINDS[work.row.kind](work, json.loads(work.row.request))
        except Stopped:
            return self._let_go, None, None
        except ShelflensError as error:
            return State.FAILED, None, str(error)
        except Exception:  # the thread lives on for the jobs behind it; what was wrong is in the log
            logging.getLogger("shelflens.serve").exception("job failed", extra={"fields": {"job": work.row.id}})
            return State.FAILED, None, "the server made a mistake; its log has the job's id"
        return self._let_go if work.interrupted else State.DONE, json.dumps(result), None

    @property
    def _let_go(self) -> State:
        return State.QUEUED if self._stopping.is_set() else State.CANCELLED


def _keep_alive(opened: Opened, job_id: str, done: threading.Event) -> None:
    """Work that reports nothing for a while is alive all the same."""
    while not done.wait(3.0):
        with suppress(UnavailableError):
            opened.ledger.touch(job_id)


# -- the kinds


def _index(work: Work, request: Mapping[str, Any]) -> dict[str, Any]:
    feed = RowsFeed(work.opened, request["rows"])
    catalogue = work.opened.catalogue
    report = catalogue.index(feed, on_progress=work.progress("indexing"), on_bad=work.bad.append)
    if not work.interrupted:
        catalogue.remove(feed.removed)
        if catalogue.evidence:
            catalogue.look_closer(on_progress=work.progress("looking closer"), on_bad=work.bad.append)
        if catalogue.attributes.kept:
            catalogue.attributes.describe_all(on_progress=work.progress("describing"), on_bad=work.bad.append)
    return {**asdict(report), "removed": len(feed.removed), "bad": len(work.bad), "bad_rows": work.listed()}


def _look_closer(work: Work, request: Mapping[str, Any]) -> dict[str, Any]:
    described = work.opened.catalogue.look_closer(
        request.get("evidence", ()), on_progress=work.progress("looking closer"), on_bad=work.bad.append
    )
    return {**asdict(described), "bad_rows": work.listed()}


def _describe(work: Work, _request: Mapping[str, Any]) -> dict[str, Any]:
    described = work.opened.catalogue.attributes.describe_all(
        on_progress=work.progress("describing"), on_bad=work.bad.append
    )
    return {**asdict(described), "bad_rows": work.listed()}


def _calibrate(work: Work, request: Mapping[str, Any]) -> dict[str, Any]:
    usual = FitOptions()
    options = FitOptions(
        precision=request.get("precision", usual.precision), unknown_share=request.get("unknown", usual.unknown_share)
    )
    choice = work.opened.catalogue.calibrate(
        options=options, on_progress=lambda done, total: work.at("calibrating", done, total)
    )
    return choice_json(choice)


def _learn_words(work: Work, _request: Mapping[str, Any]) -> dict[str, Any]:
    return asdict(work.opened.catalogue.learn_words(on_progress=work.at))


def _duplicates(work: Work, request: Mapping[str, Any]) -> dict[str, Any]:
    catalogue = work.opened.catalogue
    found = catalogue.duplicates(near=request.get("near", NEAR), on_progress=work.at)
    return duplicates_json(found, catalogue.records)


def _doctor(work: Work, request: Mapping[str, Any]) -> dict[str, Any]:
    catalogue = work.opened.catalogue
    found = catalogue.doctor(opened=request.get("opened", OPENED), seed=request.get("seed", 0), on_progress=work.at)
    return diagnosis_json(found, catalogue.records)


KINDS: Mapping[str, Callable[[Work, Mapping[str, Any]], dict[str, Any]]] = {
    "index": _index,
    "look-closer": _look_closer,
    "describe": _describe,
    "calibrate": _calibrate,
    "learn-words": _learn_words,
    "duplicates": _duplicates,
    "doctor": _doctor,
}


class RowsFeed:
    """A `Feed` of the rows of a request."""

    name = "rows"

    def __init__(self, opened: Opened, rows: Sequence[object]) -> None:
        self._opened = opened
        self._rows = rows
        self.removed: list[str] = []  # ids that rows say to remove; known when the feed was read

    def __iter__(self) -> Iterator[FeedRow | BadRow]:
        self.removed = []
        for number, data in enumerate(self._rows):
            where = f"row {number}"
            row = read_row(data)
            if not isinstance(row, list):
                if row.remove:
                    self.removed.append(row.product_id)
                    continue
                places, faults = self._opened.places(row.photos)
                yield FeedRow(row.product(row.product_id), tuple(places), where)
                for fault in faults:
                    yield BadRow(where, f"{fault.field}: {fault.detail}", row.product_id)
            else:
                yield BadRow(where, "; ".join(f"{fault.field}: {fault.detail}" for fault in row))

    def photos(self) -> int | None:
        listed = (row.get("photos") for row in self._rows if isinstance(row, dict))
        return sum(len(photos) for photos in listed if isinstance(photos, list))
