"""How near a product is by all of its photos among the nearest, not by one alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shelflens.rank.voting import PRIOR, votes
from shelflens.types import Hit

SHARPNESS = 20.0  # the larger, the more the nearest photo decides alone
# Chosen by leave-one-out on Clothing train (0.813 for the nearest photo alone, 0.843), where 20 to 30 with the vote's
# prior of 0.5 are a plateau; on Grocery val 0.554 became 0.601 (docs/evidence-ranking.md).

SAME = 0.9999  # cosine of a picture and itself, decoded once more


def pool(groups: Sequence[Sequence[float]], photos: Sequence[int], *, sharpness: float = SHARPNESS) -> list[float]:
    """For each product the soft vote of its cosines, on the cosine's scale. `photos` is how many it has in all, found
    or not; for a product with one photo it is that photo's cosine."""
    counts = [max(count, len(group)) for count, group in zip(photos, groups, strict=True)]
    pooled: list[float] = votes(groups, counts, temperature=1 / sharpness, prior=PRIOR).tolist()
    return pooled


def by_pool(
    groups: Sequence[tuple[Hit, ...]],
    photos: Mapping[str, int],
    *,
    scores: Sequence[Sequence[float]] | None = None,
    sharpness: float = SHARPNESS,
) -> list[tuple[float, tuple[Hit, ...]]]:
    """Groups of cosine hits with their pooled cosine, best first, equal ones by product_id; `photos` by product_id.
    `scores` are pooled instead of the hits' own where they are given, in the hits' order. A photo that is the query
    itself is not outvoted by its product's others."""
    counts = [photos.get(hits[0].photo.product_id, 0) for hits in groups]
    pooled_of = scores or [[hit.score for hit in hits] for hits in groups]
    voted = pool(pooled_of, counts, sharpness=sharpness)
    pooled = [
        max(vote, *its) if hits[0].score >= SAME else vote
        for vote, its, hits in zip(voted, pooled_of, groups, strict=True)
    ]
    return sorted(zip(pooled, groups, strict=True), key=lambda pair: (-pair[0], pair[1][0].photo.product_id))
