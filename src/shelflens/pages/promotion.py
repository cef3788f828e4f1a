"""What another model would change, as a page: figures, and pictures of the queries that it answers otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from shelflens.pages.render import render
from shelflens.pages.report import Fact, Pictured


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    metric: str
    old: float  # 0..1, as the next three
    new: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ChangedQuery:
    """A query that the two models answer differently."""

    name: str
    photo: bytes  # JPEG; empty: it can no longer be read
    old: Pictured | None  # its first match; None: nothing was found
    new: Pictured | None


@dataclass(frozen=True, slots=True)
class PromotionPage:
    title: str
    lead: str
    reasons: tuple[str, ...]
    differences: tuple[DifferenceRow, ...]
    facts: tuple[Fact, ...]
    won: tuple[ChangedQuery, ...]
    lost: tuple[ChangedQuery, ...]
    unlike: tuple[ChangedQuery, ...]  # answered otherwise, and neither won nor lost
    unlike_are_wrong: bool  # by both; else nobody has said what is right
    data_file: str  # beside the page


def promotion(page: PromotionPage) -> str:
    """A whole HTML page; thumbnails of about 280 pixels are right for it."""
    return render("promotion.html", page=page, title=page.title)
