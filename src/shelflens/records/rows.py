"""How products and vectors lie in the tables, and how a product is merged with what is known of it."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from sqlalchemy import Row as SqlRow
from sqlalchemy import RowMapping

from shelflens.errors import CatalogueError
from shelflens.packing import DTYPE, unpack
from shelflens.types import Attribute, Photo, Product, Vectors

Row: TypeAlias = dict[str, Any]  # column -> value, as SQLAlchemy takes them

_TEXT_FIELDS = ("title", "description", "brand", "category", "url")


def merge(known: Product, given: Product) -> Product:
    """What is known of a product, with the non-empty fields of `given` in place; attributes are merged by name."""
    changed: Row = {name: value for name in _TEXT_FIELDS if (value := getattr(given, name))}
    if given.price is not None:
        changed["price"] = given.price
    if given.gtins:
        changed["gtins"] = given.gtins
    return dataclasses.replace(known, **changed, attributes={**known.attributes, **given.attributes})


def product_row(product: Product) -> Row:
    """The row of `products`. Raises CatalogueError for what no database can keep or compare."""
    if not product.product_id:
        raise CatalogueError(f"a product needs a product_id; the one titled {product.title!r} has none")
    numbers = {"price": product.price, **product.attributes}
    for name, value in numbers.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise CatalogueError(f"product {product.product_id!r}: {name} must be a finite number, not {value}")
    return {
        "product_id": product.product_id,
        **{name: getattr(product, name) for name in _TEXT_FIELDS},
        "price": product.price,
        "gtins": json.dumps(product.gtins, ensure_ascii=False),
        "attributes": json.dumps(dict(product.attributes), ensure_ascii=False),
    }


def product_from(row: Mapping[str, Any] | RowMapping) -> Product:
    """The product of a row of `products`, by column."""
    attributes: dict[str, Attribute] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in json.loads(row["attributes"]).items()
    }
    return Product(
        product_id=row["product_id"],
        **{name: row[name] for name in _TEXT_FIELDS},
        price=row["price"],
        gtins=tuple(json.loads(row["gtins"])),
        attributes=attributes,
    )


def fact_rows(product: Product) -> list[Row]:
    """The rows of `facts`: every GTIN and every item of every attribute."""
    items: list[tuple[str, Attribute]] = [("gtin", gtin) for gtin in product.gtins]
    for name, value in product.attributes.items():
        if name != "gtin":  # a column of that name is the product's GTINs
            items += [(name, item) for item in value] if isinstance(value, tuple) else [(name, value)]
    return [_fact(product.product_id, name, value) for name, value in items]


def _fact(product_id: str, field: str, value: Attribute) -> Row:
    row: Row = {"product_id": product_id, "field": field, "text": None, "number": None, "truth": None}
    if isinstance(value, bool):
        row["truth"] = value
    elif isinstance(value, str):
        row["text"] = value
    else:
        row["number"] = value
    return row


def photo_row(key: int, photo: Photo) -> Row:
    return {
        "key": key,
        "product_id": photo.product_id,
        "photo_id": photo.photo_id,
        "source": photo.source,
        "width": photo.width,
        "height": photo.height,
    }


def photos_by_key(rows: Iterable[SqlRow[Any]]) -> dict[int, Photo]:
    """The photos of rows of `photos`, in their order."""
    return {row.key: Photo(row.photo_id, row.product_id, row.source, row.width, row.height) for row in rows}


def from_blobs(blobs: Sequence[bytes], dimension: int) -> Vectors:
    """(len(blobs), dimension), unit rows, of the column `vectors.packed`."""
    return unpack(np.frombuffer(b"".join(blobs), DTYPE).reshape(len(blobs), dimension))
