"""A promotion as a folder to look at: index.html, self-contained, and promotion.json."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from shelflens.promotion.result import Answered, Changed, Model, Promotion
from shelflens.types import Photo

DATA_FILE = "promotion.json"
SIDE = 280  # pixels of the pictures on the page
SHOWN = 16  # queries of a kind


def write_report(promotion: Promotion, folder: Path, *, read: ReadView, photo_jpeg: Callable[[Photo], bytes]) -> Path:
    """Writes the folder's two files, each whole or not at all, and returns the page's path. `read` opens the queries'
    photos again; `photo_jpeg` gives a catalogue photo as a small JPEG, empty when none is to be had."""
    comparison, agreement = promotion.comparison, promotion.agreement
    assert comparison or agreement, "nothing was asked"

    def shown(found: tuple[Changed, ...]) -> tuple[ChangedQuery, ...]:
        return tuple(_changed(one, read, photo_jpeg) for one in found[:SHOWN])

    won, lost = (comparison.won, comparison.lost) if comparison else ((), ())
    told = {one.new.photo.source for one in (*won, *lost)}
    differing = agreement.differing if agreement else ()
    page = PromotionPage(
        title=_title(promotion),
        lead=_lead(promotion),
        reasons=promotion.reasons,
        differences=tuple(
            DifferenceRow(one.metric, one.old, one.new, one.low, one.high)
            for one in (comparison.differences if comparison else ())
        ),
        facts=tuple(_facts(promotion)),
        won=shown(won),
        lost=shown(lost),
        unlike=shown(tuple(one for one in differing if one.new.photo.source not in told)),
        unlike_are_wrong=bool(comparison and agreement and comparison.data == agreement.data),
        data_file=DATA_FILE,
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / DATA_FILE, promotion_json(promotion))
    write_text(folder / "index.html", page_of(page))
    return folder / "index.html"


def _facts(promotion: Promotion) -> Iterator[Fact]:
    comparison, agreement = promotion.comparison, promotion.agreement
    yield Fact(ENGLISH.old_model, _called(promotion.old), f"{ENGLISH.space} {promotion.old.space}")
    yield Fact(ENGLISH.new_model, _called(promotion.new), f"{ENGLISH.space} {promotion.new.space}")
    if agreement:
        yield Fact(ENGLISH.queries, f"{agreement.queries:,}", agreement.data)
        yield Fact(ENGLISH.same_first, f"{agreement.same_first:.1%}", ENGLISH.same_first_hint)
        yield Fact(ENGLISH.shared, f"{agreement.shared:.1%}", ENGLISH.shared_hint)
    if comparison:
        if agreement is None or agreement.data != comparison.data:
            yield Fact(ENGLISH.queries, f"{comparison.queries:,}", comparison.data)
        yield Fact(ENGLISH.products, f"{comparison.products:,}")
        yield Fact(ENGLISH.occasions, f"{comparison.occasions:,}", ENGLISH.occasions_drawn)
        yield Fact(ENGLISH.won, f"{len(comparison.won):,}")
        yield Fact(ENGLISH.lost, f"{len(comparison.lost):,}")
    if promotion.calibration:
        yield Fact(ENGLISH.calibration, promotion.calibration)


def _title(promotion: Promotion) -> str:
    how = "instead of" if promotion.switched else "beside"
    return f"{_called(promotion.new)} {how} {_called(promotion.old)}"


def _called(model: Model) -> str:
    """A model that is a file by the file's name alone."""
    return f"onnx:{PurePath(model.name).name}" if model.name.startswith("onnx:") else model.name


def _lead(promotion: Promotion) -> str:
    if promotion.switched:
        return f"Searches use {_called(promotion.new)} from now on."
    return f"Searches still use {_called(promotion.old)}."


def _changed(changed: Changed, read: ReadView, photo_jpeg: Callable[[Photo], bytes]) -> ChangedQuery:
    place = changed.new.photo
    try:
        photo = thumbnail(read(place).scaled, side=SIDE)
    except PictureError:
        photo = b""

    def first(answered: Answered) -> Pictured | None:
        match = answered.first
        return Pictured(match.product, photo_jpeg(match.photo), match.score) if match else None

    return ChangedQuery(PurePath(place.source).name or place.source, photo, first(changed.old), first(changed.new))
