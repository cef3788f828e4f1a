"""How near a product is by all of its photos among the nearest, not by one alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from shelflens.types import Hit

SHARPNESS = 20.0  # the larger, the more the nearest photo decides alone
PRIOR = 0.5  # how far a product with many photos is held back: 0 not at all, 1 as if all had equally many
# Chosen by leave-one-out on Clothing train (0.813 for the nearest photo alone, 0.843), where 20 to 30 and 0.5 are a
# plateau; on Grocery val 0.554 became 0.601 (docs/evidence-ranking.md).


def pool(cosines: Sequence[float], *, photos: int) -> float:
    """A soft vote on the cosine's scale: log-sum-exp over the photos found, a kernel density estimate (the
    distance-weighted k-NN rule, Dudani 1976). `photos` is how many the product has in all, found or not; for a product
    with one photo it is that photo's cosine."""
    total = np.logaddexp.reduce(SHARPNESS * np.asarray(cosines, np.float64)) - PRIOR * np.log(max(photos, len(cosines)))
    return float(total / SHARPNESS)


def by_pool(groups: Sequence[tuple[Hit, ...]], photos: Mapping[str, int]) -> list[tuple[float, tuple[Hit, ...]]]:
    """Groups of cosine hits with their pooled cosine, best first, equal ones by product_id; `photos` by product_id."""
    pooled = [
        (pool([hit.score for hit in hits], photos=photos.get(hits[0].photo.product_id, 0)), hits) for hits in groups
    ]
    return sorted(pooled, key=lambda pair: (-pair[0], pair[1][0].photo.product_id))
