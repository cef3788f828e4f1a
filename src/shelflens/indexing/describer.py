"""Descriptions of the catalogue's photos, made once, so that a search only has to describe its query.

What is missing is found in the records, so a stopped run goes on where it stopped and a new photo is all that the next
run looks at.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from shelflens.errors import PictureError
from shelflens.feed.base import BadRow
from shelflens.indexing.crew import Crew, Progress
from shelflens.indexing.reading import place_of
from shelflens.records.base import Records
from shelflens.types import Photo
from shelflens.verify.base import Describing, key

COMMIT_PHOTOS = 64
WINDOW = 8  # photos under way per worker; each may be a large picture

_Task: TypeAlias = tuple[Photo, list[Describing]]  # a photo, and the verifiers that have no description of it


@dataclass(frozen=True, slots=True)
class Described:
    """What a run did."""

    photos: int  # described by every verifier, now
    bad: int
    seconds: float
    interrupted: bool


class Describer:
    """Makes what verifiers need of every photo that lacks it. One run per object."""

    def __init__(self, records: Records, verifiers: Sequence[Describing], crew: Crew) -> None:
        """`verifiers` are called from the crew's threads, all at once."""
        self._records = records
        self._verifiers = verifiers
        self._crew = crew

    def run(self) -> Described:
        """Returns when all is kept or, on KeyboardInterrupt, when what was ready is kept."""
        started, bad, done, interrupted = time.monotonic(), 0, 0, False
        wanted = self._wanted()
        ready: dict[str, dict[str, bytes]] = {key(verifier): {} for verifier in self._verifiers}
        try:
            for task, result in self._crew.overlapped(wanted, self._describe, window=WINDOW, name="describe"):
                photo, verifiers = task
                done += 1
                if isinstance(result, BadRow):
                    bad += 1
                    self._crew.on_bad(result)
                else:
                    for verifier, description in zip(verifiers, result, strict=True):
                        ready[key(verifier)][photo.photo_id] = description
                if done % COMMIT_PHOTOS == 0:
                    self._keep(ready)
                    self._crew.on_progress(Progress(done - bad, bad, len(wanted), time.monotonic() - started))
        except KeyboardInterrupt:
            interrupted = True
        self._keep(ready)
        self._crew.on_progress(Progress(done - bad, bad, len(wanted), time.monotonic() - started))
        return Described(done - bad, bad, time.monotonic() - started, interrupted)

    def _wanted(self) -> list[_Task]:
        """Every photo that lacks a description."""
        wanted: dict[str, _Task] = {}
        for verifier in self._verifiers:
            for photo in self._records.undescribed(key(verifier)):
                wanted.setdefault(photo.photo_id, (photo, []))[1].append(verifier)
        return list(wanted.values())

    def _describe(self, task: _Task) -> list[bytes] | BadRow:
        photo, verifiers = task
        try:
            picture = self._crew.reader.open(place_of(photo)).image
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
