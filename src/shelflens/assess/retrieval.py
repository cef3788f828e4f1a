"""How near photos of one label lie to each other: every photo is a query, ranked against the others or a gallery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shelflens.metrics.photos import average_precision, average_precision_at_r, hit
from shelflens.types import Vectors

#: In the order of `Ranking.values`. Names and meanings are a promise: docs/classification.md.
RETRIEVAL: Final = ("recall@1", "recall@5", "recall@10", "map", "map@r")
BATCH = 256  # queries ranked at once


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Of Q queries."""

    values: NDArray[np.float64]  # (Q, len(RETRIEVAL))
    relevant: NDArray[np.int64]  # (Q,), photos of the query's label in the gallery, itself not counted
    nearest: NDArray[np.int64]  # (Q,), place of the nearest photo of the gallery


def rank(queries: Vectors, labels: NDArray[np.int64], gallery: Vectors, gallery_labels: NDArray[np.int64]) -> Ranking:
    """`labels`, (Q,), and `gallery_labels`, (G,), are equal for photos of one product. Equal cosines by place."""
    return _rank(queries, labels, gallery, gallery_labels, itself=False)


def rank_among_themselves(vectors: Vectors, labels: NDArray[np.int64]) -> Ranking:
    """Each photo against all the others; at least two."""
    return _rank(vectors, labels, vectors, labels, itself=True)


def _rank(
    queries: Vectors,
    labels: NDArray[np.int64],
    gallery: Vectors,
    gallery_labels: NDArray[np.int64],
    *,
    itself: bool,
) -> Ranking:
    values = np.empty((len(queries), len(RETRIEVAL)))
    relevant = np.empty(len(queries), np.int64)
    nearest = np.empty(len(queries), np.int64)
    depth = len(gallery) - itself
    for start in range(0, len(queries), BATCH):
        rows = np.arange(start, min(start + BATCH, len(queries)))
        cosines = queries[rows] @ gallery.T
        if itself:
            cosines[np.arange(len(rows)), rows] = -np.inf  # last, and then cut off
        order = np.argsort(-cosines, axis=1, kind="stable")[:, :depth]
        relevance = gallery_labels[order] == labels[rows, None]
        relevant[rows] = relevance.sum(axis=1)
        nearest[rows] = order[:, 0]
        measures = (
            hit(relevance, 1),
            hit(relevance, 5),
            hit(relevance, 10),
            average_precision(relevance, relevant[rows]),
            average_precision_at_r(relevance, relevant[rows]),
        )
        values[rows] = np.stack(measures, axis=1)
    return Ranking(values, relevant, nearest)
