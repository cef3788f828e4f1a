"""The last correction: from a model's log-odds to odds that come true, learned on queries it was not fitted on.

The beta curve of Kull, Silva Filho and Flach 2017: logit q = a·ln p - b·ln(1 - p) + c with a, b >= 0. It rises
everywhere, so it never changes an order; a = b = 1, c = 0 leaves p alone and a = b is Platt's sigmoid (1999).
Isotonic regression (Zadrozny and Elkan 2002) is left out: it ties neighbours and needs more examples than a shop has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from shelflens.calibrate.choice import Floats, Lists, minimise

FARTHEST = 100.0  # log-odds beyond that are certain to the last digit of a float
ENOUGH_OF_CATEGORY = 30  # queries from which a category gets an offset of its own
SPREAD_OF_CATEGORIES = 0.5  # prior standard deviation of a category's offset, in log-odds
SPREAD_OF_SHAPE = 0.5  # of a and b around 1, and of c around 0


@dataclass(frozen=True, slots=True)
class BetaCurve:
    """`low` (a) bends what is improbable, `high` (b) what is probable; offsets add to the log-odds."""

    low: float = 1.0
    high: float = 1.0
    offset: float = 0.0
    categories: Mapping[str, float] = field(default_factory=dict)

    def __call__(self, log_odds: Floats, categories: Sequence[str] = ()) -> Floats:
        """(N,) log-odds to (N,) log-odds; a category without an offset of its own has the common one."""
        log_odds = np.clip(log_odds, -FARTHEST, FARTHEST)
        bent = self.low * -np.logaddexp(0.0, -log_odds) + self.high * np.logaddexp(0.0, log_odds) + self.offset
        if self.categories and len(categories):
            bent = bent + np.array([self.categories.get(category, 0.0) for category in categories])
        return np.asarray(bent)


def fit_curve(log_odds: Floats, right: Floats, categories: Sequence[str], *, per_category: bool = True) -> BetaCurve:
    """`right`, (N,): 1 where the candidate is the right one, else 0. Each parameter has a Gaussian prior around
    "leave it alone"; few examples therefore change little, and a category with few hardly leaves the common curve."""
    own = _large_categories(categories) if per_category else []
    columns = [-np.logaddexp(0.0, -log_odds), np.logaddexp(0.0, log_odds), np.ones(len(log_odds))]
    columns += [np.array([float(category == name) for category in categories]) for name in own]
    lists = Lists(
        np.stack(columns, axis=1)[:, None, :],
        np.ones((len(right), 1), dtype=np.bool_),
        np.where(right > 0, 0, -1),
        np.ones(len(right)),
    )
    spread = np.array([SPREAD_OF_SHAPE] * 3 + [SPREAD_OF_CATEGORIES] * len(own))
    found = minimise(
        lists,
        lower=np.array([0.0, 0.0] + [-np.inf] * (1 + len(own))),
        penalty=1 / (spread**2 * len(right)),
        prior=np.array([1.0, 1.0] + [0.0] * (1 + len(own))),
    ).tolist()
    return BetaCurve(found[0], found[1], found[2], dict(zip(own, found[3:], strict=True)))


def _large_categories(categories: Sequence[str]) -> list[str]:
    names, counts = np.unique(np.array(categories, dtype=object), return_counts=True)
    return [str(name) for name, count in zip(names, counts, strict=True) if name and count >= ENOUGH_OF_CATEGORY]
