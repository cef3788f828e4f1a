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
from shelflens.calibrate.choice import Floats, Lists, fit_choice, log_odds, table_lists
from shelflens.calibrate.curve import BetaCurve, fit_curve
from shelflens.calibrate.evidence import COLUMNS, KINDS, RISING, Table, features
from shelflens.calibrate.examples import Example, digest, folds
from shelflens.calibrate.fusion import FusionModel
from shelflens.errors import CatalogueError
from shelflens.metrics.calibration import brier_score, expected_calibration_error

FEWEST_PRODUCTS = 10  # below that, held-out products say nothing


@dataclass(frozen=True, slots=True)
class FitOptions:
    """Chosen on Grocery by cross-validation over products: docs/calibration.md."""

    folds: int = 5
    ridge: float = 1e-3
    unknown_share: float = 0.1  # of future queries whose product is not in the catalogue
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
    whole, fold = _Queries.of(examples), folds(examples, count=options.folds, seed=options.seed)
    drawn = _drawn(examples, options)
    answers = _held_out(whole, fold, drawn, options)
    probability = np.empty(len(answers.right))
    for held in range(options.folds):
        curve = _curve(answers, np.flatnonzero(fold != held), options)
        inside = np.flatnonzero(fold == held)
        probability[inside] = _sigmoid(curve(answers.log_odds[inside], [answers.categories[at] for at in inside]))
    known = np.array([example.right is not None for example in examples]) & ~drawn
    held_out = HeldOut(probability, answers.right, known)
    weights, none = _choose(whole, np.arange(len(examples)), options)
    model = FusionModel(
        {column.name: value for column, value in zip(COLUMNS, weights.tolist(), strict=True) if value},
        none,
        _curve(answers, np.arange(len(examples)), options),
        _typical(whole.tables, weights, none),
    )
    provenance = Provenance(
        data=data,
        digest=digest(given),
        queries=len(examples),
        products=products,
        unknown_share=options.unknown_share,
        ece=expected_calibration_error(probability, answers.right),
        brier=brier_score(probability, answers.right),
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

    @classmethod
    def of(cls, examples: Sequence[Example]) -> _Queries:
        unknown = [example.unknown() for example in examples]
        return cls(
            [features(example.candidates) for example in examples],
            [-1 if example.right is None else example.right for example in examples],
            [[one.category for one in example.candidates] for example in examples],
            [features(example.candidates) for example in unknown],
            [[one.category for one in example.candidates] for example in unknown],
        )


def _choose(queries: _Queries, chosen: NDArray[np.int64], options: FitOptions) -> tuple[Floats, float]:
    return fit_choice(_lists(queries, chosen, options), rising=RISING, ridge=options.ridge)


def _lists(queries: _Queries, chosen: NDArray[np.int64], options: FitOptions) -> Lists:
    """Both forms of each query, weighted to the share of unknown products that is to be expected."""
    share = options.unknown_share
    tables = [queries.tables[at] for at in chosen] + [queries.without[at] for at in chosen]
    right = [queries.right[at] for at in chosen] + [-1] * len(chosen)
    return table_lists(tables, right, [1 - share] * len(chosen) + [share] * len(chosen))


def _drawn(examples: Sequence[Example], options: FitOptions) -> NDArray[np.bool_]:
    """(Q,): the queries that are judged without their product, so that held-out figures meet unknown products as
    often as customers bring them."""
    random = np.random.default_rng(options.seed)
    return random.random(len(examples)) < options.unknown_share


def _held_out(queries: _Queries, fold: NDArray[np.int64], drawn: NDArray[np.bool_], options: FitOptions) -> _Answers:
    odds, right, categories = np.full(len(fold), -np.inf), np.zeros(len(fold), dtype=np.bool_), [""] * len(fold)
    for held in np.unique(fold):
        weights, none = _choose(queries, np.flatnonzero(fold != held), options)
        for at in np.flatnonzero(fold == held):
            table = queries.without[at] if drawn[at] else queries.tables[at]
            names = queries.without_categories[at] if drawn[at] else queries.categories[at]
            if not len(table):
                continue
            found = log_odds(table @ weights, none)
            best = int(np.argmax(found))
            odds[at], categories[at] = found[best], names[best]
            right[at] = not drawn[at] and best == queries.right[at]
    return _Answers(odds, right, categories)


def _curve(answers: _Answers, chosen: NDArray[np.int64], options: FitOptions) -> BetaCurve:
    chosen = chosen[np.isfinite(answers.log_odds[chosen])]
    return fit_curve(
        answers.log_odds[chosen],
        answers.right[chosen].astype(np.float64),
        [answers.categories[at] for at in chosen],
        per_category=options.per_category,
    )


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


def _sigmoid(odds: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * odds)))
