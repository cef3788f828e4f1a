"""Scores the serving path itself: the searcher that answers customers answers the queries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.errors import PictureError, SourceError
from shelflens.evaluate.result import Evaluation, Outcome
from shelflens.evaluate.summary import categories, confusions, scores
from shelflens.feed.base import BadRow, FeedRow, PhotoPlace
from shelflens.metrics.photos import Relevance, average_precision, average_precision_at_r, ndcg, precision
from shelflens.metrics.products import recall, reciprocal_rank
from shelflens.search import Options, Searcher, View
from shelflens.types import Hit, Keys, Match, Product, Vectors

ReadView: TypeAlias = Callable[[PhotoPlace], View]  # raises PictureError

SHOWN = Options(k=10)  # what a customer gets; this search is timed
DEEP = Options(k=100)  # where the right product is looked for when it is not shown; not timed
DEPTH = 10_000  # gallery photos ranked per query, for the measures of photos


def evaluate(
    searcher: Searcher,
    queries: Iterable[FeedRow | BadRow],
    *,
    read: ReadView,
    progress: Callable[[int], None] | None = None,
    depth: int = DEPTH,
    seed: int = 0,
) -> Evaluation:
    """Asks with every photo on its own, as a customer would, and compares the answer with the row's product.

    Every photo is embedded once. `progress` hears how many queries have been answered. `depth` bounds the
    ranking of photos; `seed` draws the intervals. Raises SourceError when no query could be used.
    """
    photos = len(searcher.gallery)
    judge = _Judge(searcher, read, depth=max(1, min(depth, photos)))
    outcomes: list[Outcome] = []
    bad: list[BadRow] = []
    for result in judge.outcomes(queries):
        if isinstance(result, BadRow):
            bad.append(result)
        else:
            outcomes.append(result)
            if progress:
                progress(len(outcomes))
    if not outcomes:
        first = f"; the first: {bad[0].where}: {bad[0].reason}" if bad else ""
        raise SourceError(f"no query could be used ({len(bad)} bad rows{first})")
    manifest = searcher.embedder.manifest
    return Evaluation(
        model=manifest.name,
        space=manifest.space,
        products=searcher.records.counts().products,
        photos=photos,
        depth=judge.depth,
        outcomes=tuple(outcomes),
        bad_rows=tuple(bad),
        scores=scores(outcomes, seed=seed),
        categories=categories(outcomes, seed=seed),
        confusions=confusions(outcomes),
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the catalogue knows of a right answer."""

    product: Product | None  # None: the catalogue has never heard of it
    keys: Keys  # of its photos


@dataclass(slots=True)
class _Judge:
    searcher: Searcher
    read: ReadView
    depth: int
    _answers: dict[str, _Answer] = field(default_factory=dict)  # by product_id

    def outcomes(self, queries: Iterable[FeedRow | BadRow]) -> Iterator[Outcome | BadRow]:
        """One per photo, in order; what cannot be used stays in its place as a bad row."""
        for row in queries:
            if isinstance(row, BadRow):
                yield row
                continue
            if not row.photos:
                yield BadRow(row.where, "a query needs a photo; its column is empty", row.product.product_id)
            for place in row.photos:
                try:
                    view = self.read(place)
                except PictureError as error:
                    yield BadRow(row.where, str(error), row.product.product_id)
                else:
                    yield self._outcome(row, place, view)

    def _outcome(self, row: FeedRow, place: PhotoPlace, view: View) -> Outcome:
        started = time.perf_counter()
        vectors = self.searcher.embed([view])
        embedded = time.perf_counter()
        matches = self.searcher.search_embedded(vectors, [view], SHOWN)
        searched = time.perf_counter()

        product_id = row.product.product_id
        answer = self._answer(product_id)
        rank = self._rank(product_id, matches, vectors, view) if answer.keys.size else None
        found = self.searcher.gallery.neighbours(vectors, self.depth)
        relevance = np.isin(found.keys, answer.keys)
        place_of_nearest = int(relevance[0].argmax()) if relevance.any() else None
        product = answer.product or row.product
        return Outcome(
            photo=place,
            where=row.where,
            product=product,
            category=row.product.category or product.category,
            relevant=len(answer.keys),
            rank=rank,
            matches=matches,
            nearest=self._hit(found.keys, found.scores, place_of_nearest),
            nearest_place=None if place_of_nearest is None else place_of_nearest + 1,
            values=_values(rank, relevance, len(answer.keys)),
            embed_seconds=embedded - started,
            search_seconds=searched - embedded,
        )

    def _answer(self, product_id: str) -> _Answer:
        if product_id not in self._answers:
            records = self.searcher.records
            keys = np.array([key for key, _ in records.photos_of(product_id)], dtype=np.int64)
            self._answers[product_id] = _Answer(records.product(product_id), keys)
        return self._answers[product_id]

    def _rank(self, product_id: str, shown: tuple[Match, ...], vectors: Vectors, view: View) -> int | None:
        """Among the products shown or, below these, among those of a deeper search."""
        if (place := _place(product_id, shown)) is not None:
            return place
        if len(shown) < SHOWN.k:
            return None  # those are all there are
        place = _place(product_id, self.searcher.search_embedded(vectors, [view], DEEP))
        return None if place is None else max(place, len(shown) + 1)

    def _hit(self, keys: NDArray[np.int64], cosines: NDArray[np.float32], place: int | None) -> Hit | None:
        if place is None:
            return None
        key = int(keys[0, place])
        photo = self.searcher.records.photos([key]).get(key)
        return Hit(photo, float(cosines[0, place])) if photo else None


def _place(product_id: str, matches: tuple[Match, ...]) -> int | None:
    places = (place for place, match in enumerate(matches, start=1) if match.product.product_id == product_id)
    return next(places, None)


def _values(rank: int | None, relevance: Relevance, relevant: int) -> tuple[float, ...]:
    """One query's value of every metric, in the order of METRICS; all 0 for a product that is not in the gallery."""
    ranks, total = np.array([rank or 0]), np.array([relevant])
    measures = (
        recall(ranks, 1),
        recall(ranks, 5),
        recall(ranks, 10),
        reciprocal_rank(ranks),
        precision(relevance, 1),
        precision(relevance, 5),
        precision(relevance, 10),
        average_precision(relevance, total),
        average_precision_at_r(relevance, total),
        ndcg(relevance, total, 10),
    )
    return tuple(float(measure[0]) for measure in measures)
