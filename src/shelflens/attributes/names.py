"""Colours to words: how well each word fits a colour, from the colours that people call so, in OKLab."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.attributes.survey import CALLED, CHINESE
from shelflens.verify.oklab import oklab

NAMES: Final = tuple(CALLED)
LEVELS: Final = 32  # of each channel, that are told apart
SHARPNESS: Final = 0.03  # OKLab: a word whose nearest colour is this much further away fits 1/e as well

Fits: TypeAlias = NDArray[np.float32]  # (..., len(NAMES)), 0..1, sum to 1

_HUE: Final = np.sqrt(np.array([1, 2, 2], np.float32))  # words follow the hue more than the lightness


def name_of(rgb: tuple[int, int, int]) -> str:
    """The English word that fits an sRGB colour, 0..255, best."""
    return NAMES[int(fits(np.array(rgb, np.uint8)).argmax())]


def chinese(name: str) -> str:
    """The same word in Chinese."""
    return CHINESE[name]


def fits(rgb: NDArray[np.uint8]) -> Fits:
    """(..., 3) sRGB bytes -> (..., words): a colour between two words belongs to both, as people disagree there."""
    cell = rgb.astype(np.intp) // (256 // LEVELS)
    found: Fits = _table()[cell[..., 0], cell[..., 1], cell[..., 2]]
    return found


@lru_cache(maxsize=1)
def _table() -> Fits:
    """(LEVELS, LEVELS, LEVELS, words): the fits of each cell's middle. Half a second, once."""
    step = 256 // LEVELS
    middles = (np.arange(LEVELS) * step + step // 2).astype(np.uint8)
    grid = np.stack(np.meshgrid(middles, middles, middles, indexing="ij"), axis=-1).reshape(-1, 3)
    cells = oklab(grid) * _HUE
    distances = np.stack([_nearest(cells, CALLED[name].split()) for name in NAMES], axis=1)
    powers = np.exp((distances.min(axis=1, keepdims=True) - distances) / SHARPNESS)
    found: Fits = powers / powers.sum(axis=1, keepdims=True)
    return found.reshape(LEVELS, LEVELS, LEVELS, len(NAMES))


def _nearest(cells: NDArray[np.float32], called: list[str]) -> NDArray[np.float32]:
    """(N, 3) -> (N,): how far the nearest of the colours is."""
    known = oklab(np.array([list(bytes.fromhex(one)) for one in called], np.uint8)) * _HUE
    squares = np.square(cells).sum(axis=1)[:, None] + np.square(known).sum(axis=1) - 2 * cells @ known.T
    found: NDArray[np.float32] = np.sqrt(np.maximum(squares.min(axis=1), 0))
    return found
