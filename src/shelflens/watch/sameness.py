"""Is it this product, or its sibling? The product's picture is laid over the region, as the agreeing points say, and
the two are compared place by place.

Products of a brand share letters and layout, so many points agree. What tells them apart is a fruit, a word, a coloured
band: a few places. So it is not the mean that counts. Half of the places must have the same print, and seven in ten
the same colours; hands and glare hide less than the rest. One light falls on all of them, so what most places are off
by is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.types import Box
from shelflens.verify.base import Line
from shelflens.verify.oklab import oklab

Front: TypeAlias = NDArray[np.uint8]  # (h, w, 3) sRGB: the product without its ground, the long side TALL

TALL: Final = 128  # pixels
CELL: Final = 16  # pixels of a place's side
ROAM: Final = 3  # pixels that a place may be off by: packages are not flat
STRUCTURED: Final = 8.0  # grey levels of spread, below which a place has no print to compare
FEW: Final = 8  # places that must be in sight
BLUR: Final = 1.2  # pixels: a frame is never as sharp as a catalogue's picture

# Logistic regression of "the same product" on pairs of siblings, drawn and real, three in five of them held in a hand
# (docs/watch.md says which).
PRINT: Final = 18.3  # of the median correlation
TINT: Final = -5.22  # of the logarithm of how far the colours are off, OKLab
TINT_NOISE: Final = 0.003
OFF: Final = 70  # percentile of the places: a hand hides a fifth
ALWAYS: Final = -38.6


def front(picture: Image.Image, body: Box) -> Front:
    """Of a catalogue picture, the part that is the product."""
    width, height = picture.size
    left, top, right, bottom = body.left * width, body.top * height, body.right * width, body.bottom * height
    scale = TALL / max(right - left, bottom - top, 1e-6)
    size = (max(2 * CELL, round(scale * (right - left))), max(2 * CELL, round(scale * (bottom - top))))
    return np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BOX, box=(left, top, right, bottom)))


def sameness(region: Image.Image, product: Front, body: Box, lines: Sequence[Line]) -> float:
    """0..1: how probably the region shows the product and no sibling; `lines` lead from the region to the picture that
    `body` is a box of. 0 where there are too few to lay one over the other."""
    if len(lines) < 4:
        return 0.0
    height, width = product.shape[:2]
    extent = (width / (body.right - body.left), height / (body.bottom - body.top))
    there = (np.array([line.photo for line in lines]) - (body.left, body.top)) * extent
    here = np.array([line.query for line in lines]) * region.size
    solved, _, rank, _ = np.linalg.lstsq(np.column_stack([there, np.ones(len(there))]), here, rcond=None)
    if rank < 3:
        return 0.0
    prints, tints = _compared(region, product, solved.T)
    if len(prints) < FEW:
        return 0.0
    apart = tints - np.median(tints, axis=0)
    off = float(np.percentile(np.hypot(apart[:, 0], apart[:, 1]), OFF))
    odds = PRINT * float(np.median(prints)) + TINT * math.log(off + TINT_NOISE) + ALWAYS
    return 1 / (1 + math.exp(-odds))


def _compared(
    region: Image.Image, product: Front, motion: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of the places that the region shows: the correlations of their prints, (P,), and the differences of their tints,
    (Q, 2). `motion` is (2, 3), from the product's pixels to the region's."""
    import cv2

    height, width = product.shape[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(np.asarray(region), motion, (width, height), flags=flags)
    shown = cv2.warpAffine(np.ones((region.height, region.width), np.uint8), motion, (width, height), flags=flags)
    its, seen = (oklab(np.asarray(cv2.GaussianBlur(one, (0, 0), BLUR), np.uint8)) for one in (product, laid))
    prints, tints = [], []
    for top in range(0, height - CELL + 1, CELL // 2):
        for left in range(0, width - CELL + 1, CELL // 2):
            if not shown[top : top + CELL, left : left + CELL].all():
                continue
            place = (top, left)
            wanted = np.ascontiguousarray(its[top : top + CELL, left : left + CELL, 0])
            if float(wanted.std()) * 255 >= STRUCTURED:
                correlation, place = _found(cv2, wanted, seen[..., 0], place)
                prints.append(correlation)
            tints.append(_tint(seen, place) - _tint(its, (top, left)))
    return np.array(prints), np.array(tints).reshape(-1, 2)


def _found(
    cv2: Any, wanted: NDArray[np.float32], grey: NDArray[np.float32], place: tuple[int, int]
) -> tuple[float, tuple[int, int]]:
    """How well the print is found near its place, and where."""
    top, left = max(0, place[0] - ROAM), max(0, place[1] - ROAM)
    around = np.ascontiguousarray(grey[top : place[0] + CELL + ROAM, left : place[1] + CELL + ROAM])
    _, best, _, (across, down) = cv2.minMaxLoc(cv2.matchTemplate(around, wanted, cv2.TM_CCOEFF_NORMED))
    return float(best), (top + down, left + across)


def _tint(picture: NDArray[np.float32], place: tuple[int, int]) -> NDArray[np.float64]:
    top, left = place
    mean: NDArray[np.float64] = picture[top : top + CELL, left : left + CELL, 1:].mean(axis=(0, 1), dtype=np.float64)
    return mean
