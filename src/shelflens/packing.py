"""Unit vectors in 16 bits a component, as the records and the vector indexes keep them on the disk.

Whole numbers from -32767 to 32767, scaled so that the largest component of a vector is 32767 in size; the scale itself
is not kept, since the length is known to be 1. Beside half floats, which take the same room, a cosine of
real features is 6 times more exact (1e-6, at most 1e-5), and numpy converts them ten times as fast.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.types import Vectors

Packed: TypeAlias = NDArray[np.int16]  # (N, dim), little-endian

DTYPE = np.dtype("<i2")
LARGEST = 32_767


def pack(vectors: Vectors) -> Packed:
    """Lossy the first time (a cosine moves by about 1e-6), never again: pack(unpack(packed)) equals packed."""
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=np.finfo(np.float32).tiny)
    packed: Packed = np.rint(vectors * (LARGEST / largest)).astype(DTYPE)
    return packed


def unpack(packed: Packed) -> Vectors:
    """(N, dim) float32, unit rows."""
    vectors = packed.astype(np.float32)
    vectors /= np.sqrt(np.einsum("nd,nd->n", vectors, vectors))[:, None]
    return vectors
