"""One photo of the thing that is searched for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class View:
    """The embedder sees a photo as it saw the gallery's; a verifier sees all there is."""

    scaled: Image  # upright sRGB, decoded at the scale that the gallery's photos were decoded at
    full: Callable[[], Image]  # the same at its full resolution; called only when something looks closer

    @classmethod
    def of(cls, image: Image) -> View:
        """Of a picture that exists at one scale only."""
        return cls(image, lambda: image)
