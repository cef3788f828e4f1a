"""Plane to plane: the perspective maps that boxes and cameras need."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image


def coefficients(
    target: Sequence[tuple[float, float]], source: Sequence[tuple[float, float]]
) -> tuple[float, float, float, float, float, float, float, float]:
    """Pillow's eight, which map four points of the target to four of the source.

    u = (a x + b y + c) / (g x + h y + 1), v = (d x + e y + f) / (g x + h y + 1).
    """
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    a, b, c, d, e, f, g, h = np.linalg.solve(np.array(rows, dtype=float), np.array(values, dtype=float)).tolist()
    return a, b, c, d, e, f, g, h


def perspective(art: Image.Image, corners: Sequence[tuple[float, float]], size: tuple[int, int]) -> Image.Image:
    """The art laid on four corners (top left, clockwise) of a sheet of `size`; outside them is undefined."""
    # A hair within the art's edge: outside it there is only black to interpolate with.
    low, width, height = 1.5, art.width - 1.5, art.height - 1.5
    source = [(low, low), (width, low), (width, height), (low, height)]
    return art.transform(size, Image.Transform.PERSPECTIVE, coefficients(corners, source), Image.Resampling.BILINEAR)
