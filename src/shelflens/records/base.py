"""What it takes to keep the records: the only truth of a catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from shelflens.filters import Filter, Value
from shelflens.manifest import ModelManifest
from shelflens.types import Keys, Photo, Product, Vectors


@dataclass(frozen=True, slots=True)
class Placed:
    """A vector and where it belongs."""

    vector: Vectors  # (dim,), unit
    space: str  # of the manifest of the model that made it


@dataclass(frozen=True, slots=True)
class Embedded:
    """One photo with its vector, ready to be kept."""

    photo: Photo
    vector: Vectors  # (dim,), unit
    space: str  # of the manifest of the model that made it: vectors of two never meet
    thumbnail: bytes = b""  # a small JPEG when the source cannot be read again (URL, table cell)
    beside: tuple[Placed, ...] = ()  # by other models, of the same picture, while one is upgraded to another


@dataclass(frozen=True, slots=True)
class Batch:
    """One transaction: kept whole or not at all."""

    products: Sequence[Product] = ()  # added, or merged: a non-empty field replaces, attributes are merged
    photos: Sequence[Embedded] = ()  # of products that exist or are in this batch; vectors of the active space


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to the photos of a space since some version, net: a key is in one of the two."""

    version: int  # the records' version after these changes
    put_keys: Keys
    put_vectors: Vectors  # (len(put_keys), dim), unit rows
    removed_keys: Keys


@dataclass(frozen=True, slots=True)
class Counts:
    products: int
    photos: int
    vectors: dict[str, int] = field(default_factory=dict)  # per space


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: Value
    count: int  # products


@dataclass(frozen=True, slots=True)
class Facet:
    """What a field holds, over some products."""

    field: str
    values: tuple[FacetValue, ...]  # the most frequent first
    products: int  # that have the field
    low: float | None = None  # of its numbers
    high: float | None = None


@dataclass(frozen=True, slots=True)
class TextHit:
    """One product whose words agree with a text."""

    product_id: str
    score: float  # above 0, higher agrees more; in the store's own unit (BM25, say), comparable within one answer


class KeptUploads(Protocol):
    """Uploaded photos in the database of a shared catalogue, by photo_id. Durable when `keep` returns."""

    def keep(self, photo_id: str, data: bytes, *, format: str) -> None: ...

    def read(self, photo_id: str) -> bytes | None: ...

    def forget(self, photo_ids: Iterable[str]) -> None: ...

    def __len__(self) -> int: ...


class Records(Protocol):
    """Products, photos, vectors per space, manifests, and the log of changes.

    A write is durable (power cut included) and visible to every later read, in any process, when the call
    returns. Several processes may read while one writes. Whatever names a space first checks that it exists.
    """

    # -- spaces
    def spaces(self) -> dict[str, ModelManifest]:
        """All spaces by name, oldest first."""
        ...

    def active_space(self) -> str | None:
        """The space that searches use; None while the catalogue is new."""
        ...

    def add_space(self, manifest: ModelManifest) -> str:
        """Adds the model's space unless it is there; the first one becomes active. Returns its name."""
        ...

    def activate_space(self, space: str) -> None:
        """Makes it the one that searches use."""
        ...

    def drop_space(self, space: str) -> int:
        """Forgets it with its vectors; returns how many these were. Raises SpaceError when it is the active one."""
        ...

    # -- writing
    def write(self, batch: Batch, *, space: str) -> None:
        """Keeps the batch. A photo from the same source of the same product replaces that source's former
        photo. What is beside goes into its own space; of a space that was dropped meanwhile it is left out. Raises
        SpaceError, and keeps nothing, when a vector is of another space or has another dimension than the space's."""
        ...

    def add_vectors(self, vectors: Mapping[str, Vectors], *, space: str) -> None:
        """Keeps (dim,) unit vectors by photo_id, beside those of other spaces. Photos and products stay as they are;
        vectors of photos that are not here are dropped. Raises SpaceError as `write` does."""
        ...

    def replace_product(self, product: Product) -> None:
        """Sets every field, as given. Raises CatalogueError when the product does not exist."""
        ...

    def change_product(self, product_id: str, change: Callable[[Product | None], Product]) -> Product:
        """Reads a product (None: there is none), sets it to what `change` makes of it and returns that: nobody else
        writes in between. Nothing is written when `change` raises."""
        ...

    def remove_products(self, product_ids: Sequence[str]) -> int:
        """With their photos and vectors; returns how many existed."""
        ...

    def remove_photos(self, keys: Keys) -> int:
        """Photos by key, with vectors that no other photo shares; returns how many existed."""
        ...

    # -- reading
    def counts(self) -> Counts: ...

    def version(self) -> int:
        """Grows with every change of a photo or product; cheap to ask."""
        ...

    def changes(self, space: str, since: int, *, limit: int = 50_000) -> Iterator[Changes]:
        """From `since` (0: from the beginning) to now, in order, in portions of up to `limit` photos.

        The last portion may hold no photo and only the new version. A follower that takes every portion holds
        what the records hold. Raises CatalogueError when `since` is newer than the records, as after an older
        copy of them was put back: then what was derived must be built anew.
        """
        ...

    def product(self, product_id: str) -> Product | None: ...

    def products(self, product_ids: Sequence[str] | None = None) -> Iterator[Product]:
        """Those that exist among `product_ids` (None: all), by ascending id."""
        ...

    def page(self, *, after: str = "", limit: int, condition: Filter | None = None) -> list[Product]:
        """Up to `limit` products behind the id `after` that meet the condition, by ascending id."""
        ...

    def facets(
        self, fields: Sequence[str] | None = None, *, condition: Filter | None = None, values: int = 20
    ) -> list[Facet]:
        """What the fields (None: brand, category, price and the most used attributes) hold over the products that
        meet the condition; of each, the `values` most frequent."""
        ...

    def photos(self, keys: Sequence[int]) -> dict[int, Photo]:
        """Photos by key; unknown keys are left out."""
        ...

    def photos_of(self, product_id: str) -> list[tuple[int, Photo]]:
        """A product's (key, photo) pairs by ascending key."""
        ...

    def photo_counts(self, product_ids: Sequence[str]) -> dict[str, int]:
        """How many photos each product has; products without one are left out."""
        ...

    def thumbnail(self, photo_id: str) -> bytes:
        """The small JPEG kept for the photo; empty when none was."""
        ...

    def unembedded(self, space: str) -> Iterator[Photo]:
        """One photo for each photo_id without a vector in the space, by ascending photo_id. Portions are read as they
        are asked for, so vectors may be written meanwhile."""
        ...

    def count_unembedded(self, space: str) -> int:
        """How many `unembedded` would list."""
        ...

    def undescribed(self, name: str) -> Iterator[Photo]:
        """One photo for each photo_id without a description of that name, by ascending photo_id. Portions are read as
        they are asked for, so descriptions may be written meanwhile."""
        ...

    def describe(self, name: str, descriptions: Mapping[str, bytes]) -> None:
        """Keeps descriptions by photo_id, replacing former ones; those of photos that are not here are dropped."""
        ...

    def descriptions(self, name: str, photo_ids: Sequence[str]) -> dict[str, bytes]:
        """Descriptions by photo_id; photos that have none are left out."""
        ...

    def keep(self, name: str, text: str) -> None:
        """Keeps a small document of the whole catalogue under a name, replacing the former one."""
        ...

    def forget(self, name: str) -> None:
        """Takes the document of that name away, if there is one."""
        ...

    def kept(self, name: str) -> str | None:
        """The document of that name."""
        ...

    def known(self, photo_ids: Sequence[str], *, space: str) -> set[str]:
        """Those of the photos that already have a vector in the space."""
        ...

    def holds(self, product_id: str, photo_id: str, *, source: str, space: str) -> bool:
        """Whether the product has the photo, from that source, with a vector in the space."""
        ...

    def vectors(self, photo_ids: Sequence[str], *, space: str) -> Vectors:
        """(len(photo_ids), dim). Raises CatalogueError when one has none."""
        ...

    def matching(self, condition: Filter) -> Keys:
        """Sorted keys of the photos whose product meets the condition."""
        ...

    def agreeing(self, text: str, *, k: int, condition: Filter | None = None) -> list[TextHit]:
        """Up to k products that meet the condition and have a word of the text, or a name that one of its words may be
        a misspelling of (`text.terms`), best first, equal ones by ascending id. Sees every write at once."""
        ...

    def alone(self, name: str) -> AbstractContextManager[None]:
        """One at a time, of all processes that name the same; the others wait."""
        ...

    def bytes_on_disk(self) -> int:
        """What the catalogue takes where it is kept."""
        ...

    def close(self) -> None: ...


class SharedRecords(Records, Protocol):
    """In a database that several machines write to."""

    @property
    def identity(self) -> str:
        """Drawn when the catalogue was made: another one of the same name, later, has another."""
        ...

    @property
    def uploads(self) -> KeptUploads: ...
