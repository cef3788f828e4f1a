"""Feeds to a server's catalogue: products in portions, photos one by one; what is there already does not travel."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeAlias

from shelflens.errors import PictureError
from shelflens.feed.base import BadRow, Feed, FeedRow, PhotoPlace, UrlPhoto
from shelflens.indexing import Crew, PhotoReader, Progress, Report
from shelflens.picture import digest

if TYPE_CHECKING:
    from shelflens.client import RemoteCatalogue

WORKERS = 4  # photos that travel at once
PORTION = 64  # rows

_Task: TypeAlias = tuple[FeedRow, PhotoPlace]


@dataclass(slots=True)
class _Counts:
    rows: int = 0
    sent: int = 0
    unchanged: int = 0
    bad: int = 0


class Uploading:
    """One run."""

    def __init__(
        self,
        there: RemoteCatalogue,
        *,
        on_progress: Callable[[Progress], None],
        on_bad: Callable[[BadRow], None],
    ) -> None:
        self._there = there
        self._crew = Crew(PhotoReader(), WORKERS, on_progress, on_bad)
        self._counts = _Counts()
        self._started = time.monotonic()

    def run(self, feeds: Sequence[Feed]) -> Report:
        """Returns when all is there or, on KeyboardInterrupt, when what was on its way is. Raises ServerError where the
        server refuses more than a row."""
        totals = [feed.photos() for feed in feeds]
        total = None if None in totals else sum(count or 0 for count in totals)
        rows = chain.from_iterable(feeds)
        interrupted = False
        try:
            while portion := list(islice(rows, PORTION)):
                for row in portion:
                    if isinstance(row, BadRow):
                        self._report(row)
                self._send([row for row in portion if isinstance(row, FeedRow)])
                self._tell(total)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            self._crew.reader.close()
        done = self._counts
        return Report(
            rows=done.rows,
            photos=done.sent + done.unchanged,
            embedded=done.sent,
            reused=0,  # the server does not say
            unchanged=done.unchanged,
            bad=done.bad,
            seconds=time.monotonic() - self._started,
            interrupted=interrupted,
        )

    def _send(self, rows: Sequence[FeedRow]) -> None:
        taken = self._put(rows)
        self._counts.rows += len(rows)
        wanted = [row for row in rows if row.product.product_id in taken]
        tasks = ((row, place) for row in wanted for place in row.photos)

        def one(task: _Task) -> BadRow | bool:
            return self._photo(*task, known=taken[task[0].product.product_id])

        for _, result in self._crew.overlapped(tasks, one, window=2, name="upload"):
            if isinstance(result, BadRow):
                self._report(result)
            elif result:
                self._counts.sent += 1
            else:
                self._counts.unchanged += 1

    def _put(self, rows: Sequence[FeedRow]) -> Mapping[str, frozenset[str]]:
        """The ids of the products that the server took, each with the ids of the photos that it has. Of a product in
        several rows the last row counts."""
        last = {row.product.product_id: row for row in rows}
        answers = self._there.put_many([(row.product, ()) for row in last.values()]) if last else []
        taken: dict[str, frozenset[str]] = {}
        for (product_id, row), answer in zip(last.items(), answers, strict=True):
            if answer.status >= 400:
                self._report(BadRow(row.where, "; ".join(answer.errors), product_id))
            else:
                photos = self._there.photos(product_id) if answer.status == 200 else ()
                taken[product_id] = frozenset(photo.photo_id for photo in photos)
        return taken

    def _photo(self, row: FeedRow, place: PhotoPlace, *, known: frozenset[str]) -> BadRow | bool:
        """Whether it was sent. An address is read by the server."""
        from shelflens.client import ServerError

        product_id = row.product.product_id
        try:
            if isinstance(place, UrlPhoto):
                self._there.add_photo(product_id, place.url)
                return True
            data = self._crew.reader.read(place)
            if digest(data) in known:
                return False
            self._there.add_photo(product_id, data)
        except PictureError as error:
            return BadRow(row.where, str(error), product_id)
        except ServerError as error:
            if error.status in (413, 422) or error.kind == "no-product":  # removed meanwhile
                return BadRow(row.where, f"{place.source}: {error}", product_id)
            raise
        return True

    def _report(self, row: BadRow) -> None:
        self._counts.bad += 1
        self._crew.on_bad(row)

    def _tell(self, total: int | None) -> None:
        done = self._counts
        kept = done.sent + done.unchanged
        self._crew.on_progress(Progress(kept, done.bad, total, time.monotonic() - self._started))
