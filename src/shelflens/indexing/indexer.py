"""Feeds to records: every photo read, embedded once, and kept in batches that are whole or absent.

Each worker thread takes a photo all the way from bytes to vector, so reading, decoding and embedding overlap on
all cores with no hand-over in between; the calling thread only writes. Photos are kept in the feeds' order.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from types import TracebackType
from typing import TypeAlias

from PIL.Image import Image

from shelflens.embed.base import Embedder
from shelflens.errors import PictureError
from shelflens.feed.base import BadRow, Feed, FeedRow, FilePhoto, PhotoPlace, UrlPhoto
from shelflens.indexing.beside import placed
from shelflens.indexing.crew import Crew, Progress
from shelflens.indexing.writer import BatchWriter
from shelflens.picture import decode_side, digest, open_bytes, thumbnail
from shelflens.records.base import Embedded, Records
from shelflens.types import Photo, Vectors

WINDOW = 64  # photos under way per worker; bounds memory
DOWNLOADS = 16  # at once
HAND_OVER_SECONDS = 0.25  # at most, until photos that are done are handed to the writer


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


@dataclass(frozen=True, slots=True)
class _Ready:
    embedded: Embedded
    fresh: bool  # went through the model in this run


@dataclass(frozen=True, slots=True)
class _Unchanged:
    """The records hold the photo as it is."""


_Result: TypeAlias = _Ready | _Unchanged | BadRow | None  # None: a product without photos
_UnderWay: TypeAlias = deque[tuple[FeedRow, Future[_Result] | None]]  # in the feeds' order


class Indexer:
    """Puts feeds into the space of one embedder. One run per object."""

    def __init__(
        self,
        records: Records,
        embedder: Embedder,
        crew: Crew,
        *,
        others: Callable[[], Sequence[Embedder]] = lambda: (),
    ) -> None:
        """`embedder` is called from the crew's threads, all at once; so is `others`, which says by whom new photos are
        embedded besides."""
        self._records = records
        self._crew = crew
        self._others = others
        self._space = records.add_space(embedder.manifest)
        self._vectors = _Vectors(records, embedder, space=self._space)
        self._side = decode_side(embedder.manifest.preprocessing)
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
            with _Pools(self._crew.workers) as pools:
                for row, result in self._overlapped(feeds, pools):
                    self._take(row, result, writer)
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
        self._vectors.kept(photos)
        self._crew.on_progress(Progress(self._photos, self._bad, self._total, time.monotonic() - self._started))

    def _overlapped(self, feeds: Iterable[Feed], pools: _Pools) -> Iterator[tuple[FeedRow, _Result]]:
        """Every photo's result in the feeds' order, with up to WINDOW photos per worker under way."""
        under_way: _UnderWay = deque()
        for feed in feeds:
            for row in feed:
                if isinstance(row, BadRow):
                    self._report(row)
                    continue
                self._rows += 1
                under_way.extend((row, self._submit(row, place, pools)) for place in row.photos)
                if not row.photos:
                    under_way.append((row, None))
                while len(under_way) >= WINDOW * self._crew.workers:
                    yield from _finished(under_way)
        while under_way:
            yield from _finished(under_way)

    def _submit(self, row: FeedRow, place: PhotoPlace, pools: _Pools) -> Future[_Result]:
        if isinstance(place, UrlPhoto):  # downloads wait for others' servers; they must not hold up the cores
            download = pools.downloads.submit(self._crew.reader.read, place)
            return pools.workers.submit(self._prepare, row, place, download.result)
        return pools.workers.submit(self._prepare, row, place, lambda: self._crew.reader.read(place))

    def _prepare(self, row: FeedRow, place: PhotoPlace, read: Callable[[], bytes]) -> _Result:
        """One photo from its place to its vector."""
        product_id = row.product.product_id
        try:
            data = read()
            photo_id = digest(data)
            if self._vectors.may_know(photo_id) and self._records.holds(
                product_id, photo_id, source=place.source, space=self._space
            ):
                return _Unchanged()
            picture = open_bytes(data, name=place.source, side=self._side, limits=self._crew.reader.limits)
        except PictureError as error:
            return BadRow(where=row.where, reason=str(error), product_id=product_id)
        vector, fresh = self._vectors.of(photo_id, picture.image)
        others = self._others() if fresh else ()
        beside = placed(data, picture, others, side=self._side, limits=self._crew.reader.limits)
        photo = Photo(photo_id, product_id, place.source, picture.width, picture.height)
        small = b"" if isinstance(place, FilePhoto) else thumbnail(picture.image)
        return _Ready(Embedded(photo, vector, self._space, small, beside), fresh)

    def _take(self, row: FeedRow, result: _Result, writer: BatchWriter) -> None:
        writer.add_product(row.product)
        match result:
            case _Ready(embedded, fresh):
                writer.add_photo(embedded)
                self._embedded += fresh
                self._reused += not fresh
            case _Unchanged():
                self._unchanged += 1
            case BadRow():
                self._report(result)
            case None:
                pass
        writer.commit_when_due()

    def _report(self, row: BadRow) -> None:
        self._bad += 1
        self._crew.on_bad(row)


def _finished(under_way: _UnderWay) -> Iterator[tuple[FeedRow, _Result]]:
    """Takes the oldest photos, at least one, as soon as half of all are done or HAND_OVER_SECONDS have passed.

    Taking each as it comes would wake this thread for every photo, and whenever it runs it takes Python's lock and
    a core from the workers: 5 % of the throughput of two cores.
    """
    middle = under_way[len(under_way) // 2][1]
    if middle is not None:
        wait((middle,), timeout=HAND_OVER_SECONDS)
    while True:
        row, future = under_way.popleft()
        yield row, future.result() if future else None
        if not under_way or not ((following := under_way[0][1]) is None or following.done()):
            return


class _Pools:
    """The threads of a run; what has not begun when the run ends is dropped."""

    def __init__(self, workers: int) -> None:
        self.workers = ThreadPoolExecutor(workers, thread_name_prefix="embed")
        self.downloads = ThreadPoolExecutor(DOWNLOADS, thread_name_prefix="download")

    def __enter__(self) -> _Pools:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.downloads.shutdown(wait=False, cancel_futures=True)
        self.workers.shutdown(wait=True, cancel_futures=True)


class _Vectors:
    """Every photo's vector, made once: from this run, from the records, or from the model."""

    def __init__(self, records: Records, embedder: Embedder, *, space: str) -> None:
        self._records = records
        self._embedder = embedder
        self._space = space
        self._records_were_empty = records.counts().vectors.get(space, 0) == 0
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[Vectors]] = {}  # photo_id -> its vector, not yet durable
        self._kept: set[bytes] = set()  # photo_ids that this run made durable, 16 bytes of each

    def may_know(self, photo_id: str) -> bool:
        """False when the records certainly hold no vector of the photo; spares a new catalogue the question."""
        return not self._records_were_empty or bytes.fromhex(photo_id[:32]) in self._kept

    def of(self, photo_id: str, picture: Image) -> tuple[Vectors, bool]:
        """The (dim,) vector, and whether it went through the model just now. Equal photos wait for the first."""
        with self._lock:
            future = self._under_way.get(photo_id)
            mine = future is None
            if future is None:
                future = self._under_way[photo_id] = Future()
        if not mine:
            return future.result(), False
        try:
            fresh = not (self.may_know(photo_id) and self._records.known([photo_id], space=self._space))
            future.set_result(
                self._embedder.embed([picture])[0] if fresh else self._records.vectors([photo_id], space=self._space)[0]
            )
        except BaseException as error:
            future.set_exception(error)
            raise
        return future.result(), fresh

    def kept(self, photos: Iterable[Embedded]) -> None:
        """Told what has become durable; from now on the records know these vectors."""
        with self._lock:
            for embedded in photos:
                self._kept.add(bytes.fromhex(embedded.photo.photo_id[:32]))
                self._under_way.pop(embedded.photo.photo_id, None)
