"""Whitening in part: the gallery's strongest directions, which all its photos share, count less.

Jégou and Chum, "Negative evidences and co-occurrences in image retrieval: the benefit of PCA and whitening", ECCV 2012.
Full whitening harms frozen features; a quarter of it helps (docs/evidence-ranking.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelflens.types import Vectors

COMPONENTS = 256
EXPONENT = 0.25  # 0: only centred and turned; 1: every direction has the same spread
ENOUGH = 1_000  # photos; with fewer (81 catalogue pictures) the spreads are noise, and whitening costs Recall@1


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    mean: NDArray[np.float32]  # (dim,)
    projection: NDArray[np.float32]  # (dim, components)

    def __call__(self, vectors: Vectors) -> Vectors:
        """(N, dim) -> (N, components), unit rows; a row at the very mean stays zero."""
        turned: Vectors = np.asarray((vectors - self.mean) @ self.projection, np.float32)
        lengths = np.sqrt(np.einsum("nd,nd->n", turned, turned))
        turned /= np.where(lengths > 0, lengths, 1)[:, None]
        return turned


def learn(gallery: Vectors, *, components: int = COMPONENTS, exponent: float = EXPONENT) -> Whitening:
    """From the gallery's own photos, (N, dim), N at least 2; at most N - 1 components. No label is used."""
    count, dimension = gallery.shape
    if count < 2:
        raise ValueError(f"whitening is learned from at least 2 vectors, not {count}")
    mean = gallery.mean(axis=0)
    centred = (gallery - mean).astype(np.float64)
    kept = min(components, count - 1, dimension)
    if count < dimension:  # the small side's eigenvectors give the large side's: v = Xᵀu / |Xᵀu|
        variances, small = np.linalg.eigh(centred @ centred.T / count)
        axes = centred.T @ small[:, -kept:]
        axes /= np.maximum(np.linalg.norm(axes, axis=0), 1e-12)
    else:
        variances, axes = np.linalg.eigh(centred.T @ centred / count)
        axes = axes[:, -kept:]
    floor = 1e-9 * max(variances[-1], 1e-12)
    scaled = axes * np.maximum(variances[-kept:], floor) ** (-exponent / 2)
    return Whitening(mean.astype(np.float32), scaled.astype(np.float32))
