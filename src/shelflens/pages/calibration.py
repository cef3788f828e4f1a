"""The page that says whether probabilities come true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shelflens.pages.chart import Chart
from shelflens.pages.render import render
from shelflens.pages.report import Fact
from shelflens.pages.texts import ENGLISH


@dataclass(frozen=True, slots=True)
class WeightRow:
    evidence: str
    weights: str  # of its columns, as words


@dataclass(frozen=True, slots=True)
class CalibrationPage:
    title: str
    lead: str
    facts: tuple[Fact, ...]
    charts: tuple[Chart, ...]
    weights: Sequence[WeightRow]


def calibration(page: CalibrationPage) -> str:
    """A whole HTML page."""
    return render(
        "charted.html",
        page=page,
        title=page.title,
        key="weights",
        heading=ENGLISH.weights,
        hint=ENGLISH.weights_hint,
        rows=[(row.evidence, row.weights) for row in page.weights],
    )
