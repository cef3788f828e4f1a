"""Unit vectors as sign bits: vectors at a small angle differ in few of them.

The bits are the signs of random projections (Charikar 2002, doi:10.1145/509907.509965) of the centred vector within
its principal components, scaled to nearly equal spread. Centring is what makes it work: features of a rectified
network are all positive and would share their signs. On 100,000 modelled vectors (`bench/vectors_model.py`)
256 components beat 384 and 512 and learned rotations (ITQ): the last components carry mostly noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from shelflens.types import Vectors

BITS = 512
COMPONENTS = 256
WHITENING = 0.25  # variance ** -(this / 2) scales a component: 0 keeps its spread, 1 makes all spreads equal
SAMPLE = 20_000  # vectors that the components are learned from
PORTION = 8_192  # vectors projected at once
SEED = 20_020


@dataclass(frozen=True, slots=True, eq=False)
class SignCodec:
    projection: NDArray[np.float32]  # (dim, BITS), column by column in memory
    thresholds: NDArray[np.float32]  # (BITS,), the projected mean

    def __post_init__(self) -> None:
        object.__setattr__(self, "projection", np.asfortranarray(self.projection))

    def encode(self, vectors: Vectors) -> NDArray[np.uint8]:
        """(N, BITS / 8)"""
        # For a lone query the threads of BLAS would meet longer than they work, far longer on a busy machine.
        alone = len(vectors) == 1
        projected = np.vecdot(self.projection.T, vectors)[None] if alone else vectors @ self.projection
        return np.packbits(projected > self.thresholds, axis=1)


def learn(vectors: Vectors) -> SignCodec:
    """From (N, dim) unit rows, N at least 1; deterministic. Takes about 2 s of one core for 20,000 x 1,280."""
    count, dimension = vectors.shape
    mean = vectors.mean(axis=0)
    centred = vectors - mean
    variances, components = np.linalg.eigh((centred.T @ centred / count).astype(np.float64))  # ascending
    kept = min(COMPONENTS, dimension)
    variances = np.maximum(variances[-kept:], 1e-12 * max(variances[-1], 1e-12))
    scaled = components[:, -kept:] * variances ** (-WHITENING / 2)
    projection = (scaled @ _frame(kept)).astype(np.float32)
    return SignCodec(projection, mean @ projection)


@cache
def _frame(size: int) -> NDArray[np.float64]:
    """(size, BITS): the first `size` rows of a random rotation, so that no two bits tell the same."""
    rotation, _ = np.linalg.qr(np.random.default_rng(SEED).standard_normal((BITS, BITS)))
    return rotation[:size]
