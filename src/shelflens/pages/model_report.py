"""The report on a trained model: figures, curves, the confusion matrix, a map of its vectors, and its mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shelflens.pages.chart import Chart
from shelflens.pages.model_texts import MODEL_ENGLISH
from shelflens.pages.render import render
from shelflens.pages.report import BAD_ROWS_SHOWN, BadRowLine, Fact, Figure

Kind: TypeAlias = Literal["right", "wrong", "unseen"]


@dataclass(frozen=True, slots=True)
class ClassRow:
    label: str
    photos: int
    precision: float
    recall: float
    f1: float
    auroc: float | None
    average_precision: float | None


@dataclass(frozen=True, slots=True)
class RetrievalRow:
    name: str  # "Products that it has learnt"
    queries: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """Photos of the row's class that were said to be of the column's."""

    row: int
    column: int
    photos: int
    share: float  # of the row's photos


@dataclass(frozen=True, slots=True)
class Matrix:
    """A confusion matrix, drawn; only cells that hold a photo."""

    labels: tuple[str, ...]
    cells: tuple[Cell, ...]
    left_out: int  # classes that are not drawn

    WIDTH = 960  # of the drawing, in its own units
    LONGEST = 26  # characters of a label

    @property
    def side(self) -> float:
        """Of a cell."""
        return min(36.0, (self.WIDTH - self.margin) / max(1, len(self.labels)))

    @property
    def margin(self) -> float:
        """For the labels, on the left and above."""
        longest = max((len(self.short(label)) for label in self.labels), default=0)
        return 12 + 0.62 * self.font * longest

    @property
    def font(self) -> float:
        return 13.0 if len(self.labels) <= 40 else 9.0

    @property
    def numbered(self) -> bool:
        """Whether a cell is large enough for its number."""
        return len(self.labels) <= 30

    def short(self, label: str) -> str:
        return label if len(label) <= self.LONGEST else "…" + label[1 - self.LONGEST :]


@dataclass(frozen=True, slots=True)
class Dot:
    """One photo on the map; x and y are 0..1, from the left and from the top."""

    x: float
    y: float
    kind: Kind
    name: str
    picture: bytes = b""  # JPEG; empty: drawn as a dot


@dataclass(frozen=True, slots=True)
class Map:
    caption: str
    dots: tuple[Dot, ...]

    WIDTH, HEIGHT, PICTURE = 1080, 720, 38  # of the drawing and of a picture in it, in its own units


@dataclass(frozen=True, slots=True)
class Example:
    label: str
    picture: bytes  # JPEG; empty: there is none
    note: str = ""


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    name: str
    picture: bytes
    heat: bytes  # JPEG: the picture with what spoke for the answer laid over it; empty: not known
    answered: Example
    truth: Example


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    truth: Example
    taken_for: Example
    photos: int
    pictures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ModelPage:
    title: str
    lead: str
    figures: tuple[Figure, ...]
    facts: tuple[Fact, ...]
    charts: tuple[Chart, ...]
    matrix: Matrix | None
    map: Map | None
    retrieval: tuple[RetrievalRow, ...]
    classes: tuple[ClassRow, ...]
    mistakes: tuple[WrongAnswer, ...]
    pairs: tuple[ConfusedPair, ...]
    bad_rows: Sequence[BadRowLine]
    heat_hint: str
    data_file: str  # beside the page


def model_report(page: ModelPage) -> str:
    """A whole HTML page; thumbnails of about 280 pixels are right for it."""
    return render(
        "model_report.html",
        page=page,
        title=page.title,
        m=MODEL_ENGLISH,
        bad_rows_shown=BAD_ROWS_SHOWN,
    )
