"""The records in any SQL database that SQLAlchemy Core speaks; a sibling only has to bring the engine.

Each read is one transaction, hence one consistent state of the catalogue; each write is one transaction under the
database's write lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from shelflens.errors import CatalogueError, FullError, SpaceError
from shelflens.filters import Filter
from shelflens.manifest import ModelManifest
from shelflens.records import browsing, filing, following, spaces, tables, writing
from shelflens.records.base import Batch, Changes, Counts, Facet, TextHit
from shelflens.records.conditions import products_where
from shelflens.records.descriptions import read_descriptions, undescribed, write_descriptions
from shelflens.records.fulltext import FullText
from shelflens.records.happening import portions
from shelflens.records.moving import Database
from shelflens.records.rows import from_blobs, photos_by_key, product_from
from shelflens.records.spaces import Space
from shelflens.types import Keys, Photo, Product, Vectors

STREAM = 1_000  # products read at once


class SqlRecords:
    """`Records` over an engine whose tables exist; `where` names the catalogue in messages.

    `engine` must begin a transaction with the write lock when the connection has the execution option
    `writing=True`, as `records.sqlite` does.
    """

    def __init__(self, engine: Engine, *, where: str, words: FullText) -> None:
        self._engine = engine
        self._words = words
        self._where = where
        self._one_writer = threading.Lock()  # threads queue here; processes queue at the database

    # -- spaces

    def spaces(self) -> dict[str, ModelManifest]:
        with self._reading() as connection:
            return spaces.manifests(connection, where=self._where)

    def active_space(self) -> str | None:
        with self._reading() as connection:
            return connection.scalars(select(tables.spaces.c.name).where(tables.spaces.c.active)).one_or_none()

    def add_space(self, manifest: ModelManifest) -> str:
        with self._writing() as connection:
            spaces.add(connection, manifest)
        return manifest.space

    def activate_space(self, space: str) -> None:
        with self._writing() as connection:
            spaces.activate(connection, self._space(connection, space))

    def drop_space(self, space: str) -> int:
        with self._writing() as connection:
            its = self._space(connection, space)
            if its.active:
                raise SpaceError(f"{self._where}: space {space} is the one that searches use; activate another first")
            return spaces.drop(connection, its.number)

    def _space(self, connection: Connection, name: str) -> Space:
        return spaces.find(connection, name, where=self._where)

    # -- writing

    def write(self, batch: Batch, *, space: str) -> None:
        with self._writing() as connection:
            its = self._space(connection, space)
            named = {more.space for one in batch.photos for more in one.beside}
            beside = [other for other in spaces.every(connection) if other.name in named - {space}]
            writing.write(connection, batch, space=its, beside=beside, words=self._words)

    def add_vectors(self, vectors: Mapping[str, Vectors], *, space: str) -> None:
        with self._writing() as connection:
            writing.add_vectors(connection, vectors, self._space(connection, space))

    def replace_product(self, product: Product) -> None:
        with self._writing() as connection:
            if not writing.replace_product(connection, product, words=self._words):
                raise CatalogueError(f"{self._where}: no product {product.product_id!r}; write it first")

    def change_product(self, product_id: str, change: Callable[[Product | None], Product]) -> Product:
        with self._writing() as connection:
            return writing.change_product(connection, product_id, change, words=self._words)

    def remove_products(self, product_ids: Sequence[str]) -> int:
        with self._writing() as connection:
            return writing.remove_products(connection, product_ids, words=self._words)

    def remove_photos(self, keys: Keys) -> int:
        with self._writing() as connection:
            return writing.remove_photos(connection, keys.tolist())

    # -- reading

    def counts(self) -> Counts:
        with self._reading() as connection:
            per_space = connection.execute(
                select(tables.spaces.c.name, func.count(tables.vectors.c.photo_id))
                .join_from(tables.spaces, tables.vectors, isouter=True)
                .group_by(tables.spaces.c.id)
                .order_by(tables.spaces.c.id)
            )
            vectors = {row[0]: row[1] for row in per_space}
            return Counts(
                products=connection.scalar(select(func.count()).select_from(tables.products)) or 0,
                photos=connection.scalar(select(func.count()).select_from(tables.photos)) or 0,
                vectors=vectors,
            )

    def version(self) -> int:
        with self._reading() as connection:
            return following.version(connection)

    def changes(self, space: str, since: int, *, limit: int = 50_000) -> Iterator[Changes]:
        until: int | None = None
        while until is None or since < until:
            with self._reading() as connection:
                its = self._space(connection, space)
                portion, now = following.portion(connection, its, since=since, limit=limit)
            if since > now:
                raise CatalogueError(
                    f"{self._where}: asked for the changes since {since}, but its last change is {now}; "
                    "an older copy of the records was put back, so what was derived must be built anew"
                )
            until = now if until is None else until
            if portion is None:
                return
            yield portion
            since = portion.version

    def product(self, product_id: str) -> Product | None:
        return next(self.products([product_id]), None)

    def products(self, product_ids: Sequence[str] | None = None) -> Iterator[Product]:
        products = tables.products
        if product_ids is not None:
            for ids in portions(sorted(product_ids)):
                with self._reading() as connection:
                    found = writing.known_products(connection, ids)
                yield from (found[product_id] for product_id in ids if product_id in found)
            return
        statement = select(products).order_by(products.c.product_id).limit(STREAM)
        with self._reading() as connection:
            rows = connection.execute(statement).mappings().all()
        while rows:
            yield from map(product_from, rows)
            with self._reading() as connection:
                after = statement.where(products.c.product_id > rows[-1]["product_id"])
                rows = connection.execute(after).mappings().all()

    def page(self, *, after: str = "", limit: int, condition: Filter | None = None) -> list[Product]:
        with self._reading() as connection:
            return browsing.page(connection, after=after, limit=limit, condition=condition)

    def facets(
        self, fields: Sequence[str] | None = None, *, condition: Filter | None = None, values: int = 20
    ) -> list[Facet]:
        with self._reading() as connection:
            return browsing.facets(connection, fields, condition=condition, values=values)

    def photos(self, keys: Sequence[int]) -> dict[int, Photo]:
        found: dict[int, Photo] = {}
        with self._reading() as connection:
            for portion in portions(map(int, keys)):
                rows = connection.execute(select(tables.photos).where(tables.photos.c.key.in_(portion)))
                found |= photos_by_key(rows)
        return found

    def photos_of(self, product_id: str) -> list[tuple[int, Photo]]:
        photos = tables.photos
        with self._reading() as connection:
            rows = connection.execute(
                select(photos).where(photos.c.product_id == product_id).order_by(photos.c.key)
            ).all()
        return list(photos_by_key(rows).items())

    def photo_counts(self, product_ids: Sequence[str]) -> dict[str, int]:
        photos = tables.photos.c
        found: dict[str, int] = {}
        with self._reading() as connection:
            for ids in portions(product_ids):
                statement = select(photos.product_id, func.count()).where(photos.product_id.in_(ids))
                found |= {row[0]: row[1] for row in connection.execute(statement.group_by(photos.product_id))}
        return found

    def thumbnail(self, photo_id: str) -> bytes:
        thumbnails = tables.thumbnails
        with self._reading() as connection:
            found = connection.scalars(select(thumbnails.c.jpeg).where(thumbnails.c.photo_id == photo_id))
            return found.one_or_none() or b""

    def unembedded(self, space: str) -> Iterator[Photo]:
        def ask(connection: Connection, after: str) -> Sequence[Row[Any]]:
            its = self._space(connection, space)
            return spaces.unembedded(connection, its.number, after=after, limit=STREAM)

        return self._each_once(ask)

    def count_unembedded(self, space: str) -> int:
        with self._reading() as connection:
            return spaces.count_unembedded(connection, self._space(connection, space).number)

    def undescribed(self, name: str) -> Iterator[Photo]:
        def ask(connection: Connection, after: str) -> Sequence[Row[Any]]:
            return undescribed(connection, name, after=after, limit=STREAM)

        return self._each_once(ask)

    def _each_once(self, ask: Callable[[Connection, str], Sequence[Row[Any]]]) -> Iterator[Photo]:
        """One photo for each photo_id; `ask` gives rows of `photos` behind a photo_id, by ascending one."""
        last = ""
        while True:
            with self._reading() as connection:
                rows = ask(connection, last)
            if not rows:
                return
            for photo in photos_by_key(rows).values():
                if photo.photo_id != last:
                    yield photo
                last = photo.photo_id

    def describe(self, name: str, descriptions: Mapping[str, bytes]) -> None:
        with self._writing() as connection:
            write_descriptions(connection, name, descriptions)

    def descriptions(self, name: str, photo_ids: Sequence[str]) -> dict[str, bytes]:
        with self._reading() as connection:
            return read_descriptions(connection, name, photo_ids)

    def keep(self, name: str, text: str) -> None:
        documents = tables.documents
        with self._writing() as connection:
            connection.execute(delete(documents).where(documents.c.name == name))
            connection.execute(insert(documents), {"name": name, "text": text})

    def forget(self, name: str) -> None:
        with self._writing() as connection:
            connection.execute(delete(tables.documents).where(tables.documents.c.name == name))

    def kept(self, name: str) -> str | None:
        documents = tables.documents
        with self._reading() as connection:
            return connection.scalars(select(documents.c.text).where(documents.c.name == name)).one_or_none()

    def known(self, photo_ids: Sequence[str], *, space: str) -> set[str]:
        vectors = tables.vectors.c
        found: set[str] = set()
        with self._reading() as connection:
            its = self._space(connection, space)
            for ids in portions(photo_ids):
                statement = select(vectors.photo_id).where(vectors.space == its.number, vectors.photo_id.in_(ids))
                found.update(connection.scalars(statement))
        return found

    def holds(self, product_id: str, photo_id: str, *, source: str, space: str) -> bool:
        photos, vectors = tables.photos.c, tables.vectors.c
        with self._reading() as connection:
            its = self._space(connection, space)
            found = connection.scalar(
                select(photos.key)
                .join_from(tables.photos, tables.vectors, vectors.photo_id == photos.photo_id)
                .where(photos.photo_id == photo_id, photos.product_id == product_id, photos.source == source)
                .where(vectors.space == its.number)
            )
        return found is not None

    def vectors(self, photo_ids: Sequence[str], *, space: str) -> Vectors:
        vectors = tables.vectors.c
        found: dict[str, bytes] = {}
        with self._reading() as connection:
            its = self._space(connection, space)
            for ids in portions(photo_ids):
                statement = select(vectors.photo_id, vectors.packed).where(
                    vectors.space == its.number, vectors.photo_id.in_(ids)
                )
                found |= {row.photo_id: row.packed for row in connection.execute(statement)}
        for photo_id in photo_ids:
            if photo_id not in found:
                raise CatalogueError(f"{self._where}: photo {photo_id} has no vector in space {space}; index it first")
        return from_blobs([found[photo_id] for photo_id in photo_ids], its.dimension)

    def matching(self, condition: Filter) -> Keys:
        # Not a join, for which SQLite may read every photo however few products match.
        meeting = select(tables.products.c.product_id).where(products_where(condition))
        photos = tables.photos.c
        statement = select(photos.key).where(photos.product_id.in_(meeting)).order_by(photos.key)
        with self._reading() as connection:
            return np.array(connection.scalars(statement).all(), np.int64)

    def agreeing(self, text: str, *, k: int, condition: Filter | None = None) -> list[TextHit]:
        meeting = None if condition is None else products_where(condition)
        with self._reading() as connection:
            return self._words.find(connection, text, k=k, meeting=meeting)

    @property
    def database(self) -> Database:
        """Its tables as they lie, for a move."""
        return Database(self._where, self._reading, self._writing, self._words)

    def close(self) -> None:
        self._engine.dispose()

    # -- transactions

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        engine = self._engine.execution_options(writing=True)
        with self._explained(), self._one_writer, engine.begin() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What a person can mend, in words that say how."""
        try:
            yield
        except DBAPIError as error:
            reason = str(error.orig)
            if "locked" in reason:
                reason = "another process has been writing to it for too long; try again when it has ended"
            kind = FullError if filing.is_full(error.orig) else CatalogueError
            raise kind(f"{self._where}: {reason}") from error
        except UnicodeEncodeError as error:
            raise CatalogueError(
                f"{self._where}: {error.object!r} is not valid Unicode text and cannot be kept; rename it"
            ) from None
