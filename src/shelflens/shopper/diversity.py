"""Not ten times the same: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from shelflens.types import Vectors

RELEVANCE: Final = 0.7  # against 0.3 for being unlike what was chosen before


def diverse(scores: Sequence[float], vectors: Vectors, *, k: int, relevance: float = RELEVANCE) -> list[int]:
    """Up to k places, each the best of `relevance * score - (1 - relevance) * cosine to the nearest chosen one`; equal
    ones in the given order. `scores` are stretched to 0..1; `vectors` (N, dim) are unit rows."""
    worth = np.asarray(scores, np.float64)
    if len(worth) == 0:
        return []
    low, high = float(worth.min()), float(worth.max())
    worth = (worth - low) / (high - low) if high > low else np.zeros_like(worth)
    nearest = np.zeros(len(worth))
    left, chosen = np.ones(len(worth), np.bool_), list[int]()
    while len(chosen) < min(k, len(worth)):
        marginal = np.where(left, relevance * worth - (1 - relevance) * nearest, -np.inf)
        place = int(marginal.argmax())
        chosen.append(place)
        left[place] = False
        nearest = np.maximum(nearest, vectors @ vectors[place])
    return chosen
