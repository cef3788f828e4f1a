"""From probabilities and true classes to figures with intervals, classes and confusions. Photos of labels that the
model has not learnt are not among them."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from shelflens.assess.result import ClassScores, Confusion, Score
from shelflens.classify.labels import Labels
from shelflens.metrics.bootstrap import intervals, intervals_of
from shelflens.metrics.calibration import auroc, chance_error, coverage_at, expected_calibration_error
from shelflens.metrics.classification import ClassCounts, among_first, brier_of_classes, class_counts, log_loss
from shelflens.metrics.curves import precision_recall_curve

_AVERAGES = tuple(f"{name}_{average}" for average in ("macro", "weighted") for name in ("precision", "recall", "f1"))
_GAPS = ("brier", "log_loss")
_OTHERS = ("auroc_macro", "average_precision_macro", "ece", "ece_chance", "coverage@99")


def answer_scores(
    probabilities: NDArray[np.float64], truth: NDArray[np.int64], labels: Labels, *, seed: int
) -> tuple[Score, ...]:
    """`probabilities`, (N, classes), `truth`, (N,) places of classes."""
    if not len(truth):
        return no_scores(labels)
    names = _shares(labels)
    columns = [among_first(probabilities, truth, 1), among_first(probabilities, truth, 5)]
    for group in labels.groups:
        columns.append(among_first(group.sums(probabilities), group.places()[truth], 1))
    columns += [brier_of_classes(probabilities, truth), log_loss(probabilities, truth)]
    by_mean = mean_scores((*names, *_GAPS), np.stack(columns, axis=1), seed=seed)
    sure, right = probabilities.max(axis=1).clip(0, 1), columns[0] == 1
    parted = [(scores.auroc, scores.average_precision) for scores in class_scores(probabilities, truth, labels)]
    aurocs = [area for area, _ in parted if area is not None]
    areas = [area for _, area in parted if area is not None]
    values = (
        float(np.mean(aurocs)) if aurocs else None,
        float(np.mean(areas)),
        expected_calibration_error(sure, right),
        chance_error(sure),
        coverage_at(sure, right, precision=0.99),
    )
    return (
        *by_mean[: len(names)],
        *_averages(truth, probabilities.argmax(axis=1), classes=len(labels.names), seed=seed),
        *(Score(name, value) for name, value in zip(_OTHERS, values, strict=True)),
        *by_mean[len(names) :],
    )


def no_scores(labels: Labels | None) -> tuple[Score, ...]:
    """The same figures without values: no photo is of a class of the model, or the model gives no answers."""
    return tuple(Score(name, None) for name in (*_shares(labels), *_AVERAGES, *_OTHERS, *_GAPS))


def class_scores(
    probabilities: NDArray[np.float64], truth: NDArray[np.int64], labels: Labels
) -> tuple[ClassScores, ...]:
    """In the labels' order, those without photos too."""
    counts = class_counts(truth, probabilities.argmax(axis=1), classes=len(labels.names))
    precision, recall, f1 = counts.precision.tolist(), counts.recall.tolist(), counts.f1.tolist()
    found = []
    for place, label in enumerate(labels.names):
        scores, own = probabilities[:, place], truth == place
        found.append(
            ClassScores(
                label,
                photos=int(counts.support[place]),
                predicted=int(counts.predicted[place]),
                right=int(counts.right[place]),
                precision=precision[place],
                recall=recall[place],
                f1=f1[place],
                auroc=auroc(scores[own], scores[~own]) if 0 < own.sum() < len(own) else None,
                average_precision=precision_recall_curve(scores, own).average_precision if own.any() else None,
            )
        )
    return tuple(found)


def confusions(
    probabilities: NDArray[np.float64], truth: NDArray[np.int64], labels: Labels, places: NDArray[np.int64]
) -> tuple[Confusion, ...]:
    """Every pair of a class and another that it was taken for; `places`, (N,), name the photos."""
    predicted, sure = probabilities.argmax(axis=1), probabilities.max(axis=1, initial=0.0)
    pairs: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in np.argsort(-sure, kind="stable").tolist():
        if predicted[row] != truth[row]:
            pairs[int(truth[row]), int(predicted[row])].append(row)
    ranked = sorted(pairs.items(), key=lambda pair: (-len(pair[1]), -sure[pair[1][0]], pair[0]))
    return tuple(
        Confusion(labels.names[own], labels.names[other], tuple(places[rows].tolist())) for (own, other), rows in ranked
    )


def _shares(labels: Labels | None) -> tuple[str, ...]:
    return ("accuracy", "top5", *(f"accuracy_{group.name}" for group in (labels.groups if labels else ())))


def mean_scores(names: tuple[str, ...], values: NDArray[np.float64], *, seed: int) -> tuple[Score, ...]:
    ends = intervals(values, seed=seed).tolist()
    means = values.mean(axis=0).tolist()
    return tuple(Score(name, mean, low, high) for name, mean, (low, high) in zip(names, means, ends, strict=True))


def _averages(truth: NDArray[np.int64], predicted: NDArray[np.int64], *, classes: int, seed: int) -> tuple[Score, ...]:
    def statistics(times: NDArray[np.float64] | None) -> NDArray[np.float64]:
        return _averaged(class_counts(truth, predicted, classes=classes, times=times))

    ends = intervals_of(statistics, len(truth), seed=seed).tolist()
    values = statistics(None).tolist()
    return tuple(
        Score(name, value, low, high) for name, value, (low, high) in zip(_AVERAGES, values, ends, strict=True)
    )


def _averaged(counts: ClassCounts) -> NDArray[np.float64]:
    """(..., len(_AVERAGES))."""
    measures = (counts.precision, counts.recall, counts.f1)
    return np.stack([mean(values) for mean in (counts.macro, counts.weighted) for values in measures], axis=-1)
