"""A part of a picture."""

from __future__ import annotations

from PIL import Image

from shelflens.types import Box


def cut(picture: Image.Image, box: Box) -> Image.Image:
    """The box's pixels; at least one."""
    return picture.crop(edges(box, picture.size))


def edges(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in pixels of a picture of `size` (width, height)."""
    width, height = size
    left, top = min(int(box.left * width), width - 1), min(int(box.top * height), height - 1)
    return left, top, max(round(box.right * width), left + 1), max(round(box.bottom * height), top + 1)
