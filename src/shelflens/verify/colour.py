"""Colours: how much of the one picture's colours the other has too, with the middle counting most.

Histograms in OKLab, compared by their intersection (Swain and Ballard, "Color indexing", IJCV 1991). Each pixel is
shared among the neighbouring bins, so that a small change of light is a small change of the value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.errors import CatalogueError
from shelflens.types import Product
from shelflens.verify.base import Finding
from shelflens.verify.oklab import oklab

BINS = (5, 9, 9)  # lightness, green to red, blue to yellow
_LOWEST = np.array([0.0, -0.25, -0.25], np.float32)
_HIGHEST = np.array([1.0, 0.25, 0.25], np.float32)
_SIDE = 48  # pixels a side of the small picture
_WIDTH = 0.3  # standard deviation of the middle's weight, in sides
_FORMAT = b"oklab1"
_SCALE = 65_535


class ColourVerifier:
    """A Verifier. `value` is the shared part of the colours: 1 for the same ones, 0 for none in common."""

    name = "colour"
    version = "oklab 1"

    def describe(self, picture: Image.Image) -> bytes:
        """816 bytes: 405 shares of 16 bits."""
        small = picture.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=3.0)
        shares = histogram(oklab(np.asarray(small)).reshape(-1, 3), _middle().ravel())
        return _FORMAT + np.rint(shares * _SCALE).astype("<u2").tobytes()

    def compare(self, query: bytes, photo: bytes, _product: Product, /) -> Finding | None:
        if not query or not photo:
            return None
        shared = float(np.minimum(_unpack(query), _unpack(photo)).sum())
        return Finding(shared, f"{round(100 * shared)} % of the colours in common")


def histogram(colours: NDArray[np.float32], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(P, 3) OKLab and (P,) weights -> (405,) shares that sum to 1. What lies outside counts at the edge."""
    places = np.clip((colours - _LOWEST) / (_HIGHEST - _LOWEST), 0, 1) * (np.array(BINS) - 1)
    lower = np.minimum(places.astype(np.intp), np.array(BINS) - 2)
    above = places - lower
    total = np.zeros(BINS)
    for corner in np.ndindex(2, 2, 2):
        share = np.where(corner, above, 1 - above).prod(axis=1) * weights
        np.add.at(total, tuple((lower + corner).T), share)
    shares: NDArray[np.float64] = total.ravel() / total.sum()
    return shares


def _middle() -> NDArray[np.float64]:
    """(_SIDE, _SIDE): a bell over the picture."""
    offsets = (np.arange(_SIDE) + 0.5) / _SIDE - 0.5
    bell = np.exp(-((offsets / _WIDTH) ** 2) / 2)
    return np.outer(bell, bell)


def _unpack(description: bytes) -> NDArray[np.float64]:
    """(405,), summing to 1."""
    size = len(_FORMAT) + 2 * int(np.prod(BINS))
    if len(description) != size or not description.startswith(_FORMAT):
        raise CatalogueError(f"a description of colours has {size} bytes and begins with {_FORMAT!r}; describe again")
    counts = np.frombuffer(description, "<u2", offset=len(_FORMAT)).astype(np.float64)
    shares: NDArray[np.float64] = counts / counts.sum()
    return shares
