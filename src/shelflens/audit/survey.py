"""Every photo of a catalogue with its nearest others: what all findings are drawn from.

One search per photo by the vector that is kept, in batches, through the index that answers customers; nothing is
embedded again and no two photos are compared that the index does not bring together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shelflens.errors import CatalogueError
from shelflens.search import Gallery
from shelflens.types import Keys, Photo

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
    keys: list[Keys] = []
    found_keys: list[Keys] = []
    found_cosines: list[NDArray[np.float32]] = []
    photos: dict[int, Photo] = {}
    done = 0
    for changes in gallery.records.changes(gallery.space, 0, limit=PORTION):
        photos |= gallery.records.photos(changes.put_keys.tolist())
        for start in range(0, len(changes.put_keys), BATCH):
            part = slice(start, start + BATCH)
            found = gallery.neighbours(changes.put_vectors[part], nearest + 1)
            others = _others(changes.put_keys[part], found.keys)
            keys.append(changes.put_keys[part])
            found_keys.append(found.keys[others].reshape(-1, nearest))
            found_cosines.append(found.scores[others].reshape(-1, nearest))
            done += len(keys[-1])
            on_progress("nearest photos", done, total)
    if not keys:
        raise CatalogueError("the catalogue holds no photo; index some first")
    return _survey(np.concatenate(keys), np.concatenate(found_keys), np.concatenate(found_cosines), photos)


def _others(own: Keys, found: Keys) -> NDArray[np.bool_]:
    """(n, k + 1) to the mask of k each: all but the photo itself, or but the last where it was not found."""
    itself = found == own[:, None]
    itself[~itself.any(axis=1), -1] = True
    return np.logical_not(itself)


def _survey(keys: Keys, found: Keys, cosines: NDArray[np.float32], photos: dict[int, Photo]) -> Survey:
    keys, latest = np.unique(keys[::-1], return_index=True)  # a photo that changed while we read comes twice
    there = np.array([key in photos for key in keys.tolist()], dtype=np.bool_)
    rows = (len(found) - 1 - latest)[there]
    keys, found, cosines = keys[there], found[rows], cosines[rows]
    kept = [photos[key] for key in keys.tolist()]
    product_ids, products = np.unique([photo.product_id for photo in kept], return_inverse=True)
    places = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
    known = keys[places] == found
    return Survey(
        keys=keys,
        photo_ids=np.array([photo.photo_id for photo in kept], dtype="S64"),
        products=products.astype(np.int64),
        product_ids=tuple(product_ids.tolist()),
        areas=np.array([photo.width * photo.height for photo in kept], dtype=np.int64),
        near=np.where(known, places, -1).astype(np.int32),
        cosines=np.where(known, cosines, -np.inf).astype(np.float32),
    )
