"""Measures of the list of distinct products that a customer sees.

A rank is the position of the query's product in that list: 1 is first, 0 is absent (too deep, or not in the
catalogue at all).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ranks: TypeAlias = NDArray[np.int64]  # (Q,), 1 and up; 0 where the product was not found
PerQuery: TypeAlias = NDArray[np.float64]  # (Q,), 0..1


def recall(ranks: Ranks, k: int) -> PerQuery:
    """1 where the query's product is among the first k products. One product is right, so this is also the
    hit rate and the top-k accuracy."""
    assert k >= 1, k
    return ((ranks >= 1) & (ranks <= k)).astype(np.float64)


def reciprocal_rank(ranks: Ranks) -> PerQuery:
    """1 / rank, and 0 where the product was not found (Voorhees 1999, the TREC-8 question answering track)."""
    values = np.zeros(ranks.shape, dtype=np.float64)
    np.divide(1.0, ranks, out=values, where=ranks >= 1)
    return values
