"""The pictures on a report: photos as small JPEGs, and photos with heat laid over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shelflens.assess.attention import activates, activation_map, occlusion_map
from shelflens.assess.looking import Model, Read
from shelflens.assess.photos import LabelledPhoto
from shelflens.assess.result import Assessment
from shelflens.errors import PictureError
from shelflens.explain.heat import overlaid
from shelflens.pages.model_report import Example
from shelflens.picture import fit, thumbnail

SIDE = 280  # pixels
SMALL = 72  # pixels, on the map


@dataclass(frozen=True, slots=True)
class Pictures:
    """Photos are known by their places; those that can no longer be read are empty."""

    found: Assessment
    model: Model
    read: Read

    def photo(self, place: int, *, side: int = SIDE) -> bytes:
        return self._jpeg(self.found.seen.photos[place], side)

    def small(self, place: int) -> bytes:
        return self.photo(place, side=SMALL)

    def like(self, place: int, label: str) -> Example:
        """The photo of a label that is nearest to a photo, other than itself, of the data and the gallery."""
        vector = self.found.seen.vectors[place]
        best: tuple[float, LabelledPhoto] | None = None
        for seen in (self.found.seen, self.found.gallery):
            if seen is None:
                continue
            own = np.array([photo.label == label for photo in seen.photos])
            if seen is self.found.seen:
                own[place] = False
            if own.any():
                cosines = np.where(own, seen.vectors @ vector, -np.inf)
                nearest = int(cosines.argmax())
                if best is None or cosines[nearest] > best[0]:
                    best = float(cosines[nearest]), seen.photos[nearest]
        return Example(label, self._jpeg(best[1], SIDE) if best else b"")

    def heat(self, place: int) -> bytes:
        """What spoke for the answer that was given."""
        try:
            picture = self.read(self.found.seen.photos[place].place, self.model.side).image
        except PictureError:
            return b""
        cells = activation_map(self.model.embedder, picture, self._centre(place))
        if cells is None and self.model.classifier:
            cells = occlusion_map(self.model.classifier, picture, int(self.found.predicted[place]))
        if cells is None:
            return b""
        return thumbnail(overlaid(fit(picture, self.model.embedder.manifest.preprocessing), cells), side=SIDE)

    def heat_is_activation(self) -> bool:
        for photo in self.found.seen.photos:
            try:
                return activates(self.model.embedder, self.read(photo.place, self.model.side).image)
            except PictureError:
                continue
        return False

    def _centre(self, place: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        """(dim,), the mean of the photos that got the same answer, this one left out where there are others."""
        same = self.found.predicted == self.found.predicted[place]
        same[place] = same.sum() == 1
        mean = self.found.seen.vectors[same].mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), dtype=np.float32)

    def _jpeg(self, photo: LabelledPhoto, side: int) -> bytes:
        try:
            return thumbnail(self.read(photo.place, 2 * side).image, side=side)
        except PictureError:
            return b""
