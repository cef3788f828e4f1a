"""The two pages that look a catalogue over: its health, and what is there twice."""

from __future__ import annotations

from dataclasses import dataclass

from shelflens.pages.audit_texts import AUDIT_ENGLISH
from shelflens.pages.chart import Chart
from shelflens.pages.render import render
from shelflens.pages.report import Fact


@dataclass(frozen=True, slots=True)
class Tile:
    name: str
    value: str
    unit: str
    gloss: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A product, or a photo, in one to four pictures."""

    label: str
    name: str
    pictures: tuple[bytes, ...]  # JPEG; an empty one: none is kept
    note: str = ""
    wrong: bool = False  # the one that should not be where it is
    keep: bool = False  # the one that is suggested


@dataclass(frozen=True, slots=True)
class Case:
    """One finding with its evidence in pictures."""

    title: str
    badge: str
    grave: bool
    shown: tuple[Shown, ...]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Findings of one kind; `left_out` more are not on the page."""

    key: str
    title: str
    hint: str
    cases: tuple[Case, ...]
    left_out: int
    empty: str
    empty_hint: str
    columns: int  # of pictures in a case


@dataclass(frozen=True, slots=True)
class NeedRow:
    target: float  # 0..1
    photos: str
    source: str


@dataclass(frozen=True, slots=True)
class ThinRow:
    name: str
    photos: int
    missed: str
    gain: float  # 0..1


@dataclass(frozen=True, slots=True)
class AuditPage:
    title: str
    lead: str
    tiles: tuple[Tile, ...]
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    charts: tuple[Chart, ...] = ()
    needs: tuple[NeedRow, ...] = ()
    thin: tuple[ThinRow, ...] = ()
    thin_left_out: int = 0


def audit_page(page: AuditPage) -> str:
    """A whole HTML page; thumbnails of about 240 pixels are right for it."""
    return render("audit.html", page=page, title=page.title, a=AUDIT_ENGLISH)
