"""What a calibration learns from: the catalogue's own photos as queries, answered as search would answer a customer.

A photo as a query must not find itself, nor the photos that were shot with it: no customer has those. Nothing is
embedded or described again; vectors and descriptions are in the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from shelflens.calibrate.examples import Example, occasions
from shelflens.records.base import Records
from shelflens.search.gallery import Gallery
from shelflens.search.grouping import group
from shelflens.search.searcher import matches_of
from shelflens.search.verification import CANDIDATES, Verification, weighable
from shelflens.types import Hit, Photo, Vectors
from shelflens.verify.base import key

QUERIES = 600  # enough for every band; a hundred comparisons of photos each
PHOTOS_OF_PRODUCT = 60  # looked at; occasions are found among them


def examples(
    gallery: Gallery,
    verification: Verification,
    *,
    queries: int = QUERIES,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Example]:
    """Up to `queries` of them, spread evenly over the products that have photos from two occasions or more."""
    records = gallery.records
    chosen = _chosen(records, space=gallery.space, queries=queries, seed=seed)
    made: list[Example] = []
    for photo, vector, forbidden in chosen:
        made.append(_example(gallery, verification, photo, vector, forbidden))
        if on_progress:
            on_progress(len(made), len(chosen))
    return made


_Chosen = tuple[Photo, Vectors, frozenset[int]]  # the query, its (dim,) vector, and the keys that it must not find


def _chosen(records: Records, *, space: str, queries: int, seed: int) -> list[_Chosen]:
    """Round by round one photo of every product, until there are enough."""
    random = np.random.default_rng(seed)
    waiting = [list(of_product) for of_product in _of_products(records, space, random) if of_product]
    chosen: list[_Chosen] = []
    while waiting and len(chosen) < queries:
        order = random.permutation(len(waiting))
        chosen.extend(waiting[int(at)].pop() for at in order[: queries - len(chosen)])
        waiting = [of_product for of_product in waiting if of_product]
    return chosen


def _of_products(records: Records, space: str, random: np.random.Generator) -> Iterator[list[_Chosen]]:
    for product in records.products():
        keyed = records.photos_of(product.product_id)
        if len(keyed) > PHOTOS_OF_PRODUCT:
            keyed = [keyed[int(at)] for at in sorted(random.choice(len(keyed), PHOTOS_OF_PRODUCT, replace=False))]
        known = records.known([photo.photo_id for _, photo in keyed], space=space)
        keyed = [(number, photo) for number, photo in keyed if photo.photo_id in known]
        if len(keyed) < 2:
            continue
        vectors = records.vectors([photo.photo_id for _, photo in keyed], space=space)
        shot = occasions(vectors)
        if len(set(shot.tolist())) < 2:
            continue
        together = {
            occasion: frozenset(number for (number, _), at in zip(keyed, shot, strict=True) if at == occasion)
            for occasion in set(shot.tolist())
        }
        its = [
            (photo, vector, together[int(occasion)])
            for (_, photo), vector, occasion in zip(keyed, vectors, shot, strict=True)
        ]
        yield [its[int(at)] for at in random.permutation(len(its))]


def _example(
    gallery: Gallery, verification: Verification, query: Photo, vector: Vectors, forbidden: frozenset[int]
) -> Example:
    records = gallery.records
    depth = 8 * CANDIDATES + len(forbidden)
    near = [pair for pair in gallery.neighbours(vector[None], depth).row(0) if pair[0] not in forbidden]
    photos = records.photos([number for number, _ in near])
    # The same bytes under another product would be the query itself.
    hits = [
        Hit(photos[number], cosine)
        for number, cosine in near
        if number in photos and photos[number].photo_id != query.photo_id
    ]
    matches = matches_of(records, group(hits), k=CANDIDATES)
    evidence = verification.evidence_of(_descriptions(records, verification, query), matches)
    right = next((at for at, match in enumerate(matches) if match.product.product_id == query.product_id), None)
    candidates = tuple(weighable(match, found) for match, found in zip(matches, evidence, strict=True))
    return Example(candidates, right, query.product_id)


def _descriptions(records: Records, verification: Verification, query: Photo) -> Mapping[str, Sequence[bytes]]:
    names = [key(verifier) for verifier in verification.verifiers]
    return {name: list(records.descriptions(name, [query.photo_id]).values()) for name in names}
