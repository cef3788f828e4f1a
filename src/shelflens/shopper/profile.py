"""What a shopper's events say of his taste: products with weights that fade."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shelflens.shopper.base import Event, Kind

HALF_LIFE: Final = 30 * 24 * 3600.0  # seconds in which an event loses half its weight
#: What an event says, in views.
WEIGHTS: Final[Mapping[Kind, float]] = {
    Kind.VIEW: 1.0,
    Kind.CLICK: 2.0,
    Kind.LIKE: 5.0,
    Kind.BUY: 8.0,
    Kind.DISLIKE: -8.0,
}
MOST: Final = 100  # products of a profile, the weightiest
LEAST: Final = 0.01  # weight below which a product is forgotten


@dataclass(frozen=True, slots=True)
class Interest:
    """One product that the shopper has something to do with."""

    product_id: str
    weight: float  # in views of now; negative: disliked
    kind: Kind  # the weightiest that he did with it, for reasons


@dataclass(frozen=True, slots=True)
class Profile:
    """The weightiest interest first; equal ones by product_id."""

    interests: tuple[Interest, ...]
    seen: frozenset[str]  # every product of the events

    @property
    def confidence(self) -> float:
        """0..1: how far the taste may be trusted; half with as much as three views."""
        total = sum(abs(one.weight) for one in self.interests)
        return total / (total + 3.0)

    @property
    def liked(self) -> tuple[Interest, ...]:
        return tuple(one for one in self.interests if one.weight > 0)

    @property
    def disliked(self) -> frozenset[str]:
        return frozenset(one.product_id for one in self.interests if one.weight < 0)


def profile_of(events: Sequence[Event], *, now: float) -> Profile:
    """`now` in seconds since 1970. Twenty views of one product say less than twenty products viewed: the weights of
    one product are added up and damped by their logarithm."""
    weights: dict[str, float] = {}
    heaviest: dict[str, tuple[float, Kind]] = {}
    for event in events:
        fresh = 0.5 ** (max(0.0, now - event.at) / HALF_LIFE)
        weight = WEIGHTS[event.kind] * fresh
        weights[event.product_id] = weights.get(event.product_id, 0.0) + weight
        if event.product_id not in heaviest or abs(weight) > heaviest[event.product_id][0]:
            heaviest[event.product_id] = (abs(weight), event.kind)
    interests = [
        Interest(product_id, math.copysign(math.log1p(abs(weight)), weight), heaviest[product_id][1])
        for product_id, weight in weights.items()
        if abs(weight) >= LEAST
    ]
    interests.sort(key=lambda one: (-abs(one.weight), one.product_id))
    return Profile(tuple(interests[:MOST]), frozenset(weights))
