"""Several rankings of products as one: a convex combination of scores, each brought to 0..1 first.

Bruch, Gai, Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023: with one weight, fitted on few
queries or none, it beats reciprocal rank fusion, which forgets by how much one is better than the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def relative(scores: Mapping[str, float], *, floor: float | None = None) -> dict[str, float]:
    """0 at the floor (None: the lowest of the scores), 1 at the best. What was not found counts as the floor, so it
    needs no entry. All 1 where they are all alike."""
    if not scores:
        return {}
    best = max(scores.values())
    low = min(scores.values()) if floor is None else floor
    if best <= low:
        return dict.fromkeys(scores, 1.0)
    return {key: max(0.0, score - low) / (best - low) for key, score in scores.items()}


def blend(rankings: Sequence[tuple[float, Mapping[str, float]]]) -> dict[str, float]:
    """The weighted sum, over (weight, relative scores); what a ranking does not list counts 0 there."""
    total: dict[str, float] = {}
    for weight, scores in rankings:
        for key, score in scores.items():
            total[key] = total.get(key, 0.0) + weight * score
    return total


def best_first(scores: Mapping[str, float]) -> list[str]:
    """Equal ones by key."""
    return sorted(scores, key=lambda key: (-scores[key], key))


def kept_in(order: Sequence[str], sure: Sequence[str], places: int) -> list[str]:
    """The order, with the first `places` of the `sure` ones brought into its first `places` where they are not there:
    behind those that are, and otherwise nothing moves."""
    held = list(sure[:places])
    head = list(order[:places])
    missing = [key for key in held if key not in head]
    while len(head) + len(missing) > places:
        head.pop(max(at for at, key in enumerate(head) if key not in held))
    head += missing
    return [*head, *(key for key in order if key not in head)]
