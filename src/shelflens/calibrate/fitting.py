"""From labelled candidate lists to a calibration, with every judgement made on products that were held out.

Weights are fitted on all folds but one and tried on that one; the curve, the bands and the figures are learned
from those held-out answers; the weights that are kept are then fitted on all folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelflens.calibrate.bands import Bands, fit_bands
from shelflens.calibrate.calibration import Calibration, Provenance
from shelflens.calibrate.choice import Floats, Lists, fit_choice, log_odds, sigmoid, table_lists
from shelflens.calibrate.curve import BetaCurve, fit_curve
from shelflens.calibrate.evidence import COLUMNS, KINDS, PRIOR, RISING, Table, features
from shelflens.calibrate.examples import Example, digest, folds
from shelflens.calibrate.fusion import FusionModel
from shelflens.errors import CatalogueError
from shelflens.metrics.calibration import brier_score, expected_calibration_error

OUT = -1  # the fold of queries that take no part
FEWEST_PRODUCTS = 10  # below that, held-out products say nothing


@dataclass(frozen=True, slots=True)
class FitOptions:
    """Chosen on Grocery by cross-validation over products: docs/calibration.md."""

    folds: int = 5
    ridge: float = 1e-3
    unknown_share: float = 0.02  # of future queries whose product is not in the catalogue
    precision: float = 0.99  # of the accept band
    rejection: float = 0.95  # of the reject band
    confidence: float = 0.9
    per_category: bool = True
    seed: int = 0


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The best candidate of every query, judged by a model that had not seen the query's product."""

    probability: NDArray[np.float64]  # (Q,)
    right: NDArray[np.bool_]  # (Q,)
    known: NDArray[np.bool_]  # (Q,): was the query's product among the candidates?
    without: NDArray[np.float64]  # (Q,): the best candidate's, had the query's product been taken out of the catalogue


@dataclass(frozen=True, slots=True)
class Fit:
    calibration: Calibration
    held_out: HeldOut


@dataclass(frozen=True, slots=True)
class _Answers:
    """Best candidates with their log-odds before the curve."""

    log_odds: Floats
    right: NDArray[np.bool_]
    categories: list[str]


def fit(examples: Sequence[Example], *, data: str, options: FitOptions | None = None) -> Fit:
    """`data` says for people what the examples are. Examples without candidates are left out. Raises CatalogueError
    when there are fewer than 10 products, or when not one query has its product among the candidates."""
    options = options or FitOptions()
    given, examples = examples, [example for example in examples if example.candidates]
    products = len({example.product_id for example in examples})
    if products < FEWEST_PRODUCTS:
        raise CatalogueError(
            f"{data}: a calibration needs queries of at least {FEWEST_PRODUCTS} products, not {products}"
        )
    if all(example.right is None for example in examples):
        raise CatalogueError(f"{data}: no query has its product among its candidates, so nothing can be learned")
    whole, fold = _Queries.of(examples, options.unknown_share), folds(examples, count=options.folds, seed=options.seed)
    drawn = _drawn(examples, options)
    held_out = _judge(whole, fold, drawn, options)
    weights, none = _choose(whole, np.arange(len(fold)), options)
    model = FusionModel(
        {column.name: value for column, value in zip(COLUMNS, weights.tolist(), strict=True) if value},
        none,
        _curve(whole, fold, drawn, options),
        _typical(whole.tables, weights, none),
    )
    provenance = Provenance(
        data=data,
        digest=digest(given),
        queries=len(examples),
        products=products,
        unknown_share=options.unknown_share,
        ece=expected_calibration_error(held_out.probability, held_out.right),
        brier=brier_score(held_out.probability, held_out.right),
    )
    return Fit(Calibration(model, _bands(held_out, options), provenance), held_out)


@dataclass(frozen=True, slots=True)
class _Queries:
    """Each query twice: with its product among the candidates, and in a catalogue without it."""

    tables: list[Table]
    right: list[int]  # -1: not there
    categories: list[list[str]]
    without: list[Table]
    without_categories: list[list[str]]
    known: NDArray[np.bool_]  # (Q,): right >= 0
    lists: Lists  # (2 Q): first with, then without; weighted to the share of unknown products that is to be expected

    @classmethod
    def of(cls, examples: Sequence[Example], unknown_share: float) -> _Queries:
        unknown = [example.unknown() for example in examples]
        tables = [features(example.candidates) for example in examples]
        right = [-1 if example.right is None else example.right for example in examples]
        without = [features(example.candidates) for example in unknown]
        each = len(examples)
        weights = [1 - unknown_share] * each + [unknown_share] * each
        return cls(
            tables,
            right,
            [[one.category for one in example.candidates] for example in examples],
            without,
            [[one.category for one in example.candidates] for example in unknown],
            np.array([example.right is not None for example in examples]),
            table_lists(tables + without, right + [-1] * each, weights),
        )


def _choose(queries: _Queries, chosen: NDArray[np.int64], options: FitOptions) -> tuple[Floats, float]:
    both = np.concatenate([chosen, chosen + len(queries.right)])
    return fit_choice(queries.lists.of(both), rising=RISING, ridge=options.ridge, prior=PRIOR)


def _drawn(examples: Sequence[Example], options: FitOptions) -> NDArray[np.bool_]:
    """(Q,): the queries that are judged without their product, so that held-out figures meet unknown products as
    often as customers bring them."""
    random = np.random.default_rng(options.seed)
    return random.random(len(examples)) < options.unknown_share


def _judge(queries: _Queries, fold: NDArray[np.int64], drawn: NDArray[np.bool_], options: FitOptions) -> HeldOut:
    """Each fold by weights and a curve that were learned without it: the curve's own answers too come from weights
    that saw neither the fold that they answer nor the one that is judged."""
    probability, right = np.zeros(len(fold)), np.zeros(len(fold), dtype=np.bool_)
    without, everyone = np.zeros(len(fold)), np.ones(len(fold), dtype=np.bool_)
    for held in np.unique(fold):
        inside = np.flatnonzero(fold == held)
        weights, none = _choose(queries, np.flatnonzero(fold != held), options)
        answers = _answer(queries, inside, drawn, weights, none)
        curve = _curve(queries, np.where(fold == held, OUT, fold), drawn, options)
        probability[inside] = sigmoid(curve(answers.log_odds, answers.categories))
        right[inside] = answers.right
        strange = _answer(queries, inside, everyone, weights, none)
        without[inside] = sigmoid(curve(strange.log_odds, strange.categories))
    return HeldOut(probability, right, queries.known & ~drawn, without)


def _curve(queries: _Queries, fold: NDArray[np.int64], drawn: NDArray[np.bool_], options: FitOptions) -> BetaCurve:
    """From the answers of every fold, each by weights fitted on the others; fold OUT takes no part."""
    found = []
    for held in np.unique(fold[fold != OUT]):
        weights, none = _choose(queries, np.flatnonzero((fold != held) & (fold != OUT)), options)
        found.append(_answer(queries, np.flatnonzero(fold == held), drawn, weights, none))
    return fit_curve(
        np.concatenate([answers.log_odds for answers in found]),
        np.concatenate([answers.right for answers in found]).astype(np.float64),
        [category for answers in found for category in answers.categories],
        per_category=options.per_category,
    )


def _answer(
    queries: _Queries, chosen: NDArray[np.int64], drawn: NDArray[np.bool_], weights: Floats, none: float
) -> _Answers:
    odds, right, categories = [], [], []
    for at in chosen.tolist():
        table = queries.without[at] if drawn[at] else queries.tables[at]
        names = queries.without_categories[at] if drawn[at] else queries.categories[at]
        found = log_odds(table @ weights, none)
        best = int(np.argmax(found)) if len(found) else -1
        odds.append(float(found[best]) if len(found) else -np.inf)
        right.append(len(found) > 0 and not drawn[at] and best == queries.right[at])
        categories.append(names[best] if len(found) else "")
    return _Answers(np.array(odds), np.array(right, dtype=np.bool_), categories)


def _typical(tables: Sequence[Table], weights: Floats, none: float) -> dict[str, float]:
    """Each evidence's mean utility over the best candidates that have it."""
    best = np.stack([table[int(np.argmax(log_odds(table @ weights, none)))] for table in tables])
    typical: dict[str, float] = {}
    for kind in KINDS:
        mine = np.array([column.evidence == kind.name for column in COLUMNS])
        known = best[:, mine][:, -1] > 0
        if known.any():
            typical[kind.name] = float((best[known] * weights)[:, mine].sum(axis=1).mean())
    return typical


def _bands(held_out: HeldOut, options: FitOptions) -> Bands:
    return fit_bands(
        held_out.probability,
        held_out.right,
        precision=options.precision,
        rejection=options.rejection,
        confidence=options.confidence,
    )
