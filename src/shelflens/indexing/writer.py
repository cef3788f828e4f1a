"""Gathers what is ready and keeps it in batches, each whole or absent."""

from __future__ import annotations

import time
from collections.abc import Callable

from shelflens.records.base import Batch, Embedded, Records
from shelflens.types import Product

COMMIT_PHOTOS = 128  # at most so many photos,
COMMIT_SECONDS = 1.0  # or so much time, is done again after a crash


class BatchWriter:
    """Not thread-safe: one thread writes."""

    def __init__(self, records: Records, *, space: str, on_commit: Callable[[list[Embedded]], None]) -> None:
        """`on_commit` is told what has just become durable."""
        self._records = records
        self._space = space
        self._on_commit = on_commit
        self._products: list[Product] = []
        self._last: dict[str, Product] = {}  # what the batch last says of a product
        self._photos: list[Embedded] = []
        self._committed_at = time.monotonic()

    def add_product(self, product: Product) -> None:
        """Rows of one product repeat it; equal ones are kept once a batch."""
        if self._last.get(product.product_id) != product:
            self._last[product.product_id] = product
            self._products.append(product)

    def add_photo(self, embedded: Embedded) -> None:
        self._photos.append(embedded)

    def commit_when_due(self) -> None:
        waiting = max(len(self._photos), len(self._products))
        if waiting >= COMMIT_PHOTOS or time.monotonic() - self._committed_at >= COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Durable on return. The batch is let go only then, so an interrupted call may be repeated."""
        if self._products or self._photos:
            self._records.write(Batch(products=self._products, photos=self._photos), space=self._space)
        kept, self._photos = self._photos, []
        self._products, self._last = [], {}
        self._committed_at = time.monotonic()
        self._on_commit(kept)
