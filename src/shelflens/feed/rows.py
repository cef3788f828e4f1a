"""A table's records to products, whatever file they came from: fields filled, values checked, faults reported.

A fault in the row itself (its id, its count of cells) costs the row; a fault in one value (price, GTIN, one
photo) costs that value: the row goes on without it, and the fault is reported next to it.
"""

from __future__ import annotations

import json
import math
import os
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, BytesPhoto, Columns, FeedRow, PhotoPlace
from shelflens.feed.columns import assign
from shelflens.feed.gtin import normalise
from shelflens.feed.places import place, split_cell
from shelflens.feed.price import finite_price, parse_price
from shelflens.types import Attribute, Product

MAX_CELL = 1 << 16  # characters; no field of a product is longer
_EXACT = 1 << 53  # whole numbers up to here are the same as float
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]+)?")  # "007" and 20-digit codes are names, not numbers
_BETWEEN_GTINS = re.compile(r"[|,;]")


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it stands: a cell is text, number, bool, date, BytesPhoto, a list of those, or None."""

    where: str  # "train.csv:17"
    cells: Mapping[str, object]  # by column; absent cells may be left out


class Reader(Protocol):
    """One table file, already found readable: its columns and records, nothing of products."""

    @property
    def path(self) -> Path: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def typed(self) -> bool:
        """Whether the file itself tells numbers from text, so that text stays text."""
        ...

    @property
    def attributes(self) -> tuple[str, ...]:
        """Columns of words and numbers: those that do not hold pictures themselves."""
        ...

    def records(self, columns: Collection[str]) -> Iterator[Record | BadRow]:
        """In the file's order, with these columns at least."""
        ...

    def count(self, columns: Collection[str]) -> int | None:
        """How many photos these columns hold, as `count_photos` counts; None when that costs reading pictures."""
        ...


class TableFeed:
    """The feed over any table: `Feed`'s laws, given a `Reader`'s."""

    def __init__(self, reader: Reader, *, columns: Columns) -> None:
        """SourceError when a needed or a mapped column is missing."""
        self._reader = reader
        self._columns = assign(reader.columns, columns, table=reader.path.name)
        if self._columns.product_id not in reader.attributes:
            raise SourceError(
                f"{reader.path.name}: column {self._columns.product_id!r} cannot be product_id, it holds bytes; "
                "write it as text"
            )
        self._wanted = self._columns.used.union(reader.attributes)
        self._folder = Path(os.path.abspath(reader.path.parent))  # noqa: PTH100 (resolve() would follow links)

    @property
    def name(self) -> str:
        return self._reader.path.name

    def __iter__(self) -> Iterator[FeedRow | BadRow]:
        for record in self._reader.records(self._wanted):
            if isinstance(record, BadRow):
                yield record
            else:
                yield from self._rows(record)

    def photos(self) -> int | None:
        """Of all readable rows, those included whose id or place will be found wanting."""
        return self._reader.count(self._columns.photos)

    def _rows(self, record: Record) -> Iterator[FeedRow | BadRow]:
        cells = record.cells
        if unusable := _unusable(cells):
            yield BadRow(record.where, unusable)
            return
        product_id = _text(cells.get(self._columns.product_id))
        if fault := _id_fault(product_id):
            yield BadRow(record.where, f"product_id (column {self._columns.product_id!r}) {fault}")
            return
        faults: list[str] = []
        places = self._photos(record, faults)
        yield FeedRow(self._product(product_id, cells, faults), places, record.where)
        for fault in faults:
            yield BadRow(record.where, fault, product_id)

    def _photos(self, record: Record, faults: list[str]) -> tuple[PhotoPlace, ...]:
        places: dict[PhotoPlace, None] = {}  # each once
        for column in self._columns.photos:
            for item in split_cell(record.cells.get(column)):
                try:
                    places[place(item, folder=self._folder)] = None
                except ValueError as error:
                    faults.append(f"photo {_short(item)} {error}")
        return tuple(places)

    def _product(self, product_id: str, cells: Mapping[str, object], faults: list[str]) -> Product:
        single = {field: cells.get(column) for field, column in self._columns.single.items()}
        return Product(
            product_id=product_id,
            title=_text(single.get("title")),
            description=_text(single.get("description")),
            brand=_text(single.get("brand")),
            category=_text(single.get("category")),
            price=_price(single.get("price"), faults),
            url=_text(single.get("url")),
            gtins=self._gtins(cells, faults),
            attributes=self._attributes(cells, faults),
        )

    def _gtins(self, cells: Mapping[str, object], faults: list[str]) -> tuple[str, ...]:
        gtins: dict[str, None] = {}
        for column in self._columns.gtins:
            cell = cells.get(column)
            texts = map(_text, cell) if isinstance(cell, list | tuple) else _BETWEEN_GTINS.split(_text(cell))
            for text in filter(None, map(str.strip, texts)):
                try:
                    gtins[normalise(text)] = None
                except ValueError as error:
                    faults.append(f"{column} {_short(text)} {error}; the row goes on without it")
        return tuple(gtins)

    def _attributes(self, cells: Mapping[str, object], faults: list[str]) -> dict[str, Attribute]:
        attributes: dict[str, Attribute] = {}
        for column, cell in cells.items():
            if cell is None or column in self._columns.used:
                continue
            try:
                value = _attribute(cell, typed=self._reader.typed)
            except ValueError as error:
                faults.append(f"{column} {_short(cell)} {error}; the row goes on without it")
                continue
            if value not in (None, "", ()):
                attributes[column] = value
        return attributes


def count_photos(records: Iterable[Record | BadRow], columns: Collection[str]) -> int:
    """How many photos these columns name, the same one twice counted twice."""
    cells = (record.cells.get(column) for record in records if isinstance(record, Record) for column in columns)
    return sum(sum(1 for _ in split_cell(cell)) for cell in cells)


def _unusable(cells: Mapping[str, object]) -> str:
    """What makes the whole row unusable, or ""."""
    for column, cell in cells.items():
        texts = (cell,) if isinstance(cell, str) else cell if isinstance(cell, list | tuple) else ()
        for text in texts:
            if not isinstance(text, str):
                continue
            if len(text) > MAX_CELL:
                return f"{column} has {len(text)} characters; at most {MAX_CELL} are read (is a quote left open?)"
            if "\x00" in text:
                return f"{column} holds a NUL character; write plain text"
    return ""


def _id_fault(product_id: str) -> str:
    if not product_id:
        return "is empty; every row needs the id of its product"
    if not product_id.isprintable() and any(unicodedata.category(sign) == "Cc" for sign in product_id):
        return f"{_short(product_id)} holds a line break or another control character; write it in one line"
    return ""


def _price(cell: object, faults: list[str]) -> float | None:
    try:
        if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
            return None if math.isnan(cell) else finite_price(float(cell))  # NaN is absent: pandas wrote it
        return parse_price(text) if (text := _text(cell)) else None
    except (ValueError, OverflowError) as error:
        faults.append(f"price {_short(cell)} {error}; the row goes on without it")
        return None


def _text(cell: object) -> str:
    """A cell in words, "" for an absent one; lists joined with ", "."""
    match cell:
        case None:
            return ""
        case str():
            return cell.strip()
        case bool():
            return "true" if cell else "false"
        case float():
            return (
                "" if math.isnan(cell) else str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)
            )
        case list() | tuple():
            return ", ".join(filter(None, map(_text, cell)))
        case date() | time():
            return cell.isoformat()
        case dict():
            return json.dumps(cell, ensure_ascii=False, default=str)
        case bytes() | BytesPhoto():
            return ""
    return str(cell)


def _attribute(cell: object, *, typed: bool) -> Attribute | None:
    """None for an absent value; ValueError for a number that is none."""
    match cell:
        case bool():
            return cell
        case str():
            return cell.strip() if typed else _guess(cell.strip())
        case int():
            return float(cell) if abs(cell) <= _EXACT else str(cell)
        case float() | Decimal():
            number = float(cell)
            if math.isinf(number):
                raise ValueError("is not a finite number")
            return None if math.isnan(number) else number
        case list() | tuple():
            return tuple(filter(None, map(_text, cell)))
    return _text(cell)


def _guess(text: str) -> Attribute:
    """Untyped text as number or truth where it is one beyond doubt."""
    if _NUMBER.fullmatch(text):
        return float(text)
    return {"true": True, "false": False}.get(text.lower(), text)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:76]}...{text[-1]}"


def flatten(cells: Mapping[str, object], *, depth: int = 8) -> dict[str, object]:
    """Objects inside a record become columns of their own: {"size": {"width": 3}} is {"size.width": 3}."""
    if not any(isinstance(cell, dict) for cell in cells.values()):
        return dict(cells)
    flat: dict[str, object] = {}
    for column, cell in cells.items():
        if isinstance(cell, dict) and depth:
            inner = flatten({str(key): value for key, value in cell.items()}, depth=depth - 1)
            flat.update((f"{column}.{key}", value) for key, value in inner.items())
        else:
            flat[column] = cell
    return flat
