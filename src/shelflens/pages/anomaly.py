"""The page that shows what inspection found: every photo with the unusual places marked, the most unusual first."""

from __future__ import annotations

from dataclasses import dataclass

from shelflens.pages.render import render


@dataclass(frozen=True, slots=True)
class Inspected:
    name: str
    photo: bytes  # JPEG
    heat: bytes  # JPEG, the photo with its unusual places marked
    score: float
    suspicious: bool


@dataclass(frozen=True, slots=True)
class AnomalyTexts:
    photo: str = "Photo"
    heat: str = "Where"
    score: str = "times as unlike as usual"
    suspicious: str = "Suspicious"
    good: str = "Like the good ones"
    nothing: str = "No photo"
    nothing_hint: str = "None could be read."


@dataclass(frozen=True, slots=True)
class AnomalyPage:
    title: str
    lead: str
    photos: tuple[Inspected, ...]


def anomaly_page(page: AnomalyPage) -> str:
    """A whole HTML page."""
    return render("anomaly.html", page=page, title=page.title, x=AnomalyTexts())
