"""Drawn pictures whose every corner is known."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TypeAlias

import numpy as np
import pytest
from PIL import Image

Save: TypeAlias = Callable[..., bytes]

#: Quadrants of the scene: top left, top right, bottom left, bottom right.
CORNERS = ((220, 40, 40), (40, 200, 60), (50, 70, 210), (230, 210, 50))


@pytest.fixture
def scene() -> Image.Image:
    """96 x 64, RGB: four flat quadrants in `CORNERS`."""
    array = np.empty((64, 96, 3), np.uint8)
    for index, colour in enumerate(CORNERS):
        top, left = 32 * (index // 2), 48 * (index % 2)
        array[top : top + 32, left : left + 48] = colour
    return Image.fromarray(array)


@pytest.fixture
def save() -> Save:
    """save(image, format, **options) -> the file's bytes."""

    def saved(image: Image.Image, kind: str, **options: object) -> bytes:
        out = BytesIO()
        if kind == "HEIF":
            import pillow_heif

            pillow_heif.from_pillow(image).save(out, quality=95, **options)
        else:
            image.save(out, kind, **options)
        return out.getvalue()

    return saved


@pytest.fixture
def corners() -> Callable[[Image.Image], tuple[tuple[int, int, int], ...]]:
    """The colours in the middle of the four quadrants, in the order of `CORNERS`."""

    def read(image: Image.Image) -> tuple[tuple[int, int, int], ...]:
        array = np.asarray(image)
        height, width = array.shape[:2]
        places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
        return tuple(tuple(int(value) for value in array[place]) for place in places)  # type: ignore[misc]  # three each

    return read
