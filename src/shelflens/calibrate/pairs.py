"""P(same product | two pictures): what two bare pictures say when there is no catalogue to weigh them against.

The fusion model with one candidate and no rivals, which is logistic regression, fitted on pairs of pictures that do
and do not show one product. It answers at even odds; whoever knows better odds before looking says so (`at`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shelflens.calibrate.calibration import family
from shelflens.calibrate.choice import fit_choice, table_lists
from shelflens.calibrate.evidence import COLUMNS, KINDS, PRIOR, RISING, CandidateEvidence, features
from shelflens.calibrate.fusion import Explanation, FusionModel
from shelflens.errors import CatalogueError

FORMAT: Final = 1
EVEN: Final = 0.5  # the probability before looking that a model is fitted at
RIDGE: Final = 1e-3  # as calibrations have it; 1e-4 and 1e-2 differ by 0.0005 in Brier (docs/matching.md)
LOOKED_FOR: Final = ("colour", "hash", "local", "words")  # each with and without: one model for every set


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures of which it is known whether they show the same product."""

    evidence: CandidateEvidence
    same: bool
    products: tuple[str, str]  # equal if `same`

    def only(self, kinds: Collection[str]) -> Pair:
        """The same pair, had only these kinds of evidence been looked for."""
        values = {name: value for name, value in self.evidence.values.items() if name in kinds}
        return replace(self, evidence=CandidateEvidence(values))


@dataclass(frozen=True, slots=True)
class PairModel:
    """A model for two bare pictures, and the odds that it starts from."""

    fusion: FusionModel
    prior: float = EVEN  # P(same product) before looking, 0..1

    def at(self, prior: float) -> PairModel:
        """The same evidence weighed from other odds: Bayes' rule. Raises ValueError outside of 0..1."""
        if not 0 < prior < 1:
            raise ValueError(f"the probability before looking must lie between 0 and 1, not {prior}")
        shift = np.log(prior / (1 - prior)) - np.log(self.prior / (1 - self.prior))
        return PairModel(replace(self.fusion, none=self.fusion.none - float(shift)), prior)

    def probability(self, evidence: CandidateEvidence) -> float:
        """That both pictures show the same product, 0..1."""
        return self.fusion.probabilities([evidence])[0]

    def explain(self, evidence: CandidateEvidence) -> Explanation:
        """Why; "start" is a typical pair of one product at these odds."""
        found = self.fusion.explain([evidence], 0)
        of_others = ("rivals", "correction")  # there are none, and there is no curve
        return replace(found, contributions=tuple(one for one in found.contributions if one.name not in of_others))


def fit_pairs(pairs: Sequence[Pair], *, prior: float = EVEN, ridge: float = RIDGE) -> PairModel:
    """Pairs of one product count for `prior` of the whole, however many of them there are."""
    tables = [features([pair.evidence]) for pair in pairs]
    share = sum(pair.same for pair in pairs) / len(pairs)
    weight = [prior / share if pair.same else (1 - prior) / (1 - share) for pair in pairs]
    lists = table_lists(tables, [0 if pair.same else -1 for pair in pairs], weight)
    weights, none = fit_choice(lists, rising=RISING, ridge=ridge, prior=PRIOR)
    named = {column.name: value for column, value in zip(COLUMNS, weights.tolist(), strict=True) if value}
    same = np.concatenate([table for table, pair in zip(tables, pairs, strict=True) if pair.same])
    fusion = FusionModel(named, none, typical=_typical(same * weights, same))
    return PairModel(fusion, prior)


def judge_pairs(pairs: Sequence[Pair], *, folds: int = 5, ridge: float = RIDGE, seed: int = 0) -> NDArray[np.float64]:
    """(M,) the probability of each pair by a model that saw neither of its two products.

    Without a product, fewer pairs of two than of one are left to fit on; the odds are those of all pairs nevertheless.
    """
    prior = sum(pair.same for pair in pairs) / len(pairs)
    products = sorted({product for pair in pairs for product in pair.products})
    order = np.random.default_rng(seed).permutation(len(products))
    fold = {product: int(order[at]) % folds for at, product in enumerate(products)}
    touched = [frozenset(fold[product] for product in pair.products) for pair in pairs]
    probability = np.zeros(len(pairs))
    for held_out in set(touched):
        rest = [it for it, at in zip(pairs, touched, strict=True) if not at & held_out]
        model = fit_pairs(rest, prior=prior, ridge=ridge)
        for row in (row for row, at in enumerate(touched) if at == held_out):
            probability[row] = model.probability(pairs[row].evidence)
    return probability


def digest(pairs: Sequence[Pair]) -> str:
    """12 hex digits that name the fitting data, whatever the order."""
    lines = sorted(
        json.dumps([pair.same, pair.products, sorted((k, v) for k, v in pair.evidence.values.items() if v is not None)])
        for pair in pairs
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def shipped_pair_model(model: str, evidence: Collection[str]) -> PairModel | None:
    """The one for a model's cosines and the kinds of evidence that are looked for; None: none for the model.

    A barcode weighs in each what it weighs before any data. What it was fitted on stands in the file.
    """
    text = resources.files("shelflens.calibrate").joinpath("pairs.json").read_text(encoding="utf-8")
    data = json.loads(text)
    if data["format"] != FORMAT:
        raise CatalogueError(f"pairs.json: format {data['format']!r}; this shelflens reads {FORMAT}")
    found = data["models"].get(pair_name(model, evidence))
    if found is None:
        return None
    return PairModel(FusionModel(found["weights"], found["none"], typical=found["typical"]), data["prior"])


def pair_name(model: str, evidence: Collection[str]) -> str:
    """The key of the shipped file: "lite0", "lite0 hash local"."""
    return " ".join([family(model), *sorted({*LOOKED_FOR} & set(evidence))])


def _typical(utilities: NDArray[np.float64], tables: NDArray[np.float64]) -> dict[str, float]:
    """Each evidence's mean utility over the pairs of one product that have it."""
    typical: dict[str, float] = {}
    for kind in KINDS:
        mine = np.array([column.evidence == kind.name for column in COLUMNS])
        known = tables[:, mine][:, -1] > 0
        if known.any():
            typical[kind.name] = float(utilities[known][:, mine].sum(axis=1).mean())
    return typical
