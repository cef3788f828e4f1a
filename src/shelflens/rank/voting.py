"""A product's score from all its photos among the candidates, not from the nearest alone.

A soft vote: log-sum-exp, which is a kernel density estimate over each product's photos (the distance-weighted k-NN rule
of Dudani 1976; the decision rule of Boiman, Shechtman and Irani, CVPR 2008, lies at temperature 0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

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
    totals = []
    for product, own in grouped.items():
        total = np.logaddexp.reduce(np.asarray(own, np.float64) / temperature) - prior * np.log(photos[product])
        totals.append((product, float(temperature * total)))
    return tuple(sorted(totals, key=lambda pair: (-pair[1], pair[0])))
