"""The report: how well a catalogue answers, in numbers, curves and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shelflens.pages.chart import Chart
from shelflens.pages.render import render
from shelflens.types import Product


@dataclass(frozen=True, slots=True)
class Figure:
    """A share with its interval; all 0..1."""

    name: str  # "Recall@1"
    value: float
    low: float
    high: float
    gloss: str = ""  # what it says, for people


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CategoryRow:
    name: str  # empty: queries without a category
    queries: int
    first: Figure  # drawn as a bar
    others: tuple[Figure, ...]  # as numbers


@dataclass(frozen=True, slots=True)
class Pictured:
    """A product with one of its photos."""

    product: Product
    photo: bytes  # JPEG; empty: none is kept
    score: float | None = None  # cosine to the query


@dataclass(frozen=True, slots=True)
class Mistake:
    """A query whose first match is wrong."""

    name: str
    category: str
    photo: bytes
    found: Pictured | None  # None: nothing was found
    right: Pictured
    rank: int | None  # of the right product; None: not found
    nearest_place: int | None  # of its nearest photo among the gallery's


@dataclass(frozen=True, slots=True)
class MixUp:
    """A product that is taken for another."""

    product: Pictured
    taken_for: Pictured
    queries: int
    photos: tuple[bytes, ...]  # of some of these queries


@dataclass(frozen=True, slots=True)
class BadRowLine:
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReportPage:
    title: str
    lead: str
    figures: tuple[Figure, ...]
    facts: tuple[Fact, ...]
    charts: tuple[Chart, ...]
    categories: tuple[CategoryRow, ...]
    mistakes: tuple[Mistake, ...]
    mixups: tuple[MixUp, ...]
    bad_rows: Sequence[BadRowLine]
    data_file: str  # beside the page


BAD_ROWS_SHOWN = 200


def report(page: ReportPage) -> str:
    """A whole HTML page; thumbnails of about 320 pixels are right for it."""
    return render("report.html", page=page, title=page.title, bad_rows_shown=BAD_ROWS_SHOWN)
