"""A fitted calibration as one page: do its probabilities come true, and what do its bands buy?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shelflens.calibrate.bands import Bands
from shelflens.calibrate.calibration import Calibration
from shelflens.calibrate.evidence import COLUMNS
from shelflens.calibrate.fitting import HeldOut
from shelflens.metrics.calibration import (
    auroc,
    brier_score,
    chance_error,
    coverage_at,
    expected_calibration_error,
    mass_edges,
    precision_recall,
    reliability,
)
from shelflens.pages.calibration import CalibrationPage, WeightRow, calibration
from shelflens.pages.chart import Chart, Columns, Curve, even_axis, share_axis
from shelflens.pages.report import Fact

RELIABILITY_BINS = 10  # of equal mass: every point stands on as many queries
HISTOGRAM_BINS = 20
POINTS = 200  # of a curve; more cannot be seen
COUNT_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000)


def calibration_page(fitted: Calibration, judged: HeldOut, *, title: str = "Calibration") -> str:
    """A whole HTML page. `judged` are answers by a model that did not see them: the fit's own held-out ones, or those
    to other photos. At least one answer is needed."""
    probability, right = judged.probability, judged.right
    assert len(probability), "no answers to judge"
    return calibration(
        CalibrationPage(
            title=title,
            lead=f"{len(probability)} queries, judged by models that had not seen their products. "
            f"Fitted on: {fitted.provenance.data} (data {fitted.provenance.digest}).",
            facts=_facts(fitted.bands, judged),
            charts=(
                reliability_chart(probability, right),
                precision_chart(probability, right),
                histogram_chart(probability, right),
            ),
            weights=_weights(fitted),
        )
    )


def reliability_chart(probability: NDArray[np.float64], right: NDArray[np.bool_]) -> Chart:
    bins = reliability(probability, right, edges=mass_edges(probability, RELIABILITY_BINS))
    seen = np.flatnonzero(bins.counts > 0)
    rows = list(
        zip(*(part[seen].tolist() for part in (bins.promised, bins.observed, bins.low, bins.high)), strict=True)
    )
    error = expected_calibration_error(probability, right)
    return Chart(
        title="Reliability",
        caption="Of answers with this probability, how many were right; with the 95 % interval",
        summary=f"The expected calibration error is {error:.3f}.",
        x=share_axis("probability given, %"),
        y=share_axis("right, %"),
        curves=(
            Curve(
                "observed",
                points=tuple((promised, observed) for promised, observed, _, _ in rows),
                band=tuple((promised, low, high) for promised, _, low, high in rows),
            ),
            Curve("as promised", points=((0.0, 0.0), (1.0, 1.0))),
        ),
    )


def precision_chart(probability: NDArray[np.float64], right: NDArray[np.bool_]) -> Chart:
    curve = precision_recall(probability, right)
    shown = np.unique(np.linspace(0, len(curve.thresholds) - 1, POINTS).astype(int))[::-1]
    points = zip(curve.recall[shown].tolist(), curve.precision[shown].tolist(), strict=True)
    return Chart(
        title="Precision and recall",
        caption="If only the most probable answers are given: how many of the right ones, and how many are right",
        summary=f"Over all answers, {right.mean():.1%} are right.",
        x=share_axis("right answers given, %"),
        y=share_axis("right among the given, %"),
        curves=(Curve("precision", points=tuple(points)),),
    )


def histogram_chart(probability: NDArray[np.float64], right: NDArray[np.bool_]) -> Chart:
    counts = [np.histogram(probability[chosen], bins=HISTOGRAM_BINS, range=(0.0, 1.0)) for chosen in (right, ~right)]
    tallest = max(int(heights.max()) for heights, _ in counts)
    return Chart(
        title="Probabilities given",
        caption="Queries by the probability of their best match; good evidence parts them to the ends",
        summary=f"{(probability >= 0.9).mean():.0%} of the queries got 90 % or more, {(probability < 0.1).mean():.0%} "
        "less than 10 %.",
        x=share_axis("probability given, %"),
        y=even_axis("queries", 0, max(tallest, 1), steps=COUNT_STEPS),
        columns=tuple(
            Columns(name, tuple(edges.tolist()), tuple(heights.astype(float).tolist()))
            for name, (heights, edges) in zip(("right", "wrong"), counts, strict=True)
        ),
    )


def _facts(bands: Bands, judged: HeldOut) -> tuple[Fact, ...]:
    probability, right = judged.probability, judged.right
    error, chance = expected_calibration_error(probability, right), chance_error(probability)
    facts = [
        Fact("Expected calibration error", f"{error:.3f}", f"{chance:.3f} would be chance at this number of queries"),
        Fact("Brier score", f"{brier_score(probability, right):.3f}", "0 is perfect"),
        Fact(
            f"Answered at {bands.precision:.0%} precision",
            f"{coverage_at(probability, right, precision=bands.precision):.1%}",
            "of all queries, as observed",
        ),
        _band("Accept", bands.accept, probability, above=True),
        _band("Reject", bands.reject, probability, above=False),
    ]
    if judged.known.any():
        apart = auroc(probability[judged.known], judged.without[judged.known])
        facts.append(Fact("Known against unknown products", f"{apart:.3f}", "AUROC; 1 is perfect, 0.5 is chance"))
    return tuple(facts)


def _band(name: str, edge: float | None, probability: NDArray[np.float64], *, above: bool) -> Fact:
    if edge is None:
        return Fact(name, "nothing", "the examples cannot support the promise")
    inside = probability >= edge if above else probability < edge
    return Fact(name, f"{inside.mean():.1%}", f"of queries: {'from' if above else 'below'} a probability of {edge:.1%}")


def _weights(fitted: Calibration) -> tuple[WeightRow, ...]:
    rows = []
    for kind in fitted.model.evidence:
        mine = [column.name for column in COLUMNS if column.evidence == kind]
        words = (f"{name} {fitted.model.weights[name]:+.2f}" for name in mine if fitted.model.weights.get(name))
        rows.append(WeightRow(kind, " · ".join(words)))
    return tuple(rows)
