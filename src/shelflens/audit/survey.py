"""Every photo of a catalogue with its nearest others: what all findings are drawn from.

One search per photo by the vector that is kept, in batches, through the index that answers customers; nothing is
embedded again and no two photos are compared that the index does not bring together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shelflens.errors import CatalogueError
from shelflens.search import Gallery
from shelflens.types import Keys, Neighbours, Photo

NEAREST = 32  # other photos kept of each photo
BATCH = 256  # queries handed to the index at once
PORTION = 10_000  # photos whose vectors are in memory at once

OnProgress = Callable[[str, int, int | None], None]  # (what is being done, done, of how many if known)


def nobody_listens(_stage: str, _done: int, _total: int | None) -> None:
    """The default of `on_progress`."""


@dataclass(frozen=True, eq=False)
class Survey:
    """N photos in the order of their keys; a photo's *place* is its row here, a product's its row in `product_ids`."""

    keys: Keys  # (N,), ascending
    photo_ids: NDArray[np.bytes_]  # (N,), hex
    products: NDArray[np.int64]  # (N,), places of products
    product_ids: tuple[str, ...]  # of products with photos, ascending
    areas: NDArray[np.int64]  # (N,), pixels
    near: NDArray[np.int32]  # (N, k), places of the nearest other photos, best first; -1 where there are fewer
    cosines: NDArray[np.float32]  # (N, k), -1..1; -inf where there are fewer

    def __post_init__(self) -> None:
        assert self.near.shape == self.cosines.shape and len(self.near) == len(self.keys) == len(self.products)

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """(products,): photos of each."""
        return np.bincount(self.products, minlength=len(self.product_ids))

    @cached_property
    def _by_product(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return np.argsort(self.products, kind="stable"), np.concatenate([[0], np.cumsum(self.sizes)])

    def photos_of(self, product: int) -> NDArray[np.int64]:
        """Places of a product's photos, ascending."""
        order, ends = self._by_product
        return order[ends[product] : ends[product + 1]]

    @cached_property
    def near_products(self) -> NDArray[np.int64]:
        """(N, k): the products of the nearest photos; -1 where there are fewer."""
        return np.where(self.near >= 0, self.products[self.near], -1)

    def names(self, places: Sequence[int] | NDArray[np.int64]) -> list[str]:
        """Photo ids as the records have them."""
        return [photo_id.decode() for photo_id in self.photo_ids[np.asarray(places, dtype=np.int64)]]


def take_survey(gallery: Gallery, *, nearest: int = NEAREST, on_progress: OnProgress = nobody_listens) -> Survey:
    """As many searches as photos. Raises CatalogueError when there is none."""
    total = len(gallery)
    listed: list[_Listed] = []
    names: dict[str, int] = {}
    done = 0
    for changes in gallery.records.changes(gallery.space, 0, limit=PORTION):
        photos = gallery.records.photos(changes.put_keys.tolist())
        there = np.array([key in photos for key in changes.put_keys.tolist()], dtype=np.bool_)  # others went meanwhile
        keys, vectors = changes.put_keys[there], changes.put_vectors[there]
        for start in range(0, len(keys), BATCH):
            some = keys[start : start + BATCH]
            found = gallery.neighbours(vectors[start : start + BATCH], nearest + 1)
            listed.append(_Listed.of(some, [photos[key] for key in some.tolist()], found, names))
            done += len(some)
            on_progress("nearest photos", done, total)
    if not listed:
        raise CatalogueError("the catalogue holds no photo; index some first")
    return _survey(listed, names)


@dataclass(frozen=True, slots=True, eq=False)
class _Listed:
    """A batch of the survey; arrays alone, as there may be a million photos."""

    keys: Keys
    photo_ids: NDArray[np.bytes_]
    products: NDArray[np.int64]  # in the order in which they were met
    areas: NDArray[np.int64]
    near: Keys  # (n, k)
    cosines: NDArray[np.float32]  # (n, k)

    @classmethod
    def of(cls, keys: Keys, photos: Sequence[Photo], found: Neighbours, names: dict[str, int]) -> _Listed:
        others, shape = _others(keys, found.keys), (len(keys), found.keys.shape[1] - 1)
        return cls(
            keys=keys,
            photo_ids=np.array([photo.photo_id for photo in photos], dtype="S64"),
            products=np.array([names.setdefault(photo.product_id, len(names)) for photo in photos], dtype=np.int64),
            areas=np.array([photo.width * photo.height for photo in photos], dtype=np.int64),
            near=found.keys[others].reshape(shape),
            cosines=found.scores[others].reshape(shape),
        )


def _others(own: Keys, found: Keys) -> NDArray[np.bool_]:
    """(n, k + 1) to the mask of k each: all but the photo itself, or but the last where it was not found."""
    itself = found == own[:, None]
    itself[~itself.any(axis=1), -1] = True
    others: NDArray[np.bool_] = ~itself
    return others


def _survey(listed: Sequence[_Listed], names: dict[str, int]) -> Survey:
    every = np.concatenate([batch.keys for batch in listed])
    keys, latest = np.unique(every[::-1], return_index=True)  # a photo that changed while we read comes twice
    rows = len(every) - 1 - latest

    def together(field: str) -> NDArray[Any]:
        return np.concatenate([getattr(batch, field) for batch in listed])[rows]

    met = together("products")
    kept = np.unique(met)
    all_names = list(names)
    by_name = sorted(kept.tolist(), key=all_names.__getitem__)
    place_of = np.zeros(len(names), dtype=np.int64)
    place_of[by_name] = np.arange(len(by_name))
    found = together("near")
    places = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
    known = keys[places] == found
    return Survey(
        keys=keys,
        photo_ids=together("photo_ids"),
        products=place_of[met],
        product_ids=tuple(all_names[product] for product in by_name),
        areas=together("areas"),
        near=np.where(known, places, -1).astype(np.int32),
        cosines=np.where(known, together("cosines"), -np.inf).astype(np.float32),
    )
