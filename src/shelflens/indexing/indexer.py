"""Feeds to records: every photo read, embedded once, and kept in batches that are whole or absent.

Workers take each photo from its bytes to its vector; the calling thread only writes. Photos are kept in the feeds'
order.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from shelflens.feed.base import BadRow, Feed, FeedRow
from shelflens.indexing.crew import Crew, Progress
from shelflens.indexing.memory import Arrival, Memory, Prepared, Unchanged
from shelflens.indexing.preparing import Outcome, Preparing
from shelflens.indexing.threads import WINDOW
from shelflens.indexing.writer import BatchWriter
from shelflens.records.base import Embedded, Records


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did."""

    rows: int  # taken in
    photos: int  # in the catalogue because of this run, or there already
    embedded: int  # of these, sent through the model
    reused: int  # of these, new for their product, with bytes whose vector was known
    unchanged: int  # of these, there already, as they are
    bad: int  # rows and photos that could not be used
    seconds: float
    interrupted: bool


class Indexer:
    """Puts feeds into the space of one embedder. One run per object."""

    def __init__(self, records: Records, crew: Crew, job: Preparing, memory: Memory, *, space: str) -> None:
        """`job` embeds into `space`, which is there; `memory` is what it goes by."""
        self._records = records
        self._crew = crew
        self._job = job
        self._memory = memory
        self._space = space
        self._started = time.monotonic()
        self._total: int | None = 0
        self._rows = self._embedded = self._reused = self._unchanged = self._bad = 0

    def run(self, feeds: Sequence[Feed]) -> Report:
        """Returns when all is kept or, on KeyboardInterrupt, when what was ready is kept."""
        counts = [feed.photos() for feed in feeds]
        self._total = None if None in counts else sum(count or 0 for count in counts)
        writer = BatchWriter(self._records, space=self._space, on_commit=self._committed)
        interrupted = False
        try:
            with (
                self._crew.hired(self._job, window=WINDOW, name="embed") as team,
                closing(team.results(self._arrivals(feeds))) as results,
            ):
                for row, outcome in results:
                    self._take(row, outcome, writer)
        except KeyboardInterrupt:
            interrupted = True
        writer.commit()
        return Report(
            rows=self._rows,
            photos=self._photos,
            embedded=self._embedded,
            reused=self._reused,
            unchanged=self._unchanged,
            bad=self._bad,
            seconds=time.monotonic() - self._started,
            interrupted=interrupted,
        )

    @property
    def _photos(self) -> int:
        return self._embedded + self._reused + self._unchanged

    def _committed(self, photos: list[Embedded]) -> None:
        self._memory.kept(photos)
        self._crew.on_progress(Progress(self._photos, self._bad, self._total, time.monotonic() - self._started))

    def _arrivals(self, feeds: Sequence[Feed]) -> Iterator[tuple[FeedRow, Arrival | None]]:
        """Every photo in the feeds' order; a product without photos comes once, without an arrival."""
        for feed in feeds:
            for row in feed:
                if isinstance(row, BadRow):
                    self._report(row)
                    continue
                self._rows += 1
                yield from ((row, self._memory.arrival(row, place)) for place in row.photos)
                if not row.photos:
                    yield row, None

    def _take(self, row: FeedRow, outcome: Outcome | None, writer: BatchWriter) -> None:
        writer.add_product(row.product)
        if isinstance(outcome, Prepared):
            outcome = self._memory.settled(outcome, row)
        match outcome:
            case Prepared(photo, vector, fresh, small, beside):
                assert vector is not None
                writer.add_photo(Embedded(photo, vector, self._space, small, beside))
                self._embedded += fresh
                self._reused += not fresh
            case Unchanged():
                self._unchanged += 1
            case BadRow():
                self._report(outcome)
            case None:
                pass
        writer.commit_when_due()

    def _report(self, row: BadRow) -> None:
        self._bad += 1
        self._crew.on_bad(row)
