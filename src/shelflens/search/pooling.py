"""How near a product is by all of its photos among the nearest, not by one alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shelflens.rank.voting import vote
from shelflens.types import Hit

SHARPNESS = 20.0  # the larger, the more the nearest photo decides alone
# Chosen by leave-one-out on Clothing train (0.813 for the nearest photo alone, 0.843), where 20 to 30 with the vote's
# prior of 0.5 are a plateau; on Grocery val 0.554 became 0.601 (docs/evidence-ranking.md).


def pool(cosines: Sequence[float], *, photos: int) -> float:
    """The soft vote of `rank.voting` on the cosine's scale. `photos` is how many the product has in all, found or not;
    for a product with one photo it is that photo's cosine."""
    scores = [SHARPNESS * cosine for cosine in cosines]
    ((_, total),) = vote([""] * len(scores), scores, {"": max(photos, len(scores))})
    return total / SHARPNESS


def by_pool(groups: Sequence[tuple[Hit, ...]], photos: Mapping[str, int]) -> list[tuple[float, tuple[Hit, ...]]]:
    """Groups of cosine hits with their pooled cosine, best first, equal ones by product_id; `photos` by product_id."""
    pooled = [
        (pool([hit.score for hit in hits], photos=photos.get(hits[0].photo.product_id, 0)), hits) for hits in groups
    ]
    return sorted(pooled, key=lambda pair: (-pair[0], pair[1][0].photo.product_id))
