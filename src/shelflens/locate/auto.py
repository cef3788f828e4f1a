"""The rule that the measurements support: a small product on a plain background is cut out; all else stays whole.

Cutting out a product that fills most of its picture gains nothing and may cost (docs/locating.md).
"""

from __future__ import annotations

from typing import Final

from PIL import Image

from shelflens.locate.base import NOTHING, Located, Look, refuse_reference
from shelflens.locate.plain import PlainLocator

SMALL: Final = 0.6  # of the picture's long side, that the body's is below


class AutoLocator:
    """A Locator. Whole for confidence 0, as ever."""

    name = "auto"

    def __init__(self) -> None:
        self._plain = PlainLocator()
        self.identity = f"auto 1, {self._plain.identity}"

    def locate(self, picture: Image.Image) -> Located:
        found = self._plain.locate(picture)
        box, (width, height) = found.box, picture.size
        side = max((box.right - box.left) * width, (box.bottom - box.top) * height)
        return found if side < SMALL * max(picture.size) else NOTHING


def from_name(reference: str, _look: Look | None) -> AutoLocator:
    refuse_reference("auto", reference)
    return AutoLocator()
