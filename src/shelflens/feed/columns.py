"""Which column of a table is which field of a product: by the shop's word (`--map`), else by the usual names."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shelflens.errors import SourceError
from shelflens.feed.base import Columns

#: field -> usual names, best first; blanks, underscores, hyphens and capitals do not matter.
USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
    "product_id": ("product_id", "sku", "id", "item_id", "article", "article_id", "article_number"),
    "photo": (
        "photo", "photos", "photo_url", "photo_urls", "photo_path", "photo_file",
        "image", "images", "image_url", "image_urls", "image_link", "image_src", "image_path", "image_file",
        "picture", "pictures", "picture_url", "picture_path", "img", "img_url", "img_path", "url_of_image",
        "additional_image_link",
    ),
    "title": ("title", "name", "product_name", "product_title"),
    "description": ("description", "product_description"),
    "brand": ("brand", "brand_name"),
    "category": ("category", "product_type", "google_product_category"),
    "price": ("price",),
    "gtin": ("gtin", "gtins", "ean", "upc", "barcode", "barcodes", "isbn"),
    "url": ("url", "link", "product_url", "product_link"),
}  # fmt: skip
#: Names that mean the photo only when no column has a plainer one; then the first of them alone.
PHOTO_AT_A_PINCH = ("path", "file_path", "file", "file_name")

#: Fields that several columns may feed: photo, photo_2, image_url; gtin, ean. In a map: photo_2=back.
SEVERAL = ("photo", "gtin")
_NUMBERED = re.compile(rf"({'|'.join(SEVERAL)})(?:_\d+)?")


@dataclass(frozen=True, slots=True)
class Assignment:
    """The columns of one table by what they feed; a column may feed two fields. All others are attributes."""

    product_id: str
    photos: tuple[str, ...]
    gtins: tuple[str, ...]
    single: Mapping[str, str]  # title, description, brand, category, price, url -> column
    used: frozenset[str]  # every column named above


def refuse_columns(columns: Columns, *, source: str) -> None:
    """For sources without columns: SourceError when the caller maps some."""
    if columns.names:
        raise SourceError(f"{source}: has no columns, so --map means nothing here; index it without --map")


def assign(found: Sequence[str], columns: Columns, *, table: str) -> Assignment:
    """`found` are the table's columns in order, each once. SourceError, naming `table`, when the map names what
    is not there, or when nothing feeds product_id or photo."""
    assigned = _assigned(found, _mapped(found, columns, table=table))
    for field, there in (("product_id", assigned.product_id), ("photo", assigned.photos)):
        if not there:
            usual = ", ".join(USUAL_NAMES[field][:5])
            raise SourceError(
                f"{table}: no column for {field} among {_listed(found)}; say which it is with --map {field}=COLUMN, "
                f"or give it a usual name ({usual}, ...)"
            )
    return assigned


def assign_usual(found: Sequence[str]) -> Assignment:
    """By the usual names alone; what no column feeds is empty, also product_id and photos."""
    return _assigned(found, {})


def _assigned(found: Sequence[str], mapped: Mapping[str, str]) -> Assignment:
    photos = tuple(c for field, c in mapped.items() if _is(field, "photo")) or _photos(found)
    gtins = tuple(c for field, c in mapped.items() if _is(field, "gtin")) or _numbered(found, USUAL_NAMES["gtin"])
    single = {
        field: column
        for field in USUAL_NAMES
        if field not in SEVERAL and (column := mapped.get(field) or _first(found, USUAL_NAMES[field]))
    }
    product_id = single.pop("product_id", "")
    used = frozenset({product_id, *photos, *gtins, *single.values()} - {""})
    return Assignment(product_id, photos, gtins, single, used)


def column_names(header: Iterable[str]) -> tuple[str, ...]:
    """A header's cells as names, each once: a nameless third column is "column_3", a second "image" is "image_2"."""
    names: dict[str, None] = {}
    for position, cell in enumerate(header, start=1):
        plain = name = cell.strip() or f"column_{position}"
        number = 1
        while name in names:
            number += 1
            name = f"{plain}_{number}"
        names[name] = None
    return tuple(names)


def _mapped(found: Sequence[str], columns: Columns, *, table: str) -> dict[str, str]:
    """The map with its columns spelt as the table spells them."""
    keys = {_key(column): column for column in reversed(found)}
    mapped = {}
    for field, column in columns.names.items():
        if field not in USUAL_NAMES and not _NUMBERED.fullmatch(field):
            raise SourceError(
                f"--map {field}={column}: there is no field {field!r}{_meant(field, list(USUAL_NAMES))}; "
                f"fields are {', '.join(USUAL_NAMES)} (photo_2, gtin_2, ... for more of those)"
            )
        spelt = column if column in found else keys.get(_key(column))
        if spelt is None:
            raise SourceError(
                f"{table}: --map {field}={column}: there is no column {column!r}{_meant(column, found)}; "
                f"columns are {_listed(found)}"
            )
        mapped[field] = spelt
    return mapped


def _is(field: str, several: str) -> bool:
    return field == several or field.startswith(f"{several}_")


def _key(name: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


def _first(found: Sequence[str], usual: Sequence[str]) -> str:
    keys = {_key(column): column for column in reversed(found)}
    return next((keys[key] for key in map(_key, usual) if key in keys), "")


def _numbered(found: Sequence[str], usual: Sequence[str]) -> tuple[str, ...]:
    """Every column of a usual name, numbers at its end aside (photo_2, gtin13), in the table's order."""
    keys = {_key(name) for name in usual}
    return tuple(column for column in found if _key(column).rstrip("0123456789") in keys)


def _photos(found: Sequence[str]) -> tuple[str, ...]:
    candidates = (USUAL_NAMES["photo"], *((name,) for name in PHOTO_AT_A_PINCH))
    return next((columns for usual in candidates if (columns := _numbered(found, usual))), ())


def _meant(name: str, names: Sequence[str]) -> str:
    spelt = {candidate.casefold(): candidate for candidate in names}
    close = difflib.get_close_matches(name.casefold(), spelt, n=1)
    return f" (did you mean {spelt[close[0]]!r}?)" if close else ""


def _listed(found: Sequence[str]) -> str:
    more = f", ... ({len(found)} in all)" if len(found) > 30 else ""
    return ", ".join(repr(column) for column in found[:30]) + more
