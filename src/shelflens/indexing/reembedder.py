"""Photos that the catalogue holds, embedded by another model beside the one that searches use.

What is missing is found in the records, so a stopped run goes on where it stopped. A photo is read again from its
source and must still have the bytes that its photo_id names: the two spaces are of the same pictures or of none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from shelflens.errors import PictureError
from shelflens.feed.base import BadRow, PhotoPlace
from shelflens.indexing.crew import Crew, Progress
from shelflens.indexing.kit import Kit, Tools
from shelflens.indexing.reading import place_of
from shelflens.indexing.work import NeededFile
from shelflens.picture import decode_side, digest, open_bytes
from shelflens.records.base import Records
from shelflens.types import Photo, Vectors

COMMIT_PHOTOS = 128
WINDOW = 16  # photos under way per worker


@dataclass(frozen=True, slots=True)
class Reembedded:
    """What a run did."""

    photos: int  # embedded, now
    bad: int  # that have no vector in the space, for reasons that were reported
    seconds: float
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Again:
    """A photo of the catalogue: an Errand."""

    photo: Photo

    @property
    def place(self) -> PhotoPlace:
        return place_of(self.photo)


@dataclass(frozen=True, slots=True)
class Reembedding:
    """The Job of such a run: (dim,) vectors."""

    tools: Tools

    @property
    def files(self) -> tuple[NeededFile, ...]:
        return self.tools.files

    def moved(self, places: Mapping[Path, Path]) -> Self:
        return replace(self, tools=self.tools.moved(places))

    def begin(self) -> ReembeddingTask:
        return ReembeddingTask(self, self.tools.unpack())

    def refused(self, errand: Again, reason: str) -> Vectors | BadRow:
        photo = errand.photo
        reason = f"cannot be read again to be embedded anew: {reason}"
        return BadRow(where=photo.source, reason=reason, product_id=photo.product_id)


class ReembeddingTask:
    def __init__(self, job: Reembedding, kit: Kit) -> None:
        self._job = job
        self._kit = kit
        self._side = decode_side(kit.embedder.manifest.preprocessing)

    def read(self, place: PhotoPlace) -> bytes:
        return self._kit.reader.read(place)

    def work(self, errand: Again, read: Callable[[], bytes]) -> Vectors | BadRow:
        photo = errand.photo
        try:
            data = read()
            if digest(data) != photo.photo_id:
                return BadRow(
                    where=photo.source,
                    reason="has changed since it was indexed; index it again, then go on",
                    product_id=photo.product_id,
                )
            picture = open_bytes(data, name=photo.source, side=self._side, limits=self._kit.reader.limits)
        except PictureError as error:
            return self._job.refused(errand, str(error))
        vector: Vectors = self._kit.embedder.embed([picture.image])[0]
        return vector

    def close(self) -> None:
        self._job.tools.put_away(self._kit)


class Reembedder:
    """Gives every photo that lacks one a vector in a space. One run per object."""

    def __init__(self, records: Records, crew: Crew, job: Reembedding, *, space: str) -> None:
        """`job` embeds into `space`, which is there."""
        self._records = records
        self._crew = crew
        self._job = job
        self._space = space

    def run(self) -> Reembedded:
        """Returns when all is kept or, on KeyboardInterrupt, when what was ready is kept."""
        started, done, bad, interrupted = time.monotonic(), 0, 0, False
        total = self._records.count_unembedded(self._space)
        ready: dict[str, Vectors] = {}

        def keep() -> None:
            if ready:
                self._records.add_vectors(ready, space=self._space)
                ready.clear()
            self._crew.on_progress(Progress(done, bad, max(total, done + bad), time.monotonic() - started))

        try:
            lacking = ((photo, Again(photo)) for photo in self._records.unembedded(self._space))
            with (
                self._crew.hired(self._job, window=WINDOW, name="embed") as team,
                closing(team.results(lacking)) as results,
            ):
                for photo, result in results:
                    if isinstance(result, BadRow):
                        bad += 1
                        self._crew.on_bad(result)
                    elif result is not None:
                        done += 1
                        ready[photo.photo_id] = result
                    if len(ready) >= COMMIT_PHOTOS:
                        keep()
        except KeyboardInterrupt:
            interrupted = True
        keep()
        return Reembedded(done, bad, time.monotonic() - started, interrupted)
