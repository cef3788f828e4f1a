"""Search results as a page: reads the pictures that the page shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from shelflens.assemble import Catalogue
from shelflens.errors import PictureError
from shelflens.pages.sheet import SheetMatch, SheetQuery, sheet
from shelflens.pages.writing import write_text
from shelflens.picture import cut, open_file, thumbnail
from shelflens.types import Box, Match, Metric, Photo, Verdict

SIDE = 320  # pixels of the pictures on a sheet


ReadJpeg: TypeAlias = Callable[[Photo], bytes]  # a small JPEG of a catalogue photo; empty when it is gone


def photo_query(
    read: ReadJpeg,
    photos: Sequence[Path],
    matches: Sequence[Match],
    box: Box | None,
    *,
    verdict: Verdict | None = None,
) -> SheetQuery:
    """A search by photos; with a box, what was cut out is shown."""
    pictures = [open_file(photo, side=None if box else SIDE).image for photo in photos]
    shown = tuple(thumbnail(cut(picture, box) if box else picture, side=SIDE) for picture in pictures)
    return SheetQuery(", ".join(photo.name for photo in photos), shown, _shown(read, matches), verdict=verdict)


def like_query(read: ReadJpeg, product_id: str, photos: Sequence[Photo], matches: Sequence[Match]) -> SheetQuery:
    """A search by a product of the catalogue, which has these photos."""
    return SheetQuery(f"like {product_id}", tuple(map(read, photos[:3])), _shown(read, matches))


def write_sheet(path: Path, title: str, queries: Sequence[SheetQuery], *, metric: Metric = Metric.COSINE) -> None:
    write_text(path, sheet(title, queries, metric=metric))


def photo_jpeg(catalogue: Catalogue, photo: Photo) -> bytes:
    """A small JPEG of a catalogue photo; empty when its file is gone."""
    if kept := catalogue.records.thumbnail(photo.photo_id):
        return kept
    try:
        return thumbnail(open_file(photo.source, side=SIDE).image, side=SIDE)
    except PictureError:
        return b""


def _shown(read: ReadJpeg, matches: Sequence[Match]) -> tuple[SheetMatch, ...]:
    return tuple(SheetMatch(match, read(match.photo)) for match in matches)
