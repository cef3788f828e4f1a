"""How much a product is to a shopper's taste: by its looks and by what is written of it.

Each field speaks by how much more often its values are among what the shopper took than among the products in question:
the log-lift of naive Bayes, smoothed towards no difference. Looks speak likewise, by how much nearer a product is to
what he took than the others are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.shopper.profile import Interest, Profile
from shelflens.types import Product, Vectors

WIDTH: Final = 0.15  # cosine: a product that is so much less alike counts 1/e
PRICE: Final = 0.35  # standard deviation of the price's logarithm that still suits
DOUBT: Final = 3.0  # interests' worth of prior: that he takes what there is
SURE: Final = 2.0  # log-lift that is a taste of tanh(1) = 0.76
UNTOLD: Final = (
    "_zh",
    "title",
    "description",
)  # ends of attributes' names that repeat others or differ in each product

Tastes: TypeAlias = NDArray[np.float64]  # (N,), -1..1
_Values: TypeAlias = dict[str, frozenset[str]]  # field -> what a product has there


@dataclass(frozen=True, slots=True)
class Item:
    """A product as a shopper sees it."""

    product: Product
    vector: Vectors  # (dim,) unit: where its photos point


class Taste:
    """One shopper's, of a profile and the products in it that are still there."""

    def __init__(self, profile: Profile, items: Mapping[str, Item]) -> None:
        """`items` by product_id; interests without one do not count."""
        known = [one for one in profile.interests if one.product_id in items]
        self.interests: tuple[Interest, ...] = tuple(known)
        self.confidence = profile.confidence if known else 0.0
        self._items = [items[one.product_id] for one in known]
        self._weights = np.array([one.weight for one in known])
        self._taken = _counted([_values(item.product) for item in self._items], self._weights)

    def of(self, items: Sequence[Item]) -> Tastes:
        """(N,): towards 1 what he takes more often than the others of `items`, towards -1 what he takes less often."""
        if not self.interests or not items:
            return np.zeros(len(items))
        lift = _log_lift(self._near(items), self._weights)
        values = [_values(item.product) for item in items]
        for field, taken in self._taken.items():
            lift += _field_lift(field, taken, values)
        lift += _log_lift(self._affordable(items), self._weights)
        found: Tastes = np.tanh(lift / SURE) * self.confidence
        return found

    def shares(self, items: Sequence[Item]) -> NDArray[np.float64]:
        """(N, interests): how much each interest explains each product, for reasons: alike, and of the same kind."""
        total = self._near(items)
        for row, item in enumerate(items):
            its = _values(item.product)
            for column, known in enumerate(self._items):
                other = _values(known.product)
                same = sum(not its[field].isdisjoint(other[field]) for field in its.keys() & other.keys())
                total[row, column] += same / max(1, len(its))
        found: NDArray[np.float64] = total * self._weights
        return found

    def _near(self, items: Sequence[Item]) -> NDArray[np.float64]:
        """(N, interests), 0..1."""
        cosines = np.stack([item.vector for item in items]) @ np.stack([item.vector for item in self._items]).T
        near: NDArray[np.float64] = np.exp((np.minimum(cosines, 1).astype(np.float64) - 1) / WIDTH)
        return near

    def _affordable(self, items: Sequence[Item]) -> NDArray[np.float64]:
        """(N, interests), 0..1: how near the prices are; 1 where one is not known."""
        prices, known = (_prices([item.product for item in some]) for some in (items, self._items))
        apart = np.nan_to_num(prices[:, None] - known[None], nan=0.0)
        suited: NDArray[np.float64] = np.exp(-((apart / PRICE) ** 2) / 2)
        return suited


def _log_lift(near: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, interests) nearness -> (N,): against the mean of the N."""
    mean = max(float(near.mean()), 1e-9)
    lifted = near @ weights / mean
    total = np.abs(weights).sum()
    found: NDArray[np.float64] = np.log(np.maximum((lifted + DOUBT) / (total + DOUBT), 0.05))
    return found


def _field_lift(field: str, taken: Mapping[str, float], values: Sequence[_Values]) -> NDArray[np.float64]:
    """(N,): the mean over each product's values; 0 where it has none."""
    its = [of_one.get(field, frozenset()) for of_one in values]
    there: dict[str, float] = {}
    for some in its:
        for value in some:
            there[value] = there.get(value, 0.0) + 1 / len(some)
    total = sum(abs(weight) for weight in taken.values()) + DOUBT
    lifts = {
        value: math.log(max((taken.get(value, 0.0) * len(values) / count + DOUBT) / total, 0.05))
        for value, count in there.items()
    }
    return np.array([sum(lifts[value] for value in some) / len(some) if some else 0.0 for some in its])


def _counted(values: Sequence[_Values], weights: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    """By field: the weight of each value."""
    found: dict[str, dict[str, float]] = {}
    for its, weight in zip(values, weights.tolist(), strict=True):
        for field, words in its.items():
            for word in words:
                counted = found.setdefault(field, {})
                counted[word] = counted.get(word, 0.0) + weight / len(words)
    return found


def _values(product: Product) -> _Values:
    """Words in fields; numbers other than the price say nothing here."""
    found: _Values = {}
    for field, value in (("brand", product.brand), ("category", product.category), *product.attributes.items()):
        items = value if isinstance(value, tuple) else (value,)
        words = frozenset(item for item in items if isinstance(item, str) and item)
        if words and not field.endswith(UNTOLD):
            found[field] = words
    return found


def _prices(products: Sequence[Product]) -> NDArray[np.float64]:
    """(N,): their logarithms; NaN where there is none."""
    return np.array([math.log(one.price) if one.price and one.price > 0 else math.nan for one in products])
