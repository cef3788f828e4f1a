"""The page that says how a model learnt and how good it became."""

from __future__ import annotations

from dataclasses import dataclass

from shelflens.pages.chart import Chart
from shelflens.pages.render import render
from shelflens.pages.report import Fact


@dataclass(frozen=True, slots=True)
class SettingRow:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class TrainingPage:
    title: str
    lead: str
    facts: tuple[Fact, ...]
    charts: tuple[Chart, ...]
    settings: tuple[SettingRow, ...]


def training(page: TrainingPage) -> str:
    """A whole HTML page."""
    return render("training.html", page=page, title=page.title)
