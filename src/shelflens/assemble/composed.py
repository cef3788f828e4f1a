"""What a catalogue is made of, for those parts of shelflens that need more of it than a shop does."""

from __future__ import annotations

from pathlib import Path

from shelflens.assemble.parts import Parts
from shelflens.calibrate.calibration import Calibration
from shelflens.embed.base import Embedder
from shelflens.feed.base import PhotoPlace
from shelflens.indexing import PhotoReader, Uploads
from shelflens.search import Gallery, Searcher, Verification, View
from shelflens.search.ranking import Ranking
from shelflens.verify.base import Describing, Verifier


class Composed:
    """Its parts, each made when it is first asked for."""

    def __init__(self, parts: Parts) -> None:
        self.path = parts.path
        self.records = parts.records
        self._parts = parts

    @property
    def space(self) -> str:
        """The space that searches use, or the one that this object was made for."""
        return self._parts.space.name

    @property
    def evidence(self) -> tuple[str, ...]:
        """The verifiers that searches use."""
        return self._parts.documents.evidence

    @property
    def calibration(self) -> Calibration | None:
        """The catalogue's own; until it has one, what shelflens ships for its model and evidence; None: nothing."""
        return self._parts.calibration

    @property
    def calibrated(self) -> bool:
        """Has it a calibration of its own?"""
        return self._parts.documents.calibrated

    @property
    def ranking(self) -> Ranking:
        """How products are ranked by their looks."""
        return self._parts.ranking

    @property
    def reader(self) -> PhotoReader:
        return self._parts.reader

    @property
    def uploads(self) -> Uploads:
        return self._parts.uploads

    @property
    def embedder(self) -> Embedder:
        """For lone pictures: queries, and photos that come one by one."""
        return self._parts.embedder

    @property
    def gallery(self) -> Gallery:
        return self._parts.gallery

    @property
    def searcher(self) -> Searcher:
        return self._parts.searcher

    @property
    def verification(self) -> Verification | None:
        """None where nothing says how sure an answer may be."""
        return self._parts.verification

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """What `evidence` names."""
        return self._parts.verifiers

    @property
    def describers(self) -> tuple[Describing, ...]:
        """What a photo is described by, beside its vector."""
        return self._parts.describers

    def view(self, place: PhotoPlace) -> View:
        """A query photo, from where a feed says it is. Raises PictureError."""
        return self._parts.view(place)

    @property
    def directory(self) -> Path:
        """Of this machine: the catalogue itself, or of a shared one what can be made anew from it."""
        return self._parts.store.directory
