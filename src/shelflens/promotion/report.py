"""A promotion as a folder to look at: index.html, self-contained, and promotion.json."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath

from shelflens.errors import PictureError
from shelflens.evaluate import ReadView
from shelflens.pages.promotion import ChangedQuery, DifferenceRow, PromotionPage
from shelflens.pages.promotion import promotion as page_of
from shelflens.pages.report import Fact, Pictured
from shelflens.pages.texts import ENGLISH
from shelflens.pages.writing import write_json, write_text
from shelflens.picture import thumbnail
from shelflens.promotion.as_json import promotion_json
from shelflens.promotion.result import Changed, Promotion, Reply
from shelflens.types import Photo

DATA_FILE = "promotion.json"
SIDE = 280  # pixels of the pictures on the page
SHOWN = 16  # queries won, and queries lost


def write_report(promotion: Promotion, folder: Path, *, read: ReadView, photo_jpeg: Callable[[Photo], bytes]) -> Path:
    """Writes the folder's two files, each whole or not at all, and returns the page's path. `read` opens the queries'
    photos again; `photo_jpeg` gives a catalogue photo as a small JPEG, empty when none is to be had."""
    comparison = promotion.comparison
    assert comparison, "nothing was compared"

    def shown(found: tuple[Changed, ...]) -> tuple[ChangedQuery, ...]:
        return tuple(_changed(one, read, photo_jpeg) for one in found[:SHOWN])

    page = PromotionPage(
        title=f"{promotion.new.name} instead of {promotion.old.name}",
        lead=_lead(promotion),
        reasons=promotion.reasons,
        differences=tuple(
            DifferenceRow(one.metric, one.old, one.new, one.low, one.high) for one in comparison.differences
        ),
        facts=(
            Fact(ENGLISH.old_model, promotion.old.name, f"{ENGLISH.space} {promotion.old.space}"),
            Fact(ENGLISH.new_model, promotion.new.name, f"{ENGLISH.space} {promotion.new.space}"),
            Fact(ENGLISH.queries, f"{comparison.queries:,}", comparison.data),
            Fact(ENGLISH.products, f"{comparison.products:,}"),
            Fact(ENGLISH.occasions, f"{comparison.occasions:,}", ENGLISH.occasions_drawn),
            Fact(ENGLISH.won, f"{len(comparison.won):,}"),
            Fact(ENGLISH.lost, f"{len(comparison.lost):,}"),
            Fact(ENGLISH.calibration, promotion.calibration),
        ),
        won=shown(comparison.won),
        lost=shown(comparison.lost),
        data_file=DATA_FILE,
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / DATA_FILE, promotion_json(promotion))
    write_text(folder / "index.html", page_of(page))
    return folder / "index.html"


def _lead(promotion: Promotion) -> str:
    if promotion.switched:
        return f"Searches use {promotion.new.name} from now on."
    return f"Searches still use {promotion.old.name}."


def _changed(changed: Changed, read: ReadView, photo_jpeg: Callable[[Photo], bytes]) -> ChangedQuery:
    place = changed.new.photo
    try:
        photo = thumbnail(read(place).scaled, side=SIDE)
    except PictureError:
        photo = b""

    def first(reply: Reply) -> Pictured | None:
        match = reply.first
        return Pictured(match.product, photo_jpeg(match.photo), match.score) if match else None

    return ChangedQuery(PurePath(place.source).name or place.source, photo, first(changed.old), first(changed.new))
