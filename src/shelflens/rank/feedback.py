"""Relevance feedback: a query moves towards what was liked, and away from what was not.

Rocchio, "Relevance feedback in information retrieval", 1971; weights as in Manning, Raghavan, Schütze, "Introduction to
Information Retrieval", 2008, section 9.1.1.
"""

from __future__ import annotations

import numpy as np

from shelflens.types import Vectors

LIKED, DISLIKED = 0.75, 0.25  # beside 1 for the query itself


def rocchio(query: Vectors | None, liked: Vectors, disliked: Vectors) -> Vectors | None:
    """(dim,) unit, from a query (dim,) or None, (L, dim) liked and (D, dim) disliked, unit rows each.

    None where nothing says what to look for: what is disliked says only what not.
    """
    if query is None and len(liked) == 0:
        return None
    moved = np.zeros(liked.shape[1], np.float32) if query is None else query.astype(np.float32)
    if len(liked):
        moved = moved + np.float32(LIKED) * _centre(liked)
    if len(disliked):
        moved = moved - np.float32(DISLIKED) * _centre(disliked)
    length = float(np.linalg.norm(moved))
    return moved / np.float32(length) if length > 1e-6 else query


def _centre(vectors: Vectors) -> Vectors:
    """(dim,) unit, or zero where they cancel out."""
    total = vectors.sum(axis=0)
    centre: Vectors = np.asarray(total / max(float(np.linalg.norm(total)), 1e-12), np.float32)
    return centre
