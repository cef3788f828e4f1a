"""One write transaction, as bulk statements: the cost of a batch is a handful of statements, not one per photo.

Every function here runs inside a transaction that already holds the database's write lock, so that what it reads
stays true until it is committed, and change numbers are given out in the order of the commits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from shelflens.errors import CatalogueError, SpaceError
from shelflens.packing import pack
from shelflens.records.base import Batch, Embedded
from shelflens.records.fulltext import FullText
from shelflens.records.happening import Happened, advance, portions
from shelflens.records.rows import (
    Row,
    fact_rows,
    from_blobs,
    merge,
    photo_row,
    photos_by_key,
    product_from,
    product_row,
)
from shelflens.records.spaces import Space
from shelflens.records.tables import descriptions, facts, photos, products, spaces, thumbnails, vectors
from shelflens.types import Photo, Product, Vectors

SAME_COSINE = 0.99999  # vectors of the same photo nearer than this differ by rounding only


def write(connection: Connection, batch: Batch, *, space: Space, beside: Sequence[Space], words: FullText) -> None:
    """The whole batch; `beside` are the other spaces that are there."""
    stacked = _stacked(batch.photos, space)
    others = [(other, its, _stacked(its, other)) for other in beside if (its := _beside(batch.photos, other))]
    happened = Happened()
    _write_products(connection, batch, happened, words)
    if batch.photos:
        kept = _write_photos(connection, batch.photos, happened)
        for where, photos_, rows in [(space, batch.photos, stacked), *others]:
            _write_vectors(connection, photos_, rows, kept, happened, space=where.number)
        _write_thumbnails(connection, batch.photos, kept)
    happened.record(connection)


def _beside(embedded: Sequence[Embedded], space: Space) -> list[Embedded]:
    """Those that bring a vector of another space than the batch's, with that one."""
    return [
        replace(one, vector=more.vector, space=more.space)
        for one in embedded
        for more in one.beside
        if more.space == space.name
    ]


def _stacked(embedded: Sequence[Embedded], space: Space) -> Vectors:
    """(len(embedded), dimension). Raises SpaceError for a vector that does not belong to the space."""
    name, dimension = space.name, space.dimension
    for one in embedded:
        if one.space != name:
            raise SpaceError(
                f"photo {one.photo.source}: its vector is of space {one.space}, made by another model or from pictures "
                f"prepared otherwise; space {name} holds its own model's alone"
            )
        if one.vector.shape != (dimension,):
            numbers = "x".join(map(str, one.vector.shape)) or "1"
            raise SpaceError(
                f"photo {one.photo.source}: its vector has {numbers} numbers; space {name} holds vectors of {dimension}"
            )
    stacked = np.stack([one.vector for one in embedded]) if embedded else np.empty((0, dimension), np.float32)
    squares = np.einsum("nd,nd->n", stacked, stacked)
    if (wrong := np.flatnonzero(~(np.abs(squares - 1) < 0.01))).size:
        source = embedded[int(wrong[0])].photo.source
        length = float(np.sqrt(squares[wrong[0]]))
        raise SpaceError(f"photo {source}: its vector has length {length:.3g}; only vectors of length 1 are kept")
    return stacked


# -- products


def known_products(connection: Connection, product_ids: Iterable[str]) -> dict[str, Product]:
    found: dict[str, Product] = {}
    for ids in portions(product_ids):
        for row in connection.execute(select(products).where(products.c.product_id.in_(ids))).mappings():
            found[row["product_id"]] = product_from(row)
    return found


def _write_products(connection: Connection, batch: Batch, happened: Happened, words: FullText) -> None:
    known = known_products(connection, (product.product_id for product in batch.products))
    now = dict(known)
    for product in batch.products:
        former = now.get(product.product_id)
        now[product.product_id] = merge(former, product) if former else product
    orphans = {one.photo.product_id: one.photo for one in batch.photos if one.photo.product_id not in now}
    for ids in portions(orphans):
        for product_id in connection.scalars(select(products.c.product_id).where(products.c.product_id.in_(ids))):
            del orphans[product_id]
    for product_id, photo in orphans.items():
        raise CatalogueError(f"photo {photo.source}: its product {product_id!r} is neither in the catalogue nor given")
    put_products(
        connection,
        [product for product_id, product in now.items() if known.get(product_id) != product],
        known.keys(),
        happened,
        words,
    )


def put_products(
    connection: Connection, given: Sequence[Product], known: Iterable[str], happened: Happened, words: FullText
) -> None:
    """Sets every field of the products; those in `known` exist already."""
    if not given:
        return
    happened.touched = True
    known = set(known)
    rows = {product.product_id: product_row(product) for product in given}
    if new := [row for product_id, row in rows.items() if product_id not in known]:
        connection.execute(insert(products), new)
    if old := [{"its_id": product_id, **row} for product_id, row in rows.items() if product_id in known]:
        connection.execute(update(products).where(products.c.product_id == bindparam("its_id")), old)
        for ids in portions(row["its_id"] for row in old):
            connection.execute(delete(facts).where(facts.c.product_id.in_(ids)))
    if items := [fact for product in given for fact in fact_rows(product)]:
        connection.execute(insert(facts), items)
    words.put(connection, given)


def replace_product(connection: Connection, product: Product, *, words: FullText) -> bool:
    """False when there is no such product."""
    known = known_products(connection, [product.product_id])
    happened = Happened()
    if known and known[product.product_id] != product:
        put_products(connection, [product], known, happened, words)
        happened.record(connection)
    return bool(known)


def change_product(
    connection: Connection, product_id: str, change: Callable[[Product | None], Product], *, words: FullText
) -> Product:
    known = known_products(connection, [product_id])
    former = known.get(product_id)
    changed = change(former)
    assert changed.product_id == product_id, (changed.product_id, product_id)
    happened = Happened()
    if changed != former:
        put_products(connection, [changed], known, happened, words)
        happened.record(connection)
    return changed


# -- photos


def _write_photos(connection: Connection, embedded: Sequence[Embedded], happened: Happened) -> set[str]:
    """Adds, moves and replaces photos as if one by one; returns the photo ids of the batch that stayed."""
    before = _concerned(connection, [one.photo for one in embedded])
    now = dict(before)
    by_bytes = {(photo.product_id, photo.photo_id): key for key, photo in before.items()}
    by_source = {(photo.product_id, photo.source): key for key, photo in before.items()}
    for number, one in enumerate(embedded, start=1):
        photo = one.photo
        same = by_bytes.get((photo.product_id, photo.photo_id))
        former = by_source.get((photo.product_id, photo.source))
        if former is not None and former != same:
            dropped = now.pop(former)
            del by_bytes[dropped.product_id, dropped.photo_id]
        if same is None:
            same = -number  # until it is known how many new keys are needed
        elif now[same].source != photo.source:
            del by_source[photo.product_id, now[same].source]
        now[same] = photo
        by_bytes[photo.product_id, photo.photo_id] = same
        by_source[photo.product_id, photo.source] = same

    gone = {key: photo for key, photo in before.items() if key not in now}
    _delete_photos(connection, gone, happened)
    if moved := [photo_row(key, now[key]) for key in before if key in now and now[key] != before[key]]:
        moved = [{"its_key": row["key"], **row} for row in moved]
        connection.execute(update(photos).where(photos.c.key == bindparam("its_key")), moved)
        happened.touched = True
    if new := [photo for key, photo in now.items() if key < 0]:
        first = advance(connection, "key", len(new)) - len(new) + 1
        connection.execute(insert(photos), [photo_row(first + index, photo) for index, photo in enumerate(new)])
        happened.keys.update(range(first, first + len(new)))
    given = {one.photo.photo_id for one in embedded}
    return given & {photo.photo_id for photo in now.values()}


def _concerned(connection: Connection, given: Sequence[Photo]) -> dict[int, Photo]:
    """The rows of the photos' products that hold the bytes, or the source, of one of the photos; by key."""
    c = photos.c
    # Concatenated, so that the look-ups go by bytes and source: SQLite would probe every product with every photo,
    # and for pairs, `(product_id, source) IN (...)`, it reads the whole table.
    its_product = c.product_id.concat("")
    found: dict[int, Photo] = {}
    for some in portions(given):
        statement = select(photos).where(
            or_(
                c.photo_id.in_([photo.photo_id for photo in some]),
                c.source.in_([photo.source for photo in some]),
            ),
            its_product.in_({photo.product_id for photo in some}),
        )
        found |= photos_by_key(connection.execute(statement))
    return found


def _delete_photos(connection: Connection, gone: dict[int, Photo], happened: Happened) -> None:
    for keys in portions(gone):
        connection.execute(delete(photos).where(photos.c.key.in_(keys)))
    for ids in portions(photo.photo_id for photo in gone.values()):
        shared = set(connection.scalars(select(photos.c.photo_id).where(photos.c.photo_id.in_(ids))))
        if lost := [photo_id for photo_id in ids if photo_id not in shared]:
            every = select(spaces.c.id)  # named, because the index begins with the space
            connection.execute(delete(vectors).where(vectors.c.space.in_(every), vectors.c.photo_id.in_(lost)))
            connection.execute(delete(thumbnails).where(thumbnails.c.photo_id.in_(lost)))
            connection.execute(delete(descriptions).where(descriptions.c.photo_id.in_(lost)))
    happened.keys.update(gone)
    happened.forgotten.update(gone)


def remove_photos(connection: Connection, keys: Iterable[int]) -> int:
    """Returns how many existed."""
    gone: dict[int, Photo] = {}
    for portion in portions(keys):
        rows = connection.execute(select(photos).where(photos.c.key.in_(portion)))
        gone |= photos_by_key(rows)
    happened = Happened()
    _delete_photos(connection, gone, happened)
    happened.record(connection)
    return len(gone)


def remove_products(connection: Connection, product_ids: Iterable[str], *, words: FullText) -> int:
    """With their photos; returns how many existed."""
    known = list(known_products(connection, product_ids))
    gone: dict[int, Photo] = {}
    for ids in portions(known):
        rows = connection.execute(select(photos).where(photos.c.product_id.in_(ids)))
        gone |= photos_by_key(rows)
    happened = Happened(touched=bool(known))
    _delete_photos(connection, gone, happened)
    for ids in portions(known):
        connection.execute(delete(facts).where(facts.c.product_id.in_(ids)))
        connection.execute(delete(products).where(products.c.product_id.in_(ids)))
    words.remove(connection, known)
    happened.record(connection)
    return len(known)


# -- what belongs to a photo's bytes


def _write_vectors(
    connection: Connection,
    embedded: Sequence[Embedded],
    stacked: Vectors,
    kept: set[str],
    happened: Happened,
    *,
    space: int,
) -> None:
    given = {one.photo.photo_id: index for index, one in enumerate(embedded) if one.photo.photo_id in kept}
    known: dict[str, bytes] = {}
    for ids in portions(given):
        rows = connection.execute(
            select(vectors.c.photo_id, vectors.c.packed).where(vectors.c.space == space, vectors.c.photo_id.in_(ids))
        )
        known |= {row.photo_id: row.packed for row in rows}
    changed = set(given)
    if known:
        same = np.einsum(
            "nd,nd->n", from_blobs(list(known.values()), stacked.shape[1]), stacked[[given[i] for i in known]]
        )
        changed -= {photo_id for photo_id, cosine in zip(known, same, strict=True) if cosine > SAME_COSINE}
    packed = pack(stacked)
    for ids in portions(sorted(changed)):
        if stale := [photo_id for photo_id in ids if photo_id in known]:
            connection.execute(delete(vectors).where(vectors.c.space == space, vectors.c.photo_id.in_(stale)))
        rows_: list[Row] = [{"space": space, "photo_id": i, "packed": packed[given[i]].tobytes()} for i in ids]
        connection.execute(insert(vectors), rows_)
        keys = set(connection.scalars(select(photos.c.key).where(photos.c.photo_id.in_(ids))))
        happened.forgotten |= keys - happened.keys
        happened.keys |= keys


def add_vectors(connection: Connection, given: Mapping[str, Vectors], space: Space) -> None:
    """Of photos that are here, by photo_id. No photo and no product is touched: whoever changes these meanwhile is
    right."""
    rows: dict[str, Photo] = {}
    for ids in portions(given):
        found = connection.execute(select(photos).where(photos.c.photo_id.in_(ids)).order_by(photos.c.key.desc()))
        rows |= {photo.photo_id: photo for photo in photos_by_key(found).values()}
    embedded = [Embedded(photo, given[photo_id], space.name) for photo_id, photo in sorted(rows.items())]
    happened = Happened()
    _write_vectors(connection, embedded, _stacked(embedded, space), set(rows), happened, space=space.number)
    happened.record(connection, only=space.number)


def _write_thumbnails(connection: Connection, embedded: Sequence[Embedded], kept: set[str]) -> None:
    given = {one.photo.photo_id: one.thumbnail for one in embedded if one.thumbnail and one.photo.photo_id in kept}
    for ids in portions(given):
        connection.execute(delete(thumbnails).where(thumbnails.c.photo_id.in_(ids)))
        connection.execute(insert(thumbnails), [{"photo_id": i, "jpeg": given[i]} for i in ids])
