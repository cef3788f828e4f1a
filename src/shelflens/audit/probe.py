"""A sample of photos with long lists of neighbours: what a smaller or larger catalogue would have answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelflens.audit.survey import BATCH, NEAREST, OnProgress, Survey, nobody_listens
from shelflens.search import Gallery

QUERIES = 1_000
DEPTH = 8  # times the mean number of photos of a product: with one photo of each left, the list still holds eight
DEEPEST = 1_000  # photos


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Q photos, each of a product with others, and their nearest photos, best first."""

    places: NDArray[np.int64]  # (Q,), ascending; -1: not the catalogue's own
    products: NDArray[np.int64]  # (Q,)
    near: NDArray[np.int64]  # (Q, depth), places of other photos; -1 at the end where there are fewer
    near_products: NDArray[np.int64]  # (Q, depth)

    def ahead(self) -> NDArray[np.int64]:
        """(Q,): other products that are nearer than the photo's own; a lower bound where its own is not in the list."""
        counts = np.empty(len(self.places), dtype=np.int64)
        for query, (own, row) in enumerate(zip(self.products, self.near_products, strict=True)):
            hits = np.flatnonzero(row == own)
            before = row[: hits[0]] if len(hits) else row[row >= 0]
            counts[query] = len(np.unique(before))
        return counts


def depth_of(survey: Survey) -> int:
    """How long a list has to be, so that smaller catalogues can be told from it."""
    wanted = min(DEEPEST, DEPTH * len(survey) // len(survey.product_ids))
    return min(max(wanted, NEAREST), len(survey))


def take_probe(
    gallery: Gallery,
    survey: Survey,
    *,
    queries: int = QUERIES,
    seed: int = 0,
    on_progress: OnProgress = nobody_listens,
) -> Probe:
    """Up to `queries` photos drawn evenly from those that are not alone in their product."""
    able = np.flatnonzero(survey.sizes[survey.products] > 1)
    random = np.random.default_rng(seed)
    places = np.sort(random.choice(able, min(queries, len(able)), replace=False)) if len(able) else able
    depth = min(depth_of(survey), len(survey) - 1)
    near = np.empty((len(places), depth), dtype=np.int64)
    for start in range(0, len(places), BATCH):
        some = places[start : start + BATCH]
        vectors = gallery.records.vectors(survey.names(some), space=gallery.space)
        found = gallery.neighbours(vectors, depth + 1)
        at = np.minimum(np.searchsorted(survey.keys, found.keys), len(survey) - 1)
        known = np.where(survey.keys[at] == found.keys, at, -1)
        itself = known == some[:, None]
        itself[~itself.any(axis=1), -1] = True
        near[start : start + len(some)] = known[~itself].reshape(len(some), depth)
        on_progress("long lists", start + len(some), len(places))
    products = np.where(near >= 0, survey.products[near], -1)
    return Probe(places, survey.products[places], near, products)
