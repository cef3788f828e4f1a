"""The sheet: what a search found, in pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shelflens.pages.render import render
from shelflens.types import Match, Metric, Verdict


@dataclass(frozen=True, slots=True)
class SheetMatch:
    """One product found."""

    match: Match
    picture: bytes  # JPEG of the photo that matched; empty: none is kept


@dataclass(frozen=True, slots=True)
class SheetQuery:
    """One question: pictures of one thing."""

    title: str  # what the user called it: a file name, a product id
    pictures: tuple[bytes, ...]  # JPEG
    matches: tuple[SheetMatch, ...]  # best first; their scores in the sheet's metric
    note: str = ""  # "14 ms"
    verdict: Verdict | None = None


def sheet(title: str, queries: Sequence[SheetQuery], *, metric: Metric = Metric.COSINE) -> str:
    """A whole HTML page; thumbnails of about 320 pixels are right for it."""
    return render("sheet.html", title=title, queries=queries, metric=metric, closeness=closeness)


def closeness(score: float, metric: Metric) -> float:
    """0..1, the length of a score's bar: fuller is nearer, whichever way the metric runs."""
    return min(1.0, max(0.0, score if metric is Metric.COSINE else 1 - score / 2))
