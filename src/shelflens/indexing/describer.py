"""Descriptions of the catalogue's photos, made once, so that a search only has to describe its query.

What is missing is found in the records, so a stopped run goes on where it stopped and a new photo is all that the next
run looks at.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from shelflens.errors import PictureError
from shelflens.feed.base import BadRow, FilePhoto, PhotoPlace, UrlPhoto
from shelflens.indexing.indexer import Progress
from shelflens.indexing.reading import PhotoReader
from shelflens.records.base import Records
from shelflens.types import Photo
from shelflens.verify.base import Describing, key

COMMIT_PHOTOS = 64
WINDOW = 8  # photos under way per worker; each may be a large picture


@dataclass(frozen=True, slots=True)
class Described:
    """What a run did."""

    photos: int  # described by every verifier, now
    bad: int
    seconds: float
    interrupted: bool


class Describer:
    """Makes what verifiers need of every photo that lacks it. One run per object."""

    def __init__(
        self,
        records: Records,
        verifiers: Sequence[Describing],
        reader: PhotoReader,
        *,
        workers: int,
        on_progress: Callable[[Progress], None],
        on_bad: Callable[[BadRow], None],
    ) -> None:
        """Describings and reader are called from `workers` threads at once; the two listeners from the caller's."""
        self._records = records
        self._verifiers = verifiers
        self._reader = reader
        self._workers = workers
        self._on_progress = on_progress
        self._on_bad = on_bad

    def run(self) -> Described:
        """Returns when all is kept or, on KeyboardInterrupt, when what was ready is kept."""
        started, bad, done, interrupted = time.monotonic(), 0, 0, False
        wanted = self._wanted()
        ready: dict[str, dict[str, bytes]] = {key(verifier): {} for verifier in self._verifiers}
        try:
            for photo, names, result in self._overlapped(wanted):
                done += 1
                if isinstance(result, BadRow):
                    bad += 1
                    self._on_bad(result)
                else:
                    for name, description in zip(names, result, strict=True):
                        ready[name][photo.photo_id] = description
                if done % COMMIT_PHOTOS == 0:
                    self._keep(ready)
                    self._on_progress(Progress(done - bad, bad, len(wanted), time.monotonic() - started))
        except KeyboardInterrupt:
            interrupted = True
        self._keep(ready)
        self._on_progress(Progress(done - bad, bad, len(wanted), time.monotonic() - started))
        return Described(done - bad, bad, time.monotonic() - started, interrupted)

    def _wanted(self) -> dict[str, tuple[Photo, list[Describing]]]:
        """By photo_id, the verifiers that have no description of the photo."""
        wanted: dict[str, tuple[Photo, list[Describing]]] = {}
        for verifier in self._verifiers:
            for photo in self._records.undescribed(key(verifier)):
                wanted.setdefault(photo.photo_id, (photo, []))[1].append(verifier)
        return wanted

    def _overlapped(
        self, wanted: dict[str, tuple[Photo, list[Describing]]]
    ) -> Iterator[tuple[Photo, list[str], list[bytes] | BadRow]]:
        under_way: deque[tuple[Photo, list[str], Future[list[bytes] | BadRow]]] = deque()
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="describe")
        try:
            for photo, verifiers in wanted.values():
                names = [key(verifier) for verifier in verifiers]
                under_way.append((photo, names, pool.submit(self._describe, photo, verifiers)))
                if len(under_way) >= WINDOW * self._workers:
                    yield _finished(under_way)
            while under_way:
                yield _finished(under_way)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _describe(self, photo: Photo, verifiers: Sequence[Describing]) -> list[bytes] | BadRow:
        try:
            picture = self._reader.open(place_of(photo)).image
        except PictureError as error:
            return BadRow(
                where=photo.source, reason=f"cannot be looked at closer: {error}", product_id=photo.product_id
            )
        return [verifier.describe(picture) for verifier in verifiers]

    def _keep(self, ready: dict[str, dict[str, bytes]]) -> None:
        for name, descriptions in ready.items():
            if descriptions:
                self._records.describe(name, descriptions)
                descriptions.clear()


def _finished(
    under_way: deque[tuple[Photo, list[str], Future[list[bytes] | BadRow]]],
) -> tuple[Photo, list[str], list[bytes] | BadRow]:
    photo, names, future = under_way.popleft()
    return photo, names, future.result()


def place_of(photo: Photo) -> PhotoPlace:
    """Where a catalogue photo is read again."""
    return UrlPhoto(photo.source) if photo.source.startswith(("http://", "https://")) else FilePhoto(Path(photo.source))
