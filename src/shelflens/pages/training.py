"""The page that says how a model learnt and how good it became."""

from __future__ import annotations

from dataclasses import dataclass

from shelflens.pages.chart import Chart
from shelflens.pages.render import render
from shelflens.pages.report import Fact
from shelflens.pages.texts import ENGLISH


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
    return render(
        "charted.html",
        page=page,
        title=page.title,
        key="settings",
        heading=ENGLISH.settings,
        hint=ENGLISH.settings_hint,
        rows=[(row.name, row.value) for row in page.settings],
    )
