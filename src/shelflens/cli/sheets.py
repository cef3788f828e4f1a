"""Search results as a page: reads the pictures that the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shelflens.assemble import Catalogue
from shelflens.errors import PictureError
from shelflens.pages.sheet import SheetMatch, SheetQuery, sheet
from shelflens.picture import cut, open_file, thumbnail
from shelflens.types import Box, Match, Photo

SIDE = 320  # pixels of the pictures on a sheet

Query = tuple[str, tuple[bytes, ...], Sequence[Match]]  # title, pictures, matches


def photo_query(photos: Sequence[Path], box: Box | None) -> tuple[str, tuple[bytes, ...]]:
    """The query's title and its pictures as JPEGs."""
    pictures = [open_file(photo, side=None if box else 2 * SIDE).image for photo in photos]
    small = tuple(thumbnail(cut(picture, box) if box else picture, side=SIDE) for picture in pictures)
    return ", ".join(photo.name for photo in photos), small


def like_query(catalogue: Catalogue, product_id: str) -> tuple[str, tuple[bytes, ...]]:
    product = catalogue.product(product_id)
    photos = [photo for _, photo in catalogue.records.photos_of(product_id)]
    title = f"like {product.title if product and product.title else product_id}"
    return title, tuple(picture for photo in photos[:3] if (picture := photo_jpeg(catalogue, photo)))


def photo_jpeg(catalogue: Catalogue, photo: Photo) -> bytes:
    """A small JPEG of a catalogue photo; empty when its file is gone."""
    if kept := catalogue.records.thumbnail(photo.photo_id):
        return kept
    try:
        return thumbnail(open_file(Path(photo.source), side=2 * SIDE).image, side=SIDE)
    except PictureError:
        return b""


def write_sheet(catalogue: Catalogue, path: Path, queries: Sequence[Query]) -> None:
    page = sheet(
        f"Found in {catalogue.path.name}",
        [
            SheetQuery(
                title=title,
                pictures=pictures,
                matches=tuple(SheetMatch(match=match, picture=photo_jpeg(catalogue, match.photo)) for match in matches),
            )
            for title, pictures, matches in queries
        ],
    )
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(page, encoding="utf-8")
    temporary.replace(path)
