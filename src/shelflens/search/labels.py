"""Products proposed by what is printed on the query, however unlike they look."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence

from shelflens.records.base import Records
from shelflens.types import Product
from shelflens.verify.base import Lettered, Lexicon, key

PROPOSED = 10  # products a verifier
MOST = 5_000  # products; more would be kept in memory at a cost that each process pays when it begins
PHOTOS = 3  # of each product whose print is known


class Labels:
    """One verifier's lexicon of one catalogue; made when it is first asked, and anew after the catalogue has changed.
    Safe to call from several threads."""

    def __init__(self, records: Records, verifier: Lettered) -> None:
        self._records = records
        self._verifier = verifier
        self._lock = threading.Lock()
        self._version = -1
        self._lexicon: Lexicon | None = None

    def propose(self, queries: Mapping[str, Sequence[bytes]]) -> tuple[str, ...]:
        """Product ids, best first, for a query's descriptions; none in a catalogue of more than MOST products."""
        said = [description for description in queries.get(key(self._verifier), ()) if description]
        if not said:
            return ()
        lexicon = self._fresh()
        found = [product_id for one in said for product_id in lexicon.nearest(one, PROPOSED)] if lexicon else []
        return tuple(dict.fromkeys(found))

    def saying(self, text: str) -> tuple[str, ...]:
        """Ids of products whose labels say the text, best first."""
        return self.propose({key(self._verifier): [self._verifier.saying(text)]})

    def _fresh(self) -> Lexicon | None:
        now = self._records.version()
        with self._lock:
            if now != self._version:
                few = self._records.counts().products <= MOST
                self._lexicon = self._verifier.lexicon(self._products()) if few else None
                self._version = now
            return self._lexicon

    def _products(self) -> Iterator[tuple[Product, Sequence[bytes]]]:
        for product in self._records.products():
            photos = [photo.photo_id for _, photo in self._records.photos_of(product.product_id)[:PHOTOS]]
            yield product, list(self._records.descriptions(key(self._verifier), photos).values())
