"""Search results in the order that suits one shopper, within a bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from typing import Final

import numpy as np

from shelflens.shopper.taste import Item, Taste
from shelflens.types import Evidence, Match, Vectors

#: How much better a match must be so that no taste can displace it. Chosen on simulated shoppers (docs/shopper.md).
PROBABILITY: Final = 0.1
COSINE: Final = 0.03
PLACES: Final = 3.0
DEPTH: Final = 50  # results at most that are put into another order; more would be other things


def rerank(scores: Sequence[float], tastes: Sequence[float], *, bound: float) -> list[int]:
    """Places in the new order. `scores` descend; `tastes` are -1..1 each.

    Law: of two results, one whose score is more than `bound` above the other's stays before it. Equal tastes, or a
    bound of 0, change nothing.
    """
    worth = np.asarray(scores, np.float64) + bound * (np.clip(np.asarray(tastes, np.float64), -1, 1) + 1) / 2
    return [int(place) for place in np.argsort(-worth, kind="stable")]


def personalise(matches: Sequence[Match], vectors: Vectors, taste: Taste) -> tuple[Match, ...]:
    """The matches of a search, best first, in the shopper's order; `vectors` (N, dim) are of their photos.

    Those with a probability are not mixed with those without. A match stays before another one whose probability is
    lower by more than PROBABILITY, or whose likeness, the least down to its place, is lower by more than COSINE. Where
    words or other evidence have put something before what is more probable or more alike, places are compared: nothing
    passes what was more than PLACES before it. A match that has been raised says so in its evidence.
    """
    if not taste.interests or not matches:
        return tuple(matches)
    head, tail = matches[:DEPTH], tuple(matches[DEPTH:])
    items = [Item(match.product, vector) for match, vector in zip(head, vectors, strict=True)]
    tastes = _spread(taste.of(items).tolist(), taste.confidence)
    found: list[Match] = []
    for _, run in groupby(range(len(head)), key=lambda place: head[place].probability is None):
        places = list(run)
        scores = bounds_apart([head[place] for place in places])
        for now, before in enumerate(rerank(scores, [tastes[place] for place in places], bound=1.0)):
            match, value = head[places[before]], tastes[places[before]]
            raised = (*match.evidence, Evidence("taste", value, "more to your taste than what was before it"))
            found.append(replace(match, evidence=raised) if now < before else match)
    return (*found, *tail)


def bounds_apart(matches: Sequence[Match]) -> list[float]:
    """Descending scores, in bounds: what is more than 1 apart stays. All have a probability, or none has."""
    probabilities = [match.probability or 0.0 for match in matches]
    likeness = np.minimum.accumulate([match.pooled for match in matches])
    alone = matches[0].probability is None
    by_looks = alone and all(one.pooled >= other.pooled for one, other in pairwise(matches))
    by_probability = not alone and all(one >= other for one, other in pairwise(probabilities))
    if by_looks or by_probability:
        return [p / PROBABILITY + float(cosine) / COSINE for p, cosine in zip(probabilities, likeness, strict=True)]
    return [-place / PLACES for place in range(len(matches))]


def _spread(tastes: list[float], confidence: float) -> list[float]:
    """Over -confidence..confidence: only differences between the results count, and all of the bound is used."""
    low, high = min(tastes), max(tastes)
    if high - low < 1e-9:
        return [0.0] * len(tastes)
    return [confidence * (2 * (taste - low) / (high - low) - 1) for taste in tastes]
