"""Photos to products: a product is as near as its nearest photo."""

from __future__ import annotations

from collections.abc import Sequence

from shelflens.types import Hit


def group(hits: Sequence[Hit]) -> list[tuple[Hit, ...]]:
    """Groups hits, best first, by product: groups in the order of their best hit, equal scores by product_id."""
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.photo.product_id, []).append(hit)
    ranked = list(groups.values())
    # Hits of one score form a run; within it the order is the product's id, whatever the keys were.
    first_place = {hit.score: place for place, hit in reversed(list(enumerate(hits)))}
    ranked.sort(key=lambda group: (first_place[group[0].score], group[0].photo.product_id))
    return [tuple(group) for group in ranked]
