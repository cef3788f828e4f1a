"""The model that turns evidence into P(same product): a conditional logit, then a curve learned on other queries.

    u(candidate) = sum of weight · feature                 all evidence adds; more never speaks against
    p            = exp(u) / (exp(none) + sum of exp(u))    rivals and the unknown product share what there is
    P            = sigmoid(curve(logit p))                 corrected to odds that came true on held-out queries

Open set (Scheirer et al. 2013): "none of these" is an answer of its own, learned from queries whose product was taken
out of the candidates. So the probabilities of one query's candidates sum to at most 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from shelflens.calibrate.choice import Floats, log_odds, sigmoid
from shelflens.calibrate.curve import BetaCurve
from shelflens.calibrate.evidence import COLUMNS, KINDS, CandidateEvidence, features

HALVINGS = 40  # of the range of a power: to the last digits of a probability
MOST_POWER = 1e6  # several candidates that are all certain: they share by their number


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one reason adds to a candidate's log-odds: 0.7 doubles the odds, -0.7 halves them."""

    name: str  # an evidence's, or "start", "rivals", "correction"
    log_odds: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The contributions sum to the logit of the probability. `start` is a best candidate with typical evidence and
    no rival; an evidence's is how much it lies above or below the typical; one that is missing is not there."""

    probability: float
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class FusionModel:
    """`weights` by the column's name, in COLUMNS' units; a column that is not there weighs nothing.

    Deterministic, and the same for any order of the candidates.
    """

    weights: Mapping[str, float]
    none: float  # the utility of "none of these"
    curve: BetaCurve = field(default_factory=BetaCurve)
    typical: Mapping[str, float] = field(default_factory=dict)  # an evidence's mean utility for a best candidate
    _vector: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = {column.name: column for column in COLUMNS}
        for name, weight in self.weights.items():
            if name not in names:
                raise ValueError(f"no feature called {name!r}; there is {', '.join(names)}")
            if not np.isfinite(weight) or (names[name].rising and weight < 0):
                raise ValueError(f"the weight of {name!r} must be finite and not below 0, not {weight}")
        vector = np.array([self.weights.get(column.name, 0.0) for column in COLUMNS])
        object.__setattr__(self, "_vector", vector)

    @property
    def evidence(self) -> tuple[str, ...]:
        """The kinds of evidence that the model weighs."""
        used = {column.evidence for column in COLUMNS if self.weights.get(column.name)}
        return tuple(kind.name for kind in KINDS if kind.name in used)

    def probabilities(self, candidates: Sequence[CandidateEvidence]) -> list[float]:
        """P(the query shows this product) for one query's candidates, in their order; 1 less their sum is the
        probability of a product that is not among them. Raises ValueError on evidence that is not finite."""
        settled = _settled(self._corrected(candidates, self._log_odds(candidates)))
        return [float(probability) for probability in settled]

    def explain(self, candidates: Sequence[CandidateEvidence], which: int) -> Explanation:
        """Why `candidates[which]` has the probability that it has."""
        parts = features(candidates)[which] * self._vector
        odds = self._log_odds(candidates)
        found: list[Contribution] = []
        start = -self.none
        for kind in KINDS:
            if kind.name in self.evidence and candidates[which].values.get(kind.name) is not None:
                total = sum(part for part, column in zip(parts, COLUMNS, strict=True) if column.evidence == kind.name)
                typical = self.typical.get(kind.name, 0.0)
                found.append(Contribution(kind.name, float(total - typical)))
                start += typical
        rivals = float(odds[which]) - float(parts.sum() - self.none)
        probability = float(_settled(self._corrected(candidates, odds))[which])
        final = float(np.log(max(probability, 1e-300)) - np.log(max(1 - probability, 1e-16)))
        found.sort(key=lambda one: -abs(one.log_odds))
        return Explanation(
            probability,
            (
                Contribution("start", start),
                *found,
                Contribution("rivals", rivals),
                Contribution("correction", final - float(odds[which])),
            ),
        )

    def _log_odds(self, candidates: Sequence[CandidateEvidence]) -> Floats:
        return log_odds(features(candidates) @ self._vector, self.none)

    def _corrected(self, candidates: Sequence[CandidateEvidence], odds: Floats) -> Floats:
        return self.curve(odds, [candidate.category for candidate in candidates])


def _settled(odds: Floats) -> Floats:
    """To probabilities. Where the curve, which was learned on best candidates, lifted the many improbable ones so that
    all sum to more than 1, they are raised to the power at which they sum to 1: the improbable ones give way first.
    Dividing by the sum would take as much from the best."""
    probability = sigmoid(odds)
    if float(probability.sum()) <= 1:
        return probability
    low, high = 1.0, 2.0
    while float((probability**high).sum()) > 1 and high < MOST_POWER:
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if float((probability**middle).sum()) > 1 else (low, middle)
    raised = probability**high
    return np.asarray(raised / max(1.0, float(raised.sum())))
