"""Several embedders, or several views of one picture, as one vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shelflens.types import Vectors


def join(spaces: Sequence[Vectors], weights: Sequence[float] | None = None) -> Vectors:
    """[(N, dim_i)] unit rows of several embedders -> (N, sum of dim_i), unit rows.

    Its cosine is the mean of the embedders' cosines, weighted by `weights` (1 each where None; above 0).
    """
    shares = np.asarray([1.0] * len(spaces) if weights is None else weights, np.float64)
    if len(shares) != len(spaces) or len(spaces) == 0 or (shares <= 0).any():
        raise ValueError(f"joining needs a weight above 0 for each of at least one space, not {shares.tolist()}")
    shares = np.sqrt(shares / shares.sum())
    return np.hstack([space * np.float32(share) for space, share in zip(spaces, shares, strict=True)])


def average(views: Sequence[Vectors]) -> Vectors:
    """[(N, dim)] of several views of the same N pictures -> (N, dim), unit rows; a row of opposites stays zero."""
    total: Vectors = np.sum(views, axis=0, dtype=np.float32)
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    total /= np.where(lengths > 0, lengths, 1)
    return total
