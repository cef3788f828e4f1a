"""Where in a frame to look: windows of several sizes, those first in which the embedder finds most."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.picture import cut, edges
from shelflens.types import Box

Energy: TypeAlias = NDArray[np.float32]  # (h, w) over the whole frame, mean 1: where the embedder finds something

HEIGHTS: Final = (0.92, 0.58, 0.36)  # of a window, in frame heights; a product may fill a third of it and be found
STEP: Final = 0.5  # of a window's side, from one to the next
CELLS: Final = (32, 18)


@lru_cache(maxsize=16)  # shapes of frames
def windows(width: int, height: int) -> tuple[Box, ...]:
    """Square windows that cover a frame of this shape at every size, the largest first."""
    found = []
    for share in HEIGHTS:
        side = share * min(width, height)
        across, down = (max(1, round((total - side) / (STEP * side)) + 1) for total in (width, height))
        for row in range(down):
            for column in range(across):
                left = (width - side) * (column / (across - 1) if across > 1 else 0.5)
                top = (height - side) * (row / (down - 1) if down > 1 else 0.5)
                found.append(
                    Box(
                        max(0.0, left / width),
                        max(0.0, top / height),
                        min(1.0, (left + side) / width),
                        min(1.0, (top + side) / height),
                    )
                )
    return tuple(found)


def energy(picture: Image.Image, look: Callable[[Image.Image], NDArray[np.float32] | None]) -> Energy | None:
    """The activations summed over channels, of the squares that cover the frame side by side (SCDA, Wei et al. 2017:
    see locate/activations.py). None where the embedder does not tell them."""
    total = np.zeros((CELLS[1], CELLS[0]), np.float32)
    weight = np.zeros_like(total)
    for square in _squares(*picture.size):
        cells = look(cut(picture, square))
        if cells is None:
            return None
        left, top, right, bottom = edges(square, CELLS)
        found = Image.fromarray(cells.sum(axis=0).astype(np.float32))
        total[top:bottom, left:right] += np.asarray(
            found.resize((right - left, bottom - top), Image.Resampling.BILINEAR)
        )
        weight[top:bottom, left:right] += 1
    total /= np.maximum(weight, 1)
    spread: Energy = total / max(float(total.mean()), 1e-6)
    return spread


def mean_in(cells: Energy, box: Box) -> float:
    left, top, right, bottom = edges(box, (cells.shape[1], cells.shape[0]))
    return float(cells[top:bottom, left:right].mean())


@lru_cache(maxsize=16)  # shapes of frames
def _squares(width: int, height: int) -> tuple[Box, ...]:
    side = min(width, height)
    count = -(-max(width, height) // side)
    starts = [(max(width, height) - side) * n / max(count - 1, 1) for n in range(count)]
    if width >= height:
        return tuple(Box(start / width, 0.0, min(1.0, (start + side) / width), 1.0) for start in starts)
    return tuple(Box(0.0, start / height, 1.0, min(1.0, (start + side) / height)) for start in starts)
