"""The page that shows why a match is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shelflens.pages.render import render


@dataclass(frozen=True, slots=True)
class Key:
    """One kind of line in a picture."""

    name: str
    colour: str  # "#56b4e9"
    count: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One row of the evidence."""

    name: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class FoundText:
    """A word or a number that was read in the query."""

    number: int  # of its frame
    name: str  # the evidence's
    colour: str
    text: str
    fits: str  # what it was held against; empty: nothing fits
    share: float  # how well it fits, 0..1
    framed: bool  # it is drawn


@dataclass(frozen=True, slots=True)
class Bar:
    """What one reason adds to the log-odds."""

    name: str
    log_odds: float
    share: float  # of the longest bar, 0..1


@dataclass(frozen=True, slots=True)
class ExplainedPair:
    title: str
    subtitle: str
    probability: float | None
    similarity: float
    picture: bytes  # JPEG, both side by side; empty: one of them is gone
    keys: tuple[Key, ...]
    body: str  # colour of the frame around what was located; empty: nothing was
    texts: tuple[FoundText, ...]
    heats: tuple[bytes, ...]  # JPEG, query and photo; or none
    reasons: tuple[Reason, ...]
    missing: tuple[Reason, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class ExplainPage:
    title: str
    lead: str
    pairs: Sequence[ExplainedPair]


@dataclass(frozen=True, slots=True)
class ExplainTexts:
    """The page's own words; another language is another value."""

    same: str = "same product"
    evidence: str = "Evidence"
    what: str = "What was compared"
    value: str = "Value"
    found: str = "What was found"
    why: str = "What moves the probability"
    why_hint: str = "Log-odds: +0.7 doubles the odds, −0.7 halves them. To the right speaks for the same product."
    heat: str = "Where they look alike"
    heat_hint: str = (
        "Yellow adds most to the similarity, blue a little more than average; without colour, no more. "
        "What is faded was not looked at."
    )
    query: str = "Query"
    photo: str = "Photo compared with"
    pictures: str = "query on the left, the photo compared with on the right"
    agreeing: str = "agreeing places"
    agreeing_one: str = "agreeing place"
    at_most: str = "At most 60 lines are drawn of each."
    body: str = "the main body as it was located; looks are compared there alone"
    no_lines: str = "No agreeing places to draw."
    texts: str = "What was read"
    texts_hint: str = (
        "In the query, with the number of its frame, and what of the product it fits; 100 % is letter for letter. "
        "A line of which one word in two fits has half."
    )
    read: str = "Read"
    fits: str = "Fits"
    how_well: str = "How well"
    fits_nothing: str = "nothing of this product"
    missing: str = "Not looked at:"
    gone: str = "A picture is no longer where the catalogue read it"
    nothing: str = "Nothing to explain"
    nothing_hint: str = "The search found no product."
    names: tuple[tuple[str, str], ...] = (
        ("similarity", "Similarity"),
        ("local", "Local features"),
        ("words", "Label words"),
        ("barcode", "Barcode"),
        ("hash", "Picture hash"),
        ("colour", "Colour"),
        ("category", "Category"),
        ("start", "A typical match"),
        ("rivals", "Other products"),
        ("correction", "Calibration"),
    )

    def name(self, evidence: str) -> str:
        """For people; what a package brought keeps the name that it has."""
        return dict(self.names).get(evidence, evidence)


def explain_page(page: ExplainPage) -> str:
    """A whole HTML page."""
    return render("explain.html", page=page, title=page.title, e=ExplainTexts(), likely=likely)


def likely(probability: float) -> str:
    """Never "100 %" nor "0 %": nothing is certain."""
    if probability >= 0.995:
        return "> 99 %"
    return "< 1 %" if probability < 0.005 else f"{100 * probability:.0f} %"
