"""What a calibration learns from: queries whose product is known, answered as search would answer a customer.

They are the catalogue's own photos, or photos from outside it. A photo as a query must not find itself, nor the photos
that were shot with it: no customer has those. Own photos are not embedded or described again; vectors and descriptions
are in the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shelflens.calibrate.examples import Example, occasions
from shelflens.records.base import Records
from shelflens.search.gallery import Gallery
from shelflens.search.grouping import group
from shelflens.search.ranking import Ranker, Ranking
from shelflens.search.verification import CANDIDATES, Verification, weighable
from shelflens.types import Hit, Photo, Vectors
from shelflens.verify.base import key

QUERIES = 600  # enough for every band; a hundred comparisons of photos each
PHOTOS_OF_PRODUCT = 60  # looked at; occasions are found among them


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One photo as a query."""

    photo: Photo
    vector: Vectors  # (dim,), unit
    forbidden: frozenset[int]  # keys of photos that it must not find
    described: Mapping[str, Sequence[bytes]] | None = None  # by a verifier's key; None: the records have it


def asked(
    records: Records, *, space: str, occasions_in: str | None = None, queries: int = QUERIES, seed: int = 0
) -> list[Asked]:
    """Up to `queries` of them, spread evenly over the products that have photos from two occasions or more: round by
    round one photo of every product, until there are enough.

    Occasions are told apart in the space `occasions_in` (None: `space`): a model that has learnt the catalogue's
    products sees all photos of one as alike as those of one occasion.
    """
    random = np.random.default_rng(seed)
    its = _of_products(records, space, occasions_in or space, random)
    waiting = [list(of_product) for of_product in its if of_product]
    chosen: list[Asked] = []
    while waiting and len(chosen) < queries:
        order = random.permutation(len(waiting))
        chosen.extend(waiting[int(at)].pop() for at in order[: queries - len(chosen)])
        waiting = [of_product for of_product in waiting if of_product]
    return chosen


def examples(
    gallery: Gallery,
    verification: Verification,
    queries: Sequence[Asked],
    *,
    ranking: Ranking | None = None,
    on_example: Callable[[], None] | None = None,
) -> list[Example]:
    """What a search with this ranking proposes for each of them, with its evidence."""
    ranker = Ranker(gallery.records, space=gallery.space, ranking=ranking)
    made: list[Example] = []
    for query in queries:
        made.append(_example(gallery, verification, ranker, query))
        if on_example:
            on_example()
    return made


def _of_products(records: Records, space: str, occasions_in: str, random: np.random.Generator) -> Iterator[list[Asked]]:
    for product in records.products():
        keyed = records.photos_of(product.product_id)
        if len(keyed) > PHOTOS_OF_PRODUCT:
            keyed = [keyed[int(at)] for at in sorted(random.choice(len(keyed), PHOTOS_OF_PRODUCT, replace=False))]
        ids = [photo.photo_id for _, photo in keyed]
        known = records.known(ids, space=space) & records.known(ids, space=occasions_in)
        keyed = [(number, photo) for number, photo in keyed if photo.photo_id in known]
        if len(keyed) < 2:
            continue
        ids = [photo.photo_id for _, photo in keyed]
        vectors = records.vectors(ids, space=space)
        shot = occasions(vectors if occasions_in == space else records.vectors(ids, space=occasions_in))
        if len(set(shot.tolist())) < 2:
            continue
        together = {
            occasion: frozenset(number for (number, _), at in zip(keyed, shot, strict=True) if at == occasion)
            for occasion in set(shot.tolist())
        }
        its = [
            Asked(photo, vector, together[int(occasion)])
            for (_, photo), vector, occasion in zip(keyed, vectors, shot, strict=True)
        ]
        yield [its[int(at)] for at in random.permutation(len(its))]


def _example(gallery: Gallery, verification: Verification, ranker: Ranker, query: Asked) -> Example:
    records = gallery.records
    depth = 8 * CANDIDATES + len(query.forbidden)
    near = [pair for pair in gallery.neighbours(query.vector[None], depth).row(0) if pair[0] not in query.forbidden]
    photos = records.photos([number for number, _ in near])
    # The same bytes under another product would be the query itself.
    hits = [
        Hit(photos[number], cosine)
        for number, cosine in near
        if number in photos and photos[number].photo_id != query.photo.photo_id
    ]
    matches = ranker.matches(query.vector, group(hits), k=CANDIDATES)
    described = _descriptions(records, verification, query.photo) if query.described is None else query.described
    evidence = verification.evidence_of(described, matches)
    right = next((at for at, match in enumerate(matches) if match.product.product_id == query.photo.product_id), None)
    candidates = tuple(weighable(match, found) for match, found in zip(matches, evidence, strict=True))
    return Example(candidates, right, query.photo.product_id)


def _descriptions(records: Records, verification: Verification, query: Photo) -> Mapping[str, Sequence[bytes]]:
    names = [key(verifier) for verifier in verification.verifiers]
    return {name: list(records.descriptions(name, [query.photo_id]).values()) for name in names}
