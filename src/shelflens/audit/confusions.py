"""How often a product's photos find their product without themselves, and which products are taken for each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelflens.audit.groups import groups
from shelflens.audit.survey import Survey

BOTH_WAYS = 0.05  # of either product's photos that find the other, from which the two are confused


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The catalogue searched with each of its photos, the photo itself left out."""

    judged: NDArray[np.int64]  # (products,), photos that have another photo of their product
    right: NDArray[np.int64]  # (products,), of these, the ones whose nearest photo is of their product

    @property
    def recall(self) -> float:
        """Recall@1, 0..1, of all judged photos; 0 where none can be judged."""
        return float(self.right.sum() / max(1, self.judged.sum()))


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """Two products, by their places, that find each other."""

    products: tuple[int, int]
    taken: tuple[int, int]  # photos of the first that find the second, and the other way round
    share: float  # of the photos of both, 0..1; 0.5: which of the two is found is a matter of luck


@dataclass(frozen=True, slots=True)
class ConfusedGroup:
    """Products that cannot be told apart well, ascending places."""

    products: tuple[int, ...]
    pairs: tuple[ConfusedPair, ...]  # most confused first


def left_out(survey: Survey) -> LeftOut:
    judged = survey.sizes[survey.products] > 1
    right = judged & (survey.near_products[:, 0] == survey.products)
    count = len(survey.product_ids)
    return LeftOut(
        np.bincount(survey.products[judged], minlength=count), np.bincount(survey.products[right], minlength=count)
    )


def confused_pairs(survey: Survey, *, least: float = BOTH_WAYS) -> tuple[ConfusedPair, ...]:
    """Pairs of which at least the share `least` of either one's photos finds the other, most confused first."""
    first = survey.near_products[:, 0]
    astray = (survey.sizes[survey.products] > 1) & (first >= 0) & (first != survey.products)
    ways, counts = np.unique(np.stack([survey.products[astray], first[astray]], axis=1), axis=0, return_counts=True)
    taken = {(int(one), int(other)): int(count) for (one, other), count in zip(ways, counts, strict=True)}
    found = []
    for (one, other), there in taken.items():
        back = taken.get((other, one), 0)
        if one < other and min(there / survey.sizes[one], back / survey.sizes[other]) >= max(least, 1e-9):
            share = (there + back) / int(survey.sizes[one] + survey.sizes[other])
            found.append(ConfusedPair((one, other), (there, back), share))
    return tuple(sorted(found, key=lambda pair: (-pair.share, pair.products)))


def confused_groups(pairs: tuple[ConfusedPair, ...]) -> tuple[ConfusedGroup, ...]:
    """What hangs together by confusion; the group with the most confused pair first."""
    members = groups(pair.products for pair in pairs)
    of = {product: number for number, products in enumerate(members) for product in products}
    inside: list[list[ConfusedPair]] = [[] for _ in members]
    for pair in pairs:
        inside[of[pair.products[0]]].append(pair)
    found = [ConfusedGroup(products, tuple(its)) for products, its in zip(members, inside, strict=True)]
    return tuple(sorted(found, key=lambda group: (-group.pairs[0].share, group.products)))
