"""Pictures in, products out: embed, find the nearest photos, group them by product, look closer at the best."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from shelflens.embed.base import Embedder
from shelflens.errors import CatalogueError, SpaceError
from shelflens.filters import And, Filter, In
from shelflens.rank.joining import average
from shelflens.rank.views import query_views
from shelflens.records.base import Records
from shelflens.search.gallery import Gallery
from shelflens.search.grouping import group
from shelflens.search.ranking import Ranker, Ranking
from shelflens.search.verification import CANDIDATES, Verification
from shelflens.search.view import View
from shelflens.types import Band, Hit, Match, Metric, Vectors, Verdict

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
    ) -> None:
        """Without a verification, products are ranked by their nearest photos and have no probability."""
        if embedder.manifest.space != gallery.space:
            raise SpaceError(
                f"the catalogue holds vectors of space {gallery.space}; "
                f"{embedder.manifest.name} makes vectors of space {embedder.manifest.space}"
            )
        self.records = records
        self.gallery = gallery
        self.embedder = embedder
        self.verification = verification
        self.ranker = Ranker(records, space=gallery.space, ranking=ranking)

    def embed(self, views: Sequence[View]) -> Vectors:
        """(P, dim), a unit vector for each view, as the catalogue's ranking wants it."""
        return embed_views(self.embedder, views, self.ranker.ranking)

    def search(self, views: Sequence[View], options: Options | None = None) -> Answer:
        """Products that look like the thing that all the `views` show."""
        started = time.perf_counter()
        vectors = self.embed(views)
        embedded = time.perf_counter()
        matches, unknown = self._found(vectors, views, options or Options())
        return Answer(matches, embedded - started, time.perf_counter() - embedded, unknown)

    def search_embedded(
        self, vectors: Vectors, views: Sequence[View], options: Options | None = None
    ) -> tuple[Match, ...]:
        """`search` with the (P, dim) unit vectors of its P views at hand."""
        return self._found(vectors, views, options or Options())[0]

    def _found(
        self, vectors: Vectors, views: Sequence[View], options: Options
    ) -> tuple[tuple[Match, ...], float | None]:
        """The matches, and the probability that it is none of all that were looked at."""
        if self.verification is None:
            return _in_metric(self._nearest_products(mean(vectors), options), options.metric), None
        deep = replace(options, k=self.verification.candidates(options.k))
        candidates = self._nearest_products(mean(vectors), deep)
        described = self.verification.describe(views)
        numbers = self.verification.numbers(described)
        found = self._listed(mean(vectors), In("gtin", numbers), options, known=candidates) if numbers else ()
        if names := self.verification.named(described):
            alike = self._listed(mean(vectors), In("product_id", names), options, known=(*found, *candidates))
            found += tuple(match for match in alike if match.score >= _least_cosine(options))
        examined = self.verification.examine(described, (*found, *candidates), depth=len(found) + CANDIDATES)
        unknown = max(0.0, 1.0 - sum(match.probability or 0.0 for match in examined))
        return _in_metric(examined[: options.k], options.metric), unknown

    def search_like(self, product_id: str, options: Options | None = None) -> Answer:
        """Products that look like one of the catalogue, itself left out; nothing is embedded again."""
        options = options or Options()
        started = time.perf_counter()
        photos = self.records.photos_of(product_id)
        if not photos:
            known = self.records.product(product_id) is not None
            raise CatalogueError(
                f"product {product_id!r} has no photo to compare" if known else f"no product {product_id!r}"
            )
        vectors = self.records.vectors([photo.photo_id for _, photo in photos], space=self.gallery.space)
        matches = self._nearest_products(mean(vectors), options, leave_out=product_id)
        return Answer(_in_metric(matches, options.metric), 0.0, time.perf_counter() - started)

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


def _least_cosine(options: Options) -> float:
    """The threshold as a cosine; -1 when there is none."""
    if options.threshold is None:
        return -1.0
    if options.metric is Metric.COSINE:
        return options.threshold
    return 1 - options.threshold**2 / 2
