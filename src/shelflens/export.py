"""A catalogue as one Parquet file: a row a photo, with its product's fields and its vector."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shelflens.records.base import Records
from shelflens.types import Photo, Product, Vectors

ROWS_AT_ONCE = 5_000


def export_parquet(records: Records, *, space: str, path: Path) -> int:
    """Writes the file, whole or not at all; returns its rows. Vectors are fixed-size lists of float32.

    Products without photos are rows without a photo. Read it with any Parquet reader.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    manifest = records.spaces()[space]
    schema = pa.schema(
        [
            ("product_id", pa.string()),
            ("title", pa.string()),
            ("description", pa.string()),
            ("brand", pa.string()),
            ("category", pa.string()),
            ("price", pa.float64()),
            ("url", pa.string()),
            ("gtins", pa.list_(pa.string())),
            ("attributes", pa.string()),  # JSON: every shop has other ones
            ("photo_id", pa.string()),
            ("source", pa.string()),
            ("width", pa.int32()),
            ("height", pa.int32()),
            ("vector", pa.list_(pa.float32(), manifest.dimension)),
        ],
        metadata={"shelflens.space": space, "shelflens.manifest": manifest.to_json()},
    )
    temporary = path.with_name(path.name + ".part")
    rows = 0
    try:
        with pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
            for portion in _portions(records, space):
                writer.write_table(pa.Table.from_pylist(portion, schema=schema))
                rows += len(portion)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return rows


def _portions(records: Records, space: str) -> Iterator[list[dict[str, Any]]]:
    portion: list[dict[str, Any]] = []
    for product in records.products():
        photos = [photo for _, photo in records.photos_of(product.product_id)]
        known = records.known([photo.photo_id for photo in photos], space=space)
        with_vector = [photo for photo in photos if photo.photo_id in known]
        vectors = dict(
            zip(
                (photo.photo_id for photo in with_vector),
                records.vectors([photo.photo_id for photo in with_vector], space=space),
                strict=True,
            )
        )
        portion.extend(_row(product, photo, vectors.get(photo.photo_id)) for photo in photos)
        if not photos:
            portion.append(_row(product, None, None))
        if len(portion) >= ROWS_AT_ONCE:
            yield portion
            portion = []
    if portion:
        yield portion


def _row(product: Product, photo: Photo | None, vector: Vectors | None) -> dict[str, Any]:
    return {
        "product_id": product.product_id,
        "title": product.title,
        "description": product.description,
        "brand": product.brand,
        "category": product.category,
        "price": product.price,
        "url": product.url,
        "gtins": list(product.gtins),
        "attributes": json.dumps(dict(product.attributes), ensure_ascii=False, sort_keys=True),
        "photo_id": photo.photo_id if photo else None,
        "source": photo.source if photo else None,
        "width": photo.width if photo else None,
        "height": photo.height if photo else None,
        "vector": vector,
    }
