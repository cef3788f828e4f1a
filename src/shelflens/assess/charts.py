"""A model's curves: do its probabilities come true, how are classes told apart, how did it learn?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.assess.learning import Epoch
from shelflens.assess.result import Assessment
from shelflens.evaluate.calibration_report import histogram_chart, reliability_chart
from shelflens.metrics.curves import (
    PrecisionRecallCurve,
    RocCurve,
    mean_precision_recall,
    mean_roc,
    precision_recall_curve,
    roc_curve,
)
from shelflens.pages.chart import Axis, Chart, Curve, even_axis, share_axis

POINTS = 200  # of a curve; more cannot be seen
_STEPS: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)
_EPOCHS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)


def charts(found: Assessment, history: Sequence[Epoch]) -> tuple[Chart, ...]:
    known = found.known
    drawn: list[Chart] = []
    if found.labels and known.any():
        sure, right = found.sureness[known].clip(0, 1), found.right[known]
        drawn += [reliability_chart(sure, right), _histogram(sure, right)]
        probabilities, truth = found.seen.probabilities[known], found.truth[known]
        learnable = [place for place in np.unique(truth).tolist() if not (truth == place).all()]
        if learnable:
            names = found.labels.names
            classes = [(names[place], probabilities[:, place], truth == place) for place in learnable]
            drawn += [roc_chart(classes), precision_recall_chart(classes)]
    return (*drawn, *learning_charts(history))


def _histogram(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> Chart:
    drawn = histogram_chart(sure, right)
    caption = "Photos by the probability of their first answer; a sure model parts them to the ends"
    return replace(drawn, caption=caption, y=replace(drawn.y, label="photos"))


Points: TypeAlias = tuple[tuple[float, float], ...]  # (x, y), ascending x
#: A class, (N,) its probabilities, (N,) is it the class?
Scored: TypeAlias = tuple[str, NDArray[np.float64], NDArray[np.bool_]]


def roc_chart(classes: Sequence[Scored]) -> Chart:
    """At least one class."""
    curves = {name: roc_curve(scores, own) for name, scores, own in classes}
    areas = {name: _area(curve) for name, curve in curves.items()}
    return _class_chart(
        areas,
        mean=_roc_points(mean_roc(list(curves.values()))),
        points=lambda name: _roc_points(curves[name]),
        measure="area under the curve",
        title="ROC",
        caption="Each class against the rest: how many of it are found at how many false alarms",
        x=share_axis("false alarms, % of the others"),
        y=share_axis("found, % of the class"),
    )


def precision_recall_chart(classes: Sequence[Scored]) -> Chart:
    """At least one class."""
    curves = {name: precision_recall_curve(scores, own) for name, scores, own in classes}
    areas = {name: curve.average_precision for name, curve in curves.items()}
    return _class_chart(
        areas,
        mean=_precision_points(mean_precision_recall(list(curves.values()))),
        points=lambda name: _precision_points(curves[name]),
        measure="average precision",
        title="Precision and recall",
        caption="Each class against the rest: how many of the found are right when so many of it are found",
        x=share_axis("recall, % of the class"),
        y=share_axis("precision, %"),
    )


def _class_chart(
    areas: Mapping[str, float],
    *,
    mean: Points,
    points: Callable[[str], Points],
    measure: str,
    title: str,
    caption: str,
    x: Axis,
    y: Axis,
) -> Chart:
    """The classes' mean curve, and the curve of the class with the least area, whose `points` are asked for."""
    weakest = min(areas, key=lambda name: areas[name])
    least = f"{areas[weakest]:.3f}"
    summary = f"The mean {measure} is {np.mean(list(areas.values())):.3f}; it is least for {weakest}, {least}."
    curves = Curve("Mean of the classes", mean), Curve(f"Weakest: {weakest} ({least})", points(weakest))
    return Chart(title, caption, summary, x, y, curves)


def learning_charts(history: Sequence[Epoch]) -> tuple[Chart, ...]:
    """Loss and accuracy by epoch, as far as the training wrote them down; none for fewer than two epochs."""
    if len(history) < 2:
        return ()
    x = even_axis("epoch", 1, history[-1].number, steps=_EPOCHS)
    drawn = []
    losses = _series(history, {"Training": lambda one: one.train_loss, "Held out": lambda one: one.held_loss})
    if losses:
        top = max(y for curve in losses for _, y in curve.points)
        drawn.append(
            _by_epoch("Loss while learning", "Lower is better", x, even_axis("loss", 0, top, steps=_STEPS), losses)
        )
    shares = _series(history, {"Held out": lambda one: one.held_accuracy})
    if shares:
        drawn.append(_by_epoch("Accuracy while learning", "On photos held out", x, share_axis("accuracy, %"), shares))
    return tuple(drawn)


def _series(history: Sequence[Epoch], of: dict[str, Callable[[Epoch], float | None]]) -> tuple[Curve, ...]:
    found = []
    for name, value in of.items():
        points = tuple((float(one.number), it) for one in history if (it := value(one)) is not None)
        if len(points) > 1:
            found.append(Curve(name, points))
    return tuple(found)


def _by_epoch(title: str, caption: str, x: Axis, y: Axis, curves: tuple[Curve, ...]) -> Chart:
    first, last = curves[0].points[0], curves[0].points[-1]
    summary = f"{curves[0].name}: from {first[1]:.3g} after epoch {first[0]:.0f} to {last[1]:.3g} after {last[0]:.0f}."
    return Chart(title, caption, summary, x, y, curves)


def _area(curve: RocCurve) -> float:
    return float(np.trapezoid(curve.true_positive, curve.false_positive))


def _roc_points(curve: RocCurve) -> Points:
    return _thinned(curve.false_positive, curve.true_positive)


def _precision_points(curve: PrecisionRecallCurve) -> Points:
    return _thinned(curve.recall, curve.precision)


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> Points:
    kept = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(int))
    return tuple(zip(x[kept].tolist(), y[kept].tolist(), strict=True))
