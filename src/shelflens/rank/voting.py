"""A product's score from all its photos among the candidates, not from the nearest alone.

A soft vote: log-sum-exp, which is a kernel density estimate over each product's photos (the distance-weighted k-NN rule
of Dudani 1976; the decision rule of Boiman, Shechtman and Irani, CVPR 2008, lies at temperature 0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

TEMPERATURE = 1.0  # of `fusion.combined` scores; 0 would be the best photo alone
PRIOR = 0.5  # how far a product with many photos is held back: 0 not at all, 1 as if all had equally many
# Both chosen on 296 photos; cross-validation does not tell them from 0.7 to 1.5 and 0 to 1 (docs/evidence-ranking.md).


def vote(
    products: Sequence[str],
    scores: Sequence[float],
    photos: Mapping[str, int],
    *,
    temperature: float = TEMPERATURE,
    prior: float = PRIOR,
) -> tuple[tuple[str, float], ...]:
    """(product, score), best first, ties by product id, of one query's candidate photos.

    `products` and `scores` run side by side, one entry a photo; `photos` tells how many each product has in the whole
    gallery. Scores stay in the unit of `scores`: for products with one photo they are what they were.
    """
    grouped: dict[str, list[float]] = {}
    for product, score in zip(products, scores, strict=True):
        grouped.setdefault(product, []).append(score)
    totals = votes(
        tuple(grouped.values()), [photos[product] for product in grouped], temperature=temperature, prior=prior
    )
    return tuple(sorted(zip(grouped, totals.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0])))


def votes(
    groups: Sequence[Sequence[float]], photos: Sequence[int], *, temperature: float, prior: float
) -> NDArray[np.float64]:
    """(len(groups),) the vote of each product's scores, at least one; `photos` says how many photos it has."""
    if not groups:
        return np.empty(0)
    sizes = [len(group) for group in groups]
    starts = np.cumsum([0, *sizes[:-1]])
    scores = np.concatenate(groups) / temperature
    peaks = np.maximum.reduceat(scores, starts)  # taken out, or the sum would overflow
    sums = np.add.reduceat(np.exp(scores - np.repeat(peaks, sizes)), starts)
    totals: NDArray[np.float64] = temperature * (peaks + np.log(sums) - prior * np.log(photos))
    return totals
