"""One photo of the thing that is searched for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from shelflens.embed.base import Embedder, Locating
from shelflens.picture import Limits, cut, open_array, open_bytes, open_image, read_file
from shelflens.types import Box

PhotoLike: TypeAlias = Path | str | bytes | Image | NDArray[np.generic]  # a str is a path


@dataclass(frozen=True, slots=True)
class View:
    """The embedder sees a photo as it saw the gallery's; a verifier sees all there is."""

    scaled: Image  # upright sRGB, decoded at the scale that the gallery's photos were decoded at
    full: Callable[[], Image]  # the same at its full resolution; called only when something looks closer
    boxed: bool = False  # the user said where the thing is; this is that part

    @classmethod
    def of(cls, image: Image, *, boxed: bool = False) -> View:
        """Of a picture that exists at one scale only."""
        return cls(image, lambda: image, boxed)

    def embedder(self, embedder: Embedder) -> Embedder:
        """The one for this view: where the user said where the thing is, nothing is located any more."""
        return embedder.inner if self.boxed and isinstance(embedder, Locating) else embedder


_DEFAULT = Limits()


def open_view(
    photo: PhotoLike, *, side: int, box: Box | None = None, name: str = "picture", limits: Limits = _DEFAULT
) -> View:
    """A query photo, cut to the box if there is one. The box is cut out of the picture at its full resolution."""
    if isinstance(photo, str | Path):
        photo, name = read_file(photo, limits), str(photo)
    if isinstance(photo, bytes):
        data = photo
        if box is None:
            scaled = open_bytes(data, name=name, side=side, limits=limits).image
            return View(scaled, lambda: open_bytes(data, name=name, limits=limits).image)
        image = open_bytes(data, name=name, limits=limits).image
    else:
        image = (open_image(photo) if isinstance(photo, Image) else open_array(photo)).image
    return View.of(image) if box is None else View.of(cut(image, box), boxed=True)
