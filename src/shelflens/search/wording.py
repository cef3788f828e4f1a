"""Products found by words: what they say of themselves, what is printed on them, and what they look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from shelflens.embed.base import TextEmbedder
from shelflens.filters import And, Filter, In
from shelflens.rank.blending import blend, relative
from shelflens.records.base import Records
from shelflens.search.gallery import Gallery
from shelflens.search.labels import Labels
from shelflens.text.terms import agreeing
from shelflens.types import Evidence, Match, Photo, Product, Vectors

PRODUCTS = 50  # that are ranked at least, by each of the ways
PORTION = 5_000  # products in one condition
MOST_EACH = 8  # photos of each that are asked for by their looks
LABELS = 0.3  # of what is printed, beside 1 for what the records say
AWAY = 0.5  # of what they should not look like, beside 1 for what they should
LOOKS = 0.3  # of what a text embedder finds, where nothing was fitted


@dataclass(frozen=True, slots=True)
class Worded:
    """Products by how well they fit some words."""

    scores: Mapping[str, float] = field(default_factory=dict)  # by product_id, 0..1, the best 1; others 0
    photos: Mapping[str, tuple[Photo, ...]] = field(default_factory=dict)  # by product_id, those that look so best


@dataclass(frozen=True, slots=True)
class Wording:
    """Of one catalogue and space. Safe to call from several threads."""

    records: Records
    gallery: Gallery
    labels: tuple[Labels, ...] = ()
    embedder: TextEmbedder | None = None  # None: words are compared with words only
    looks: float = LOOKS  # 0..1, share of what the embedder finds

    def find(
        self,
        text: str,
        *,
        away: str = "",
        products: int,
        condition: Filter | None = None,
        also: Sequence[Match] = (),
    ) -> Worded:
        """Up to `products` by each way, and what words say of those that were found `also`; `away` is what they should
        not look like."""
        if not text.strip():
            return Worded()
        said = self._said(text, products, condition, also)
        alike, photos = self._alike(self.direction(text, away), products, condition, also)
        share = self.looks if alike and said else float(bool(alike))
        return Worded(relative(blend([(1 - share, said), (share, alike)]), floor=0.0), photos)

    def said(self, text: str, product_ids: Sequence[str]) -> dict[str, float]:
        """How well the words of these products agree, 0..1, the best 1; those that agree in nothing are left out."""
        if not text.strip() or not product_ids:
            return {}
        found: dict[str, float] = {}
        for start in range(0, len(product_ids), PORTION):
            some = tuple(product_ids[start : start + PORTION])
            hits = self.records.agreeing(text, k=len(some), condition=In("product_id", some))
            found |= {hit.product_id: hit.score for hit in hits}
        return relative(found, floor=0.0)

    def direction(self, text: str, away: str = "") -> Vectors | None:
        """(dim,) unit, of what looks like the words; None where there is no embedder or it knows none of them."""
        if self.embedder is None:
            return None
        wanted, unwanted = self.embedder.embed_texts([text, away])
        pointed = wanted - np.float32(AWAY) * unwanted if wanted.any() else wanted
        length = float(np.linalg.norm(pointed))
        return pointed / np.float32(length) if length > 1e-6 else None

    def _said(self, text: str, products: int, condition: Filter | None, also: Sequence[Match]) -> dict[str, float]:
        """What records and labels say, 0..1."""
        hits = self.records.agreeing(text, k=products, condition=condition)
        agreed = {hit.product_id: hit.score for hit in hits}
        others = tuple(match.product.product_id for match in also if match.product.product_id not in agreed)
        if others and len(hits) == products:  # fewer: these were all that agree
            hits = self.records.agreeing(text, k=len(others), condition=In("product_id", others))
            agreed |= {hit.product_id: hit.score for hit in hits}
        said = relative(agreed, floor=0.0)
        printed = [product_id for labels in self.labels for product_id in labels.saying(text)]
        if condition and printed:
            listed = And((In("product_id", tuple(printed)), condition))
            meeting = {product.product_id for product in self.records.page(limit=len(printed), condition=listed)}
            printed = [product_id for product_id in printed if product_id in meeting]
        places = {product_id: 1 - place / len(printed) for place, product_id in enumerate(printed)}
        return relative(blend([(1.0, said), (LABELS, places)]), floor=0.0) if places else said

    def _alike(
        self, direction: Vectors | None, products: int, condition: Filter | None, also: Sequence[Match]
    ) -> tuple[dict[str, float], dict[str, tuple[Photo, ...]]]:
        """0..1 by product_id, a product being as near as its nearest photo; and the photos, nearest first."""
        if direction is None:
            return {}, {}
        depth = products * min(MOST_EACH, self.gallery.photos_per_product())
        near = list(self.gallery.neighbours(direction[None], depth, condition=condition).row(0))
        photos = self.records.photos([key for key, _ in near])
        alike: dict[str, float] = {}
        its: dict[str, tuple[Photo, ...]] = {}
        for key, cosine in near:
            if photo := photos.get(key):  # one that was deleted between the two reads is no longer there
                alike.setdefault(photo.product_id, cosine)
                its[photo.product_id] = (*its.get(photo.product_id, ()), photo)
        floor = min(alike.values(), default=0.0)
        if others := [match.photo for match in also if match.product.product_id not in alike]:
            held = self.records.known([photo.photo_id for photo in others], space=self.gallery.space)
            others = [photo for photo in others if photo.photo_id in held]
            vectors = self.records.vectors([photo.photo_id for photo in others], space=self.gallery.space)
            alike |= dict(zip((photo.product_id for photo in others), (vectors @ direction).tolist(), strict=True))
        return relative(alike, floor=floor), its


def text_evidence(product: Product, *, text: str, minus: str, value: float) -> Evidence | None:
    """Which words agree; None where none does and nothing was found by them."""
    said, unwanted = agreeing(text, product), agreeing(minus, product)
    notes = [f"says {' · '.join(said)}"] if said else []
    notes += [f"says {' · '.join(unwanted)}, which is not wanted"] if unwanted else []
    if not notes and value > 0:
        notes = ["looks like the words"]
    return Evidence("text", value, "; ".join(notes)) if notes else None
