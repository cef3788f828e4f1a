"""Which rows are nearest: exact scores, and an order that does not depend on where a row happens to lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shelflens.errors import SpaceError
from shelflens.packing import Packed
from shelflens.types import Keys, Neighbours, Vectors

ROUNDING = 1e-5  # how far apart float32 sums of the same unit vectors may lie, for any order of summation


def checked(vectors: Vectors, dimension: int) -> Vectors:
    """(N, dimension), contiguous float32. Raises SpaceError for another dimension."""
    if vectors.ndim != 2 or vectors.shape[1] != dimension:
        raise SpaceError(
            f"vectors of shape {vectors.shape} do not fit an index of dimension {dimension}: (N, {dimension})"
        )
    return np.ascontiguousarray(vectors, np.float32)


def products(queries: Vectors, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """(Q, n) of (Q, dim) and (n, dim). One query is no work for the threads of BLAS: they would meet longer than they
    multiply, and on a busy machine take far longer (twice a whole search from a gallery of 1,000: bench/load.py)."""
    if len(queries) == 1:
        return np.asarray(np.vecdot(rows, queries))[None]
    return np.asarray(queries @ rows.T)


def best(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Positions of every score that may be among the k highest, given ROUNDING; ascending."""
    if k == 0 or len(scores) <= k:
        return np.arange(min(k, len(scores)))
    threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
    return np.flatnonzero(scores >= threshold - ROUNDING)


def ordered(
    keys: Keys, rows: NDArray[np.floating] | Packed, query: NDArray[np.float32], k: int
) -> tuple[Keys, NDArray[np.float32]]:
    """The k nearest of a few (n, dim) candidates as (keys, cosines), best first, equal cosines by ascending key.

    Sums in float64: a float32 matrix product gives equal rows different last bits depending on their place in
    the matrix, so that ties would be broken by chance. Rows need not have unit length.
    """
    wide = rows.astype(np.float64)
    scores = (np.vecdot(wide, query.astype(np.float64)) / np.sqrt(np.vecdot(wide, wide))).astype(np.float32)
    order = np.lexsort((keys, -scores))[:k]
    return keys[order], scores[order]


def padded(rows: list[tuple[Keys, NDArray[np.float32]]], k: int) -> Neighbours:
    """One (keys, scores) pair per query, filled up with key -1 and score -inf."""
    keys = np.full((len(rows), k), -1, np.int64)
    scores = np.full((len(rows), k), -np.inf, np.float32)
    for index, (its_keys, its_scores) in enumerate(rows):
        keys[index, : len(its_keys)] = its_keys
        scores[index, : len(its_scores)] = its_scores
    return Neighbours(keys, scores)
