"""How much a product is to a shopper's taste: by its looks and by what is written of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.shopper.profile import Interest, Profile
from shelflens.types import Product, Vectors

WIDTH: Final = 0.15  # cosine: a product that is so much less alike counts 1/e
PRICE: Final = 0.35  # standard deviation of the price's logarithm that still suits
UNTOLD: Final = frozenset({"product_id", "gtin"})  # attributes of these names say nothing of taste

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
        self._items = [items[one.product_id] for one in known]
        self._weights = np.array([one.weight for one in known])
        self._values = [_values(item.product) for item in self._items]
        self._steady = _steadiness(self._values, self._weights)
        self.confidence = profile.confidence if known else 0.0

    def of(self, items: Sequence[Item]) -> Tastes:
        """(N,): 1 is what he always takes, -1 what he always refuses, 0 what nothing is known of."""
        if not self.interests or not items:
            return np.zeros(len(items))
        shares = self.shares(items)
        found: Tastes = np.clip(shares.sum(axis=1), -1, 1) * self.confidence
        return found

    def shares(self, items: Sequence[Item]) -> NDArray[np.float64]:
        """(N, interests): what each interest adds to each product's taste."""
        cosines = np.stack([item.vector for item in items]) @ np.stack([item.vector for item in self._items]).T
        total = np.exp((np.minimum(cosines, 1) - 1) / WIDTH).astype(np.float64)
        for row, item in enumerate(items):
            its = _values(item.product)
            for column, known in enumerate(self._values):
                total[row, column] += sum(
                    steady
                    for field, steady in self._steady.items()
                    if not its.get(field, _NONE).isdisjoint(known.get(field, _NONE))
                )
                total[row, column] += self._price(item.product, self._items[column].product)
        each = 1.0 + sum(self._steady.values()) + 0.5
        found: NDArray[np.float64] = total / each * self._weights / np.abs(self._weights).sum()
        return found

    @staticmethod
    def _price(one: Product, other: Product) -> float:
        if not one.price or not other.price or one.price <= 0 or other.price <= 0:
            return 0.0
        return 0.5 * math.exp(-((math.log(one.price / other.price) / PRICE) ** 2) / 2)


_NONE: Final[frozenset[str]] = frozenset()


def _values(product: Product) -> _Values:
    """Words in fields; numbers other than the price say nothing here."""
    found: _Values = {}
    for field, value in (("brand", product.brand), ("category", product.category), *product.attributes.items()):
        items = value if isinstance(value, tuple) else (value,)
        words = frozenset(item for item in items if isinstance(item, str) and item)
        if words and field not in UNTOLD:
            found[field] = words
    return found


def _steadiness(values: Sequence[_Values], weights: NDArray[np.float64]) -> dict[str, float]:
    """How much of the liked weight agrees in each field, 0..1 (Herfindahl's index): who buys one brand only is to be
    known by it, who buys all of them is not. Fields in which every product differs drop out."""
    found: dict[str, float] = {}
    for field in sorted({field for its in values for field in its}):
        sums: Counter[str] = Counter()
        for its, weight in zip(values, weights.tolist(), strict=True):
            for word in its.get(field, _NONE):
                sums[word] += max(weight, 0.0)
        total, most = sum(sums.values()), len(values)
        if total > 0 and most > 1:
            index = sum((part / total) ** 2 for part in sums.values())
            found[field] = max(0.0, (index - 1 / most) / (1 - 1 / most))
    return found
