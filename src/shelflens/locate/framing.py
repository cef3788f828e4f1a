"""The part of a picture that a model is given, so that its view is the main body and not less."""

from __future__ import annotations

from shelflens.locate.base import WHOLE
from shelflens.types import Box, Preprocessing


def framed(box: Box, size: tuple[int, int], preprocessing: Preprocessing) -> Box:
    """The smallest square around the box of which the model's view shows all of the box, moved into the picture.

    Sides that are longer than the picture's are the picture's. `size` is (width, height), pixels.
    """
    if box == WHOLE:
        return box
    width, height = size
    side = max((box.right - box.left) * width, (box.bottom - box.top) * height) / preprocessing.shown_share
    left, right = _around(box.left * width, box.right * width, side, width)
    top, bottom = _around(box.top * height, box.bottom * height, side, height)
    return Box(left / width, top / height, right / width, bottom / height)


def _around(start: float, end: float, side: float, limit: float) -> tuple[float, float]:
    if side >= limit:
        return 0.0, limit
    first = min(max((start + end - side) / 2, 0.0), limit - side)
    return first, min(first + side, limit)
