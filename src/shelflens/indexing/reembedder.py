"""Photos that the catalogue holds, embedded by another model beside the one that searches use.

What is missing is found in the records, so a stopped run goes on where it stopped. A photo is read again from its
source and must still have the bytes that its photo_id names: the two spaces are of the same pictures or of none.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from shelflens.embed.base import Embedder
from shelflens.errors import PictureError
from shelflens.feed.base import BadRow
from shelflens.indexing.crew import Crew, Progress
from shelflens.indexing.reading import place_of
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


class Reembedder:
    """Gives every photo that lacks one a vector in the embedder's space. One run per object."""

    def __init__(self, records: Records, embedder: Embedder, crew: Crew) -> None:
        """`embedder` is called from the crew's threads, all at once."""
        self._records = records
        self._embedder = embedder
        self._crew = crew
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
            self._crew.on_progress(Progress(done, bad, max(total, done + bad), time.monotonic() - started))

        try:
            lacking = self._records.unembedded(self._space)
            for photo, result in self._crew.overlapped(lacking, self._embed, window=WINDOW, name="embed"):
                if isinstance(result, BadRow):
                    bad += 1
                    self._crew.on_bad(result)
                else:
                    done += 1
                    ready[photo.photo_id] = result
                if len(ready) >= COMMIT_PHOTOS:
                    keep()
        except KeyboardInterrupt:
            interrupted = True
        keep()
        return Reembedded(done, bad, time.monotonic() - started, interrupted)

    def _embed(self, photo: Photo) -> Vectors | BadRow:
        """(dim,)."""
        try:
            data = self._crew.reader.read(place_of(photo))
            if digest(data) != photo.photo_id:
                return BadRow(
                    where=photo.source,
                    reason="has changed since it was indexed; index it again, then go on",
                    product_id=photo.product_id,
                )
            picture = open_bytes(data, name=photo.source, side=self._side, limits=self._crew.reader.limits)
        except PictureError as error:
            reason = f"cannot be read again to be embedded anew: {error}"
            return BadRow(where=photo.source, reason=reason, product_id=photo.product_id)
        vector: Vectors = self._embedder.embed([picture.image])[0]
        return vector
