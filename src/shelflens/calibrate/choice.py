"""Conditional logit with an outside option: which of a query's candidates is right, or none of them?

Each candidate has the utility u = w·x; "none of these" has the utility b. The probabilities are their softmax, so that
they and the unknown product's sum to 1, and rivals share what there is (McFadden 1974). With one candidate it is
logistic regression. Fitted by Newton's method with an L2 penalty; weights of rising columns are held at 0 or above by
an active set (Bertsekas 1982, projected Newton).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelflens.calibrate.evidence import Table

Floats = NDArray[np.float64]
STEPS = 100  # of Newton's; about 10 are used
ENOUGH = 1e-10  # change of the mean loss that ends the fitting


@dataclass(frozen=True, slots=True)
class Lists:
    """The candidate lists of Q queries."""

    tables: Floats  # (Q, K, F); rows beyond a query's candidates are 0
    present: NDArray[np.bool_]  # (Q, K)
    right: NDArray[np.int64]  # (Q,): the right candidate's place, -1: none of them
    weight: Floats  # (Q,), how much a query counts

    def __post_init__(self) -> None:
        queries, places, _ = self.tables.shape
        assert self.present.shape == (queries, places) and self.right.shape == self.weight.shape == (queries,)
        assert ((self.right >= -1) & (self.right < places)).all()

    def of(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Lists:
        return Lists(self.tables[chosen], self.present[chosen], self.right[chosen], self.weight[chosen])


def shares(utilities: Floats, nobody: float, present: NDArray[np.bool_] | None = None) -> Floats:
    """(..., K) utilities to probabilities of the candidates; what is missing to 1 is the unknown product's."""
    return _shares(utilities, nobody, present)[0]


def _shares(utilities: Floats, nobody: float, present: NDArray[np.bool_] | None) -> tuple[Floats, Floats]:
    """The candidates' (..., K) and the unknown product's (...), to full precision also where it is tiny."""
    if present is not None:
        utilities = np.where(present, utilities, -np.inf)
    top = np.maximum(utilities.max(axis=-1, initial=-np.inf, keepdims=True), nobody)
    powers, power = np.exp(utilities - top), np.exp(nobody - top)
    total = powers.sum(axis=-1, keepdims=True) + power
    return powers / total, (power / total)[..., 0]


def fit_choice(
    lists: Lists, *, rising: NDArray[np.bool_], ridge: float, prior: Floats | None = None
) -> tuple[Floats, float]:
    """The weights (F,) and the utility of "none of these" that minimise the weighted mean of -log p plus
    `ridge` / 2 · |(w - prior) · scale|², where a column's scale is its spread over all candidates. A column without
    spread keeps its prior, 0 unless given. The penalty leaves "none of these" alone."""
    rows = lists.tables[lists.present]
    scale = rows.std(axis=0) if len(rows) else np.zeros(lists.tables.shape[2])
    weights = np.zeros(len(scale)) if prior is None else prior.astype(np.float64)
    used = scale > 1e-9
    design = lists.tables[:, :, used] / scale[used]
    # The outside option enters as one more parameter: utility 0 for nobody, and -b for every candidate.
    design = np.concatenate([design, -np.ones((*design.shape[:2], 1))], axis=2)
    found = minimise(
        Lists(design, lists.present, lists.right, lists.weight),
        lower=np.append(np.where(rising[used], 0.0, -np.inf), -np.inf),
        penalty=np.append(np.full(int(used.sum()), ridge), 0.0),
        prior=np.append(weights[used] * scale[used], 0.0),
    )
    weights[used] = found[:-1] / scale[used]
    return weights, float(found[-1])


def minimise(lists: Lists, lower: Floats, penalty: Floats, prior: Floats) -> Floats:
    """(F,) the parameters, none below `lower`, with the least weighted mean of -log p plus
    sum of `penalty` / 2 · (parameter - prior)²; "none of these" has the utility 0."""
    assert lists.weight.sum() > 0, "nothing to fit on"
    at = np.maximum(prior, lower)
    value, slope, bend = _loss(at, lists, penalty, prior)
    for _ in range(STEPS):
        free = ~((at <= lower) & (slope > 0))
        step = np.zeros_like(at)
        step[free] = -np.linalg.solve(bend[np.ix_(free, free)] + 1e-10 * np.eye(int(free.sum())), slope[free])
        length = 1.0
        while True:
            tried = np.maximum(at + length * step, lower)
            new = _loss(tried, lists, penalty, prior)
            if new[0] <= value + 1e-4 * slope @ (tried - at) or length < 1e-6:
                break
            length /= 2
        done = value - new[0] < ENOUGH
        if new[0] <= value:
            at, (value, slope, bend) = tried, new
        if done:
            break
    return at


def _loss(at: Floats, lists: Lists, penalty: Floats, prior: Floats) -> tuple[float, Floats, Floats]:
    """Its value, gradient and Hessian."""
    design, total = lists.tables, lists.weight.sum()
    p, nobody = _shares(design @ at, 0.0, lists.present)  # (Q, K), (Q,)
    rows = np.arange(len(p))
    known = lists.right >= 0
    chosen = np.where(known, p[rows, lists.right], nobody)
    value = -(lists.weight * np.log(np.maximum(chosen, 1e-300))).sum() / total
    mean = np.einsum("qk,qkf->qf", p, design)  # of the features, as the model sees them
    picked = np.where(known[:, None], design[rows, lists.right], 0.0)
    slope = (lists.weight[:, None] * (mean - picked)).sum(axis=0) / total
    heavy = (p * lists.weight[:, None])[:, :, None] * design
    width = design.shape[2]
    bend = heavy.reshape(-1, width).T @ design.reshape(-1, width) - (mean * lists.weight[:, None]).T @ mean
    away = at - prior
    return (
        float(value + 0.5 * (penalty * away * away).sum()),
        slope + penalty * away,
        bend / total + np.diag(penalty),
    )


def log_odds(utilities: Floats, nobody: float) -> Floats:
    """(K,): of each candidate against all others and nobody. The best one's rivals are summed by themselves, since
    the difference of two nearly equal sums would lose them."""
    if not len(utilities):
        return np.zeros(0)
    best = int(np.argmax(utilities))
    top = max(float(utilities[best]), nobody)
    powers = np.exp(utilities - top)
    others = powers.sum() + np.exp(nobody - top) - powers
    rest = np.append(np.delete(utilities, best), nobody)
    peak = rest.max()
    against = top + np.log(np.maximum(others, 1e-300))
    against[best] = peak + np.log(np.exp(rest - peak).sum())
    return np.asarray(utilities - against)


def table_lists(tables: list[Table], right: list[int], weight: list[float]) -> Lists:
    """Lists of unequal lengths, padded."""
    places = max((len(table) for table in tables), default=0)
    width = tables[0].shape[1] if tables else 0
    padded = np.zeros((len(tables), max(places, 1), width))
    present = np.zeros(padded.shape[:2], dtype=np.bool_)
    for row, table in enumerate(tables):
        padded[row, : len(table)] = table
        present[row, : len(table)] = True
    return Lists(padded, present, np.array(right, dtype=np.int64), np.array(weight, dtype=np.float64))


def sigmoid(odds: Floats) -> Floats:
    """Log-odds to probabilities, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * odds)))
