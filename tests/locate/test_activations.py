"""SCDA on activations that are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.locate.activations import ActivationsLocator
from shelflens.locate.base import NOTHING
from shelflens.types import Box


def bright(rows: slice, columns: slice) -> NDArray[np.float32]:
    cells = np.full((4, 8, 8), 0.1, np.float32)
    cells[:, rows, columns] = 2.0
    return cells


def test_the_box_is_around_the_bright_cells() -> None:
    located = ActivationsLocator(lambda _: bright(slice(2, 6), slice(1, 5))).locate(Image.new("RGB", (80, 80)))
    assert located.box == Box(1 / 8, 2 / 8, 5 / 8, 6 / 8)
    assert 0.8 < located.confidence < 1


def test_the_largest_region_is_the_main_body() -> None:
    cells = np.maximum(bright(slice(0, 1), slice(0, 2)), bright(slice(3, 7), slice(3, 7)))
    located = ActivationsLocator(lambda _: cells).locate(Image.new("RGB", (80, 80)))
    assert located.box == Box(3 / 8, 3 / 8, 7 / 8, 7 / 8)


def test_cells_beside_an_oblong_picture_do_not_count() -> None:
    """80 x 40 on a square of 80: rows 2 to 5 of 8 are the picture's."""
    cells = np.maximum(bright(slice(0, 2), slice(0, 8)), bright(slice(3, 5), slice(2, 4)))
    located = ActivationsLocator(lambda _: cells).locate(Image.new("RGB", (80, 40)))
    assert located.box == Box(2 / 8, 1 / 4, 4 / 8, 3 / 4)


def test_even_or_absent_activations_find_nothing() -> None:
    picture = Image.new("RGB", (80, 80))
    assert ActivationsLocator(lambda _: np.ones((4, 8, 8), np.float32)).locate(picture) == NOTHING
    assert ActivationsLocator(lambda _: None).locate(picture) == NOTHING
