"""Measures of the ranking of gallery photos, where every photo of the query's product is relevant.

They see what the product list hides: whether *all* photos of a product lie near each other.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.metrics.products import PerQuery

Relevance: TypeAlias = NDArray[np.bool_]  # (Q, N), best first: is the photo there of the query's product?
Relevant: TypeAlias = NDArray[np.int64]  # (Q,), photos of the query's product in the whole gallery


def precision(relevance: Relevance, k: int) -> PerQuery:
    """Share of relevant photos among the first k; divides by k even where the gallery holds fewer, as trec_eval."""
    assert k >= 1, k
    found: PerQuery = relevance[:, :k].sum(axis=1, dtype=np.float64)
    return found / k


def hit(relevance: Relevance, k: int) -> PerQuery:
    """1 where a relevant photo is among the first k: Recall@k as metric learning has it (Jégou et al. 2011)."""
    assert k >= 1, k
    found = relevance[:, :k].any(axis=1)
    return np.asarray(found, dtype=np.float64)


def average_precision(relevance: Relevance, relevant: Relevant) -> PerQuery:
    """Mean over the relevant photos of the precision at each one's position; a relevant photo below the
    ranking's depth adds 0. Without interpolation, as trec_eval and scikit-learn."""
    _check(relevance, relevant)
    return _divide(_precision_at_hits(relevance).sum(axis=1), relevant)


def average_precision_at_r(relevance: Relevance, relevant: Relevant) -> PerQuery:
    """Average precision over the first R positions, divided by R, the number of relevant photos: MAP@R of
    Musgrave, Belongie and Lim 2020, *A Metric Learning Reality Check*."""
    _check(relevance, relevant)
    within = np.arange(relevance.shape[1]) < relevant[:, None]  # (Q, N)
    return _divide(_precision_at_hits(relevance & within).sum(axis=1), relevant)


def ndcg(relevance: Relevance, relevant: Relevant, k: int) -> PerQuery:
    """Discounted gain of the first k positions over that of the best possible ranking; gain 1 for a relevant
    photo, discount log2(position + 1) (Järvelin and Kekäläinen 2002, in the form of Burges et al. 2005)."""
    assert k >= 1, k
    _check(relevance, relevant)
    discounts = 1.0 / np.log2(np.arange(2, k + 2))  # (k,)
    gained = relevance[:, :k] @ discounts[: relevance.shape[1]]
    best = np.concatenate([[0.0], np.cumsum(discounts)])[np.minimum(relevant, k)]
    return _divide(gained, best)


def _precision_at_hits(relevance: Relevance) -> NDArray[np.float64]:
    """(Q, N): precision at each relevant position, 0 at the others."""
    precisions = np.cumsum(relevance, axis=1) / np.arange(1, relevance.shape[1] + 1)
    return np.where(relevance, precisions, 0.0)


def _divide(numerator: NDArray[np.float64], denominator: NDArray[np.float64] | Relevant) -> PerQuery:
    values = np.zeros(len(numerator), dtype=np.float64)
    np.divide(numerator, denominator, out=values, where=denominator > 0)
    return values


def _check(relevance: Relevance, relevant: Relevant) -> None:
    assert relevance.ndim == 2 and relevant.shape == relevance.shape[:1], (relevance.shape, relevant.shape)
    assert (np.count_nonzero(relevance, axis=1) <= relevant).all(), "more relevant photos ranked than there are"
