"""Pictures in, products out: embed, find the nearest photos, group them by product, look closer at the best."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from shelflens.embed.base import Embedder, TextEmbedder
from shelflens.errors import CatalogueError, SpaceError
from shelflens.filters import And, Filter, In
from shelflens.rank.feedback import rocchio
from shelflens.rank.joining import average
from shelflens.rank.views import query_views
from shelflens.records.base import Records
from shelflens.search.composing import Found, check, explained
from shelflens.search.gallery import Gallery
from shelflens.search.grouping import group
from shelflens.search.ranking import Ranker, Ranking
from shelflens.search.verification import CANDIDATES, Verification
from shelflens.search.view import View
from shelflens.search.wish import Wish
from shelflens.search.wording import LOOKS, PRODUCTS, Wording
from shelflens.types import Band, Hit, Match, Metric, Photo, Vectors, Verdict

MOST_EACH = 8  # photos per product wanted that are asked for at first, however many the products have


@dataclass(frozen=True, slots=True)
class Options:
    """How to search."""

    k: int = 10  # products wanted
    metric: Metric = Metric.COSINE
    condition: Filter | None = None
    threshold: float | None = None  # cosine at least, or distance at most

    def __post_init__(self) -> None:
        if not 1 <= self.k <= 10_000:
            raise CatalogueError(f"k must be from 1 to 10000 products, not {self.k}")


@dataclass(frozen=True, slots=True)
class Answer:
    matches: tuple[Match, ...]  # best first; equal scores by product_id
    embed_seconds: float
    search_seconds: float
    unknown: float | None = None  # probability of a product that none of those looked at is, 0..1; None: no telling

    @property
    def verdict(self) -> Verdict | None:
        """Unknown when that is likelier than the first match, or when the first match is to be rejected; None where
        there is no probability."""
        if self.unknown is None:
            return None
        best = self.matches[0] if self.matches else None
        if best is None or best.band is Band.REJECT or self.unknown > (best.probability or 0.0):
            return Verdict.UNKNOWN
        return Verdict.ACCEPT if best.band is Band.ACCEPT else Verdict.REVIEW


class Searcher:
    """Answers queries from one gallery with the embedder of its space. Safe to call from several threads."""

    def __init__(
        self,
        records: Records,
        gallery: Gallery,
        embedder: Embedder,
        verification: Verification | None = None,
        *,
        ranking: Ranking | None = None,
        texts: TextEmbedder | None = None,
        texts_share: float = LOOKS,
    ) -> None:
        """Without a verification, products are ranked by their nearest photos and have no probability. Without a text
        embedder, words are compared with words only; `texts_share` is what its finds count among what words find."""
        if embedder.manifest.space != gallery.space:
            raise SpaceError(
                f"the catalogue holds vectors of space {gallery.space}; "
                f"{embedder.manifest.name} makes vectors of space {embedder.manifest.space}"
            )
        if texts and texts.space != gallery.space:
            raise SpaceError(
                f"the catalogue holds vectors of space {gallery.space}; its words were learnt for space {texts.space}: "
                "learn them again (learn-words)"
            )
        self.records = records
        self.gallery = gallery
        self.embedder = embedder
        self.verification = verification
        self.ranker = Ranker(records, space=gallery.space, ranking=ranking)
        labels = verification.labels if verification else ()
        self.wording = Wording(records, gallery, labels, texts, texts_share)

    def embed(self, views: Sequence[View]) -> Vectors:
        """(P, dim), a unit vector for each view, as the catalogue's ranking wants it."""
        return embed_views(self.embedder, views, self.ranker.ranking)

    def search(self, views: Sequence[View], options: Options | None = None, wish: Wish | None = None) -> Answer:
        """Products that look like the thing that all the `views` show. With a wish the words decide too, and there may
        be no view at all; then there is no telling whether the product is unknown."""
        started = time.perf_counter()
        options = options or Options()
        vectors = self.embed(views)
        embedded = time.perf_counter()
        matches, unknown = self._answered(vectors, views, options, wish)
        return Answer(matches, embedded - started, time.perf_counter() - embedded, unknown)

    def search_embedded(
        self, vectors: Vectors, views: Sequence[View], options: Options | None = None, wish: Wish | None = None
    ) -> tuple[Match, ...]:
        """`search` with the (P, dim) unit vectors of its P views at hand."""
        return self._answered(vectors, views, options or Options(), wish)[0]

    def _answered(
        self, vectors: Vectors, views: Sequence[View], options: Options, wish: Wish | None
    ) -> tuple[tuple[Match, ...], float | None]:
        """The matches, and as `_found` the probability that it is none of them."""
        if not wish:
            return self._found(mean(vectors), views, options)
        return self._composed(mean(vectors) if len(vectors) else None, views, options, wish), None

    def _found(self, query: Vectors, views: Sequence[View], options: Options) -> tuple[tuple[Match, ...], float | None]:
        """The matches, and the probability that it is none of all that were looked at."""
        if self.verification is None:
            return _in_metric(self._nearest_products(query, options), options.metric), None
        deep = replace(options, k=self.verification.candidates(options.k))
        candidates = self._nearest_products(query, deep)
        described = self.verification.describe(views)
        numbers = self.verification.numbers(described)
        found = self._listed(query, In("gtin", numbers), options, known=candidates) if numbers else ()
        if names := self.verification.named(described):
            alike = self._listed(query, In("product_id", names), options, known=(*found, *candidates))
            found += tuple(match for match in alike if match.score >= _least_cosine(options))
        examined = self.verification.examine(described, (*found, *candidates), depth=len(found) + CANDIDATES)
        unknown = max(0.0, 1.0 - sum(match.probability or 0.0 for match in examined))
        return _in_metric(examined[: options.k], options.metric), unknown

    def search_like(self, product_id: str, options: Options | None = None, wish: Wish | None = None) -> Answer:
        """Products that look like one of the catalogue, itself left out; nothing is embedded again."""
        options = options or Options()
        started = time.perf_counter()
        query = self._looks_of(product_id)
        if wish:
            matches = self._composed(query, (), options, wish, leave_out=product_id)
        else:
            matches = _in_metric(self._nearest_products(query, options, leave_out=product_id), options.metric)
        return Answer(matches, 0.0, time.perf_counter() - started)

    def _looks_of(self, product_id: str) -> Vectors:
        """(dim,) unit: where a product's photos point together."""
        photos = self.records.photos_of(product_id)
        if not photos:
            known = self.records.product(product_id) is not None
            raise CatalogueError(
                f"product {product_id!r} has no photo to compare" if known else f"no product {product_id!r}"
            )
        return mean(self.records.vectors([photo.photo_id for _, photo in photos], space=self.gallery.space))

    def _composed(
        self,
        query: Vectors | None,
        views: Sequence[View],
        options: Options,
        wish: Wish,
        *,
        leave_out: str | None = None,
    ) -> tuple[Match, ...]:
        """`query` (dim,) is what looks are wanted, if any."""
        check(wish, options.metric, options.threshold)
        looks = rocchio(query, self._looks_of_all(wish.more), self._looks_of_all(wish.less))
        if looks is None and not wish.text.strip():
            raise CatalogueError("nothing to look for: give a picture, words, or a product to find more like")
        deep = replace(options, k=max(options.k, PRODUCTS))
        pictured: tuple[Match, ...] = ()
        if looks is not None and views:
            pictured = self._found(looks, views, replace(deep, metric=Metric.COSINE, threshold=_cosine_of(options)))[0]
        elif looks is not None:
            pictured = self._nearest_products(looks, deep, leave_out=leave_out)
        worded = self.wording.find(
            wish.text, away=wish.minus, products=deep.k, condition=options.condition, also=pictured
        )
        ids = {match.product.product_id for match in pictured} | worded.scores.keys()
        found = Found(pictured, worded, self.wording.said(wish.minus, sorted(ids)), leave_out)
        order = found.order(wish, k=options.k, by_picture=bool(views))
        return _in_metric(self._matches(order, found, looks, wish), options.metric)

    def _looks_of_all(self, product_ids: Sequence[str]) -> Vectors:
        """(len(product_ids), dim), unit rows."""
        looks = [self._looks_of(product_id) for product_id in product_ids]
        return np.stack(looks) if looks else np.empty((0, self.gallery.dimension), np.float32)

    def _matches(
        self, order: Sequence[tuple[str, float]], found: Found, looks: Vectors | None, wish: Wish
    ) -> tuple[Match, ...]:
        """In the order given; a product that has no photo in this space, or was deleted meanwhile, is left out."""
        held = {match.product.product_id: match for match in found.pictured}
        if others := tuple(product_id for product_id, _ in order if product_id not in held):
            if looks is not None:
                its = self._listed(looks, In("product_id", others), Options(), known=())
            else:
                its = self._named(others, dict(order), found.worded.photos)
            held |= {match.product.product_id: match for match in its}
        return tuple(explained(held[one], wish, found) for one, _ in order if one in held)

    def _named(
        self, product_ids: Sequence[str], scores: Mapping[str, float], photos: Mapping[str, Sequence[Photo]]
    ) -> tuple[Match, ...]:
        """Products that words found, with how well these agree in the place of a cosine; `photos` are some of them."""
        its = {product_id: list(known) for product_id, known in photos.items()}
        if others := tuple(product_id for product_id in product_ids if product_id not in its):
            keys = self.records.matching(In("product_id", others))
            for photo in self.records.photos(keys.tolist()).values():
                its.setdefault(photo.product_id, []).append(photo)
        matches = []
        for product in self.records.products(product_ids):
            score = scores[product.product_id]
            if hits := tuple(Hit(photo, score) for photo in its.get(product.product_id, ())):
                matches.append(Match(product, score, hits[0].photo, hits, score))
        return tuple(matches)

    def _listed(self, query: Vectors, listed: Filter, options: Options, *, known: Sequence[Match]) -> tuple[Match, ...]:
        """Products that are listed so, however unlike they look; `known` left out."""
        keys = self.records.matching(And((listed, options.condition)) if options.condition else listed)
        there = {match.product.product_id for match in known}
        photos = [photo for photo in self.records.photos(keys.tolist()).values() if photo.product_id not in there]
        held = self.records.known([photo.photo_id for photo in photos], space=self.gallery.space)
        photos = [photo for photo in photos if photo.photo_id in held]
        if not photos:
            return ()
        cosines = self.records.vectors([photo.photo_id for photo in photos], space=self.gallery.space) @ query
        hits = [Hit(photo, float(cosine)) for photo, cosine in zip(photos, cosines, strict=True)]
        return self.ranker.matches(query, group(sorted(hits, key=lambda hit: -hit.score)))

    def _nearest_products(self, query: Vectors, options: Options, *, leave_out: str | None = None) -> tuple[Match, ...]:
        """By cosine. Asks for more and more photos until they show k products, fall below the threshold, or are all
        seen."""
        least = _least_cosine(options)
        depth = options.k * min(MOST_EACH, self.gallery.photos_per_product())
        while True:
            found = self.gallery.neighbours(query[None], depth, condition=options.condition)
            near = [(key, cosine) for key, cosine in found.row(0) if cosine >= least]
            photos = self.records.photos([key for key, _ in near])
            # A photo that was deleted between the two reads is simply no longer there.
            hits = [Hit(photos[key], cosine) for key, cosine in near if key in photos]
            groups = group([hit for hit in hits if hit.photo.product_id != leave_out])
            if len(groups) >= options.k or len(near) < depth:
                break
            depth *= 4
        return self.ranker.matches(query, groups, k=options.k)


def embed_views(embedder: Embedder, views: Sequence[View], ranking: Ranking) -> Vectors:
    """(P, dim), unit rows."""
    if not any(view.boxed for view in views):
        return embed_pictures(embedder, [view.scaled for view in views], ranking)
    return np.vstack([embed_pictures(view.embedder(embedder), [view.scaled], ranking) for view in views])


def embed_pictures(embedder: Embedder, pictures: Sequence[Image.Image], ranking: Ranking) -> Vectors:
    """(P, dim), unit rows: of queries. With `ranking.views` each takes three times as long."""
    if not ranking.views or not pictures:
        return embedder.embed(pictures)
    views = [query_views(picture) for picture in pictures]
    return average([embedder.embed(same) for same in zip(*views, strict=True)])


def mean(vectors: Vectors) -> Vectors:
    """(dim,) unit: where (P, dim) views of one thing point together."""
    if len(vectors) == 0:
        raise CatalogueError("a search needs at least one picture")
    total = vectors.sum(axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-12), dtype=np.float32)


def distance(cosine: float) -> float:
    """Euclidean, of two unit vectors."""
    return float(np.sqrt(max(0.0, 2 - 2 * cosine)))


def _in_metric(matches: Sequence[Match], metric: Metric) -> tuple[Match, ...]:
    if metric is Metric.COSINE:
        return tuple(matches)
    return tuple(
        replace(
            match,
            score=distance(match.score),
            hits=tuple(replace(hit, score=distance(hit.score)) for hit in match.hits),
        )
        for match in matches
    )


def _cosine_of(options: Options) -> float | None:
    return None if options.threshold is None else _least_cosine(options)


def _least_cosine(options: Options) -> float:
    """The threshold as a cosine; -1 when there is none."""
    if options.threshold is None:
        return -1.0
    if options.metric is Metric.COSINE:
        return options.threshold
    return 1 - options.threshold**2 / 2
