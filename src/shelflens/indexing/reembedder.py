"""Photos that the catalogue holds, embedded by another model beside the one that searches use.

What is missing is found in the records, so a stopped run goes on where it stopped. A photo is read again from its
source and must still have the bytes that its photo_id names: the two spaces are of the same pictures or of none.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

from shelflens.embed.base import Embedder
from shelflens.errors import PictureError
from shelflens.feed.base import BadRow
from shelflens.indexing.describer import place_of
from shelflens.indexing.indexer import Progress
from shelflens.indexing.reading import PhotoReader
from shelflens.picture import decode_side, digest, open_bytes
from shelflens.records.base import Records
from shelflens.types import Photo, Vectors

COMMIT_PHOTOS = 128
WINDOW = 16  # photos under way per worker

_UnderWay: TypeAlias = deque[tuple[Photo, Future[Vectors | BadRow]]]


@dataclass(frozen=True, slots=True)
class Reembedded:
    """What a run did."""

    photos: int  # embedded, now
    bad: int  # that have no vector in the space, for reasons that were reported
    seconds: float
    interrupted: bool


class Reembedder:
    """Gives every photo that lacks one a vector in the embedder's space. One run per object."""

    def __init__(
        self,
        records: Records,
        embedder: Embedder,
        reader: PhotoReader,
        *,
        workers: int,
        on_progress: Callable[[Progress], None],
        on_bad: Callable[[BadRow], None],
    ) -> None:
        """`embedder` and `reader` are called from `workers` threads at once; the two listeners from the caller's."""
        self._records = records
        self._embedder = embedder
        self._reader = reader
        self._workers = workers
        self._on_progress = on_progress
        self._on_bad = on_bad
        self._space = records.add_space(embedder.manifest)
        self._side = decode_side(embedder.manifest.preprocessing)

    def run(self) -> Reembedded:
        """Returns when all is kept or, on KeyboardInterrupt, when what was ready is kept."""
        started, done, bad, interrupted = time.monotonic(), 0, 0, False
        total = self._records.count_unembedded(self._space)
        ready: dict[str, Vectors] = {}

        def keep() -> None:
            if ready:
                self._records.add_vectors(ready, space=self._space)
                ready.clear()
            self._on_progress(Progress(done, bad, max(total, done + bad), time.monotonic() - started))

        try:
            for photo, result in self._overlapped():
                if isinstance(result, BadRow):
                    bad += 1
                    self._on_bad(result)
                else:
                    done += 1
                    ready[photo.photo_id] = result
                if len(ready) >= COMMIT_PHOTOS:
                    keep()
        except KeyboardInterrupt:
            interrupted = True
        keep()
        return Reembedded(done, bad, time.monotonic() - started, interrupted)

    def _overlapped(self) -> Iterator[tuple[Photo, Vectors | BadRow]]:
        under_way: _UnderWay = deque()
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="embed")
        try:
            for photo in self._records.unembedded(self._space):
                under_way.append((photo, pool.submit(self._embed, photo)))
                if len(under_way) >= WINDOW * self._workers:
                    yield _finished(under_way)
            while under_way:
                yield _finished(under_way)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _embed(self, photo: Photo) -> Vectors | BadRow:
        """(dim,)."""
        try:
            data = self._reader.read(place_of(photo))
            if digest(data) != photo.photo_id:
                return BadRow(
                    where=photo.source,
                    reason="has changed since it was indexed; index it again, then go on",
                    product_id=photo.product_id,
                )
            picture = open_bytes(data, name=photo.source, side=self._side, limits=self._reader.limits)
        except PictureError as error:
            reason = f"cannot be read again to be embedded anew: {error}"
            return BadRow(where=photo.source, reason=reason, product_id=photo.product_id)
        vector: Vectors = self._embedder.embed([picture.image])[0]
        return vector


def _finished(under_way: _UnderWay) -> tuple[Photo, Vectors | BadRow]:
    photo, future = under_way.popleft()
    return photo, future.result()
