"""An evaluation as a folder to look at: index.html, self-contained, and evaluation.json."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath

from shelflens.errors import PictureError
from shelflens.evaluate.as_json import evaluation_json
from shelflens.evaluate.charts import charts
from shelflens.evaluate.judge import ReadView
from shelflens.evaluate.result import CategoryScores, Confusion, Evaluation, Outcome, Score
from shelflens.evaluate.summary import worst
from shelflens.feed.base import PhotoPlace
from shelflens.pages.report import BadRowLine, CategoryRow, Fact, Figure, Mistake, MixUp, Pictured, ReportPage, report
from shelflens.pages.texts import ENGLISH
from shelflens.pages.writing import write_json, write_text
from shelflens.picture import thumbnail
from shelflens.types import Match, Photo

DATA_FILE = "evaluation.json"
SIDE = 280  # pixels of the pictures on the page
WORST = 24
MIX_UPS = 12
QUERIES_PER_MIX_UP = 4

_NAMES = {
    "recall@1": ("Recall@1", "The right product comes first"),
    "recall@5": ("Recall@5", "It is among the first five"),
    "recall@10": ("Recall@10", "It is among the first ten"),
    "mrr": ("MRR", "Mean of 1 / its rank"),
    "precision@5": ("Precision@5", "Of the five nearest photos, those of the right product"),
    "map": ("mAP", "How near all photos of the product are"),
    "map@r": ("mAP@R", "The same, strictly: among as many as the product has"),
    "ndcg@10": ("nDCG@10", "Of the ten nearest photos, early ones count more"),
}


def write_report(
    evaluation: Evaluation,
    folder: Path,
    *,
    read: ReadView,
    photo_jpeg: Callable[[Photo], bytes],
    title: str = "Evaluation",
) -> Path:
    """Writes the folder's two files, each whole or not at all, and returns the page's path.

    `read` opens the photos of queries again; `photo_jpeg` gives a gallery photo as a small JPEG, empty when none
    is to be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / DATA_FILE, evaluation_json(evaluation))
    pictures = _Pictures(read, lru_cache(maxsize=4096)(photo_jpeg))
    write_text(folder / "index.html", report(_page(evaluation, pictures, title=title)))
    return folder / "index.html"


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Where the page's pictures come from."""

    read: ReadView
    photo_jpeg: Callable[[Photo], bytes]

    def query(self, place: PhotoPlace) -> bytes:
        """Empty when the photo can no longer be read."""
        try:
            return thumbnail(self.read(place).scaled, side=SIDE)
        except PictureError:
            return b""

    def match(self, match: Match) -> Pictured:
        return Pictured(match.product, self.photo_jpeg(match.photo), match.score)

    def right(self, outcome: Outcome) -> Pictured:
        """The right product by its photo nearest to the query."""
        if outcome.nearest is None:
            return Pictured(outcome.product, b"")
        return Pictured(outcome.product, self.photo_jpeg(outcome.nearest.photo), outcome.nearest.score)


def _page(evaluation: Evaluation, pictures: _Pictures, *, title: str) -> ReportPage:
    return ReportPage(
        title=title,
        lead=_lead(evaluation),
        figures=tuple(_figure(evaluation.score(metric)) for metric in _NAMES),
        facts=_facts(evaluation),
        charts=charts(evaluation),
        categories=_categories(evaluation.categories),
        mistakes=tuple(_mistake(outcome, pictures) for outcome in worst(evaluation.outcomes, limit=WORST)),
        mixups=tuple(_mix_up(confusion, pictures) for confusion in evaluation.confusions[:MIX_UPS]),
        bad_rows=tuple(BadRowLine(row.where, row.reason) for row in evaluation.bad_rows),
        data_file=DATA_FILE,
    )


def _lead(evaluation: Evaluation) -> str:
    first = evaluation.score("recall@1").value
    queries = len(evaluation.outcomes)
    found = sum(outcome.right for outcome in evaluation.outcomes)
    return f"{found:,} of {queries:,} query photos ({100 * first:.1f} %) found the right product first."


def _figure(score: Score) -> Figure:
    name, gloss = _NAMES[score.metric]
    return Figure(name, score.value, score.low, score.high, gloss)


def _facts(evaluation: Evaluation) -> tuple[Fact, ...]:
    embed, search = evaluation.embed, evaluation.search
    facts = [
        Fact(ENGLISH.model, evaluation.model, f"{ENGLISH.space} {evaluation.space}"),
        Fact(ENGLISH.products, f"{evaluation.products:,}"),
        Fact(ENGLISH.photos, f"{evaluation.photos:,}"),
        Fact(ENGLISH.queries, f"{len(evaluation.outcomes):,}"),
        Fact(
            ENGLISH.embed_time,
            f"{embed.p50:.1f} {ENGLISH.milliseconds}",
            f"{ENGLISH.p95} {embed.p95:.1f} {ENGLISH.milliseconds}",
        ),
        Fact(
            ENGLISH.search_time,
            f"{search.p50:.2f} {ENGLISH.milliseconds}",
            f"{ENGLISH.p95} {search.p95:.2f} {ENGLISH.milliseconds}",
        ),
    ]
    if evaluation.queries_without_product:
        facts.append(
            Fact(ENGLISH.without_product, f"{evaluation.queries_without_product:,}", ENGLISH.without_product_hint)
        )
    if evaluation.bad_rows:
        facts.append(Fact(ENGLISH.bad_rows, f"{len(evaluation.bad_rows):,}", ENGLISH.bad_rows_hint))
    if evaluation.depth < evaluation.photos:
        facts.append(Fact(ENGLISH.depth, f"{evaluation.depth:,}"))
    return tuple(facts)


def _categories(categories: tuple[CategoryScores, ...]) -> tuple[CategoryRow, ...]:
    rows = [
        CategoryRow(
            name=category.category,
            queries=category.queries,
            first=_figure(category.score("recall@1")),
            others=tuple(_figure(category.score(metric)) for metric in ("recall@5", "mrr", "map@r")),
        )
        for category in categories
    ]
    return tuple(sorted(rows, key=lambda row: (row.first.value, row.name)))


def _mistake(outcome: Outcome, pictures: _Pictures) -> Mistake:
    return Mistake(
        name=_short(outcome.photo),
        category=outcome.category,
        photo=pictures.query(outcome.photo),
        found=pictures.match(outcome.matches[0]) if outcome.matches else None,
        right=pictures.right(outcome),
        rank=outcome.rank,
        nearest_place=outcome.nearest_place,
    )


def _mix_up(confusion: Confusion, pictures: _Pictures) -> MixUp:
    first = confusion.outcomes[0]
    return MixUp(
        product=_unscored(pictures.right(first)),
        taken_for=_unscored(pictures.match(first.matches[0])),
        queries=len(confusion.outcomes),
        photos=tuple(pictures.query(outcome.photo) for outcome in confusion.outcomes[:QUERIES_PER_MIX_UP]),
    )


def _unscored(pictured: Pictured) -> Pictured:
    """Without the score, which belongs to one of several queries."""
    return Pictured(pictured.product, pictured.photo)


def _short(place: PhotoPlace) -> str:
    """The last part of a path or address."""
    return PurePath(place.source).name or place.source
