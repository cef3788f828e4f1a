"""An evaluation's curves: recall over k, scores of right and wrong answers, what a threshold buys."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shelflens.evaluate.result import Evaluation, Outcome
from shelflens.metrics.bootstrap import intervals
from shelflens.metrics.products import recall
from shelflens.metrics.threshold import threshold_curve
from shelflens.pages.chart import Axis, Chart, Columns, Curve, even_axis, share_axis

KS = tuple(range(1, 11))
BINS = 20
POINTS = 200  # of a curve; more cannot be seen
FEWEST = 10  # answers that a share is drawn for


def charts(evaluation: Evaluation) -> tuple[Chart, ...]:
    drawn = [recall_chart(evaluation)]
    answered = [outcome for outcome in evaluation.outcomes if outcome.matches]
    if answered:
        drawn += [score_chart(answered), threshold_chart(evaluation.outcomes)]
    return tuple(drawn)


def recall_chart(evaluation: Evaluation) -> Chart:
    ranks = np.array([outcome.rank or 0 for outcome in evaluation.outcomes])
    values = np.stack([recall(ranks, k) for k in KS], axis=1)
    means, ends = values.mean(axis=0).tolist(), intervals(values).tolist()
    return Chart(
        title="Recall@k",
        caption="Share of queries whose product is among the first k, with its 95 % interval",
        summary=f"It rises from {means[0]:.1%} at k = 1 to {means[-1]:.1%} at k = {KS[-1]}.",
        x=Axis("k, products shown", KS[0], KS[-1], tuple((k, str(k)) for k in KS)),
        y=share_axis("queries, %"),
        curves=(
            Curve(
                "Recall@k",
                points=tuple(zip(KS, means, strict=True)),
                band=tuple((k, low, high) for k, (low, high) in zip(KS, ends, strict=True)),
            ),
        ),
    )


def score_chart(answered: Sequence[Outcome]) -> Chart:
    """`answered` are outcomes with at least one match."""
    scores, right = _first_scores(answered), np.array([outcome.right for outcome in answered])
    axis = _score_axis(scores)
    counts = [np.histogram(scores[chosen], bins=BINS, range=(axis.low, axis.high)) for chosen in (right, ~right)]
    tallest = max(int(heights.max()) for heights, _ in counts)
    return Chart(
        title="Scores of first matches",
        caption="How well right and wrong answers can be told apart by their similarity",
        summary=f"{_middle(scores[right], 'right')}; {_middle(scores[~right], 'wrong')}.",
        x=axis,
        y=even_axis("queries", 0, tallest, steps=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)),
        columns=tuple(
            Columns(name, tuple(edges.tolist()), tuple(heights.tolist()))
            for name, (heights, edges) in zip(("Right product", "Wrong product"), counts, strict=True)
        ),
    )


def threshold_chart(outcomes: Sequence[Outcome]) -> Chart:
    """At least one of the outcomes has a match."""
    scores = _first_scores(outcomes)
    curve = threshold_curve(scores, np.array([outcome.right for outcome in outcomes]))
    # The share of a handful of answers only flickers; the curves end before it.
    enough = np.flatnonzero(curve.answered * len(outcomes) >= min(FEWEST, len(outcomes) // 2))
    kept = enough[np.unique(np.linspace(0, len(enough) - 1, POINTS).round().astype(int))]
    thresholds = curve.thresholds[kept].tolist()
    middle = len(curve.thresholds) // 2
    return Chart(
        title="What a threshold buys",
        caption="If only first matches of at least this similarity were shown (--min-score)",
        summary=(
            f"Without a threshold {curve.accuracy[0]:.1%} of the answers are right; at {curve.thresholds[middle]:.2f}, "
            f"{curve.accuracy[middle]:.1%} of the answers to {curve.answered[middle]:.1%} of the queries."
        ),
        x=_score_axis(scores[np.isfinite(scores)]),
        y=share_axis("%"),
        curves=(
            Curve("Right, of those answered", tuple(zip(thresholds, curve.accuracy[kept].tolist(), strict=True))),
            Curve("Answered, of all queries", tuple(zip(thresholds, curve.answered[kept].tolist(), strict=True))),
        ),
    )


def _first_scores(outcomes: Sequence[Outcome]) -> NDArray[np.float64]:
    return np.array([outcome.matches[0].score if outcome.matches else -np.inf for outcome in outcomes])


def _score_axis(scores: NDArray[np.float64]) -> Axis:
    return even_axis(
        "similarity of the first match", scores.min(), scores.max(), steps=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    )


def _middle(scores: NDArray[np.float64], name: str) -> str:
    return (
        f"the median score of {len(scores)} {name} answers is {np.median(scores):.2f}"
        if len(scores)
        else f"no {name} answers"
    )
