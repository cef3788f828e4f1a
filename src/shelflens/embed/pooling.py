"""From what a network puts out to one vector per picture. Transformers give a row of tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from shelflens.manifest import Pooling
from shelflens.types import Vectors

Pool = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def none(output: NDArray[np.float32]) -> NDArray[np.float32]:
    """(B, dim) as it is: the graph has pooled already."""
    return output


def cls(output: NDArray[np.float32]) -> NDArray[np.float32]:
    """(B, tokens, dim) -> (B, dim): the first token, which the network trained to stand for the whole picture."""
    return output[:, 0]


def mean(output: NDArray[np.float32]) -> NDArray[np.float32]:
    """(B, tokens, dim) -> (B, dim): the mean over all tokens."""
    pooled: NDArray[np.float32] = output.mean(axis=1)
    return pooled


POOLS: Mapping[Pooling, Pool] = {"none": none, "cls": cls, "mean": mean}

#: Axes that the graph's output must have.
RANKS: Mapping[Pooling, int] = {"none": 2, "cls": 3, "mean": 3}


def unit(vectors: NDArray[np.float32]) -> Vectors:
    """(B, dim) rows scaled to length 1. A row of zeros, which has no direction, becomes the diagonal
    (every component 1 / sqrt(dim)), so that no NaN ever reaches an index and equal pictures stay equal."""
    exact = vectors.astype(np.float64)  # in which squares of tiny or huge float32 values neither vanish nor overflow
    lengths = np.sqrt(np.einsum("bd,bd->b", exact, exact))
    empty = lengths == 0
    exact[empty], lengths[empty] = 1.0, np.sqrt(vectors.shape[1])
    rows: Vectors = (exact / lengths[:, None]).astype(np.float32)
    return rows
