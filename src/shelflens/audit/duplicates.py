"""Photos that are there twice, and products that are there under two ids.

The cost is that of one search per photo and of opening those photos that have a near neighbour: no two photos are
compared that the vector index did not bring together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations, pairwise

import numpy as np

from shelflens.audit.copies import NEAR, copies
from shelflens.audit.groups import groups
from shelflens.audit.pictures import GalleryPictures
from shelflens.audit.survey import OnProgress, Survey, nobody_listens
from shelflens.indexing.work import Workers
from shelflens.records.base import Records
from shelflens.types import Product

MUTUAL = 0.5  # of what one product, split at random, would show: either half's photos that are nearest to the other's
TAKEN = 2  # such photos, at least, on either side: one may be a chance
SHARED = 0.5  # of the photos of the product with fewer that the other has, too
PLACEHOLDER = 5  # products; a picture that more of them show says nothing about any two
ALL_PAIRS = 50  # products of equal title that are all compared with each other; more are compared in a row


class Kind(StrEnum):
    EXACT = "exact"  # equal bytes
    NEAR = "near"  # the same picture in another file


class Why(StrEnum):
    """What speaks for two products being one."""

    GTIN = "gtin"
    TITLE = "title"
    PHOTOS = "photos"
    LOOKS = "looks"


@dataclass(frozen=True, slots=True)
class PhotoGroup:
    """One picture in several places of the catalogue."""

    kind: Kind
    places: tuple[int, ...]  # of photos, ascending
    keep: int  # the place of the suggested one
    products: tuple[str, ...]  # that show it, ascending
    overlap: float  # the least correlation by which it hangs together, 0..1
    similarity: float  # the least cosine


@dataclass(frozen=True, slots=True)
class Reason:
    products: tuple[str, str]
    why: Why
    note: str  # for people
    values: Mapping[str, str | int] = field(default_factory=dict)  # that the note names, for other languages


@dataclass(frozen=True, slots=True)
class ProductGroup:
    """One product under several ids."""

    products: tuple[Product, ...]  # by ascending id
    reasons: tuple[Reason, ...]
    keep: str  # the id of the suggested one


@dataclass(frozen=True, slots=True, eq=False)
class Duplicates:
    survey: Survey
    photos: tuple[PhotoGroup, ...]  # those of several products first, then exact before near, then larger first
    products: tuple[ProductGroup, ...]  # in the order of their first ids
    near: float  # cosine from which pictures were compared
    compared: int  # pairs of pictures
    unopened: int  # pairs that could not be compared, as a picture was not to be had


def find_duplicates(
    survey: Survey,
    records: Records,
    *,
    near: float = NEAR,
    workers: Workers | None = None,
    on_progress: OnProgress = nobody_listens,
) -> Duplicates:
    """Exact and near copies among the photos, then products that may be one. `near` is the least cosine at which two
    photos are opened and laid over each other; `workers` open them (None: one thread)."""
    found = copies(survey, records, GalleryPictures(records), near=near, workers=workers, on_progress=on_progress)
    joined = groups((copy.one, copy.other) for copy in found.copies)
    number = {place: at for at, places in enumerate(joined) for place in places}
    overlaps, cosines = [1.0] * len(joined), [1.0] * len(joined)
    for copy in found.copies:
        at = number[copy.one]
        overlaps[at], cosines[at] = min(overlaps[at], copy.overlap), min(cosines[at], copy.similarity)
    richness = {product.product_id: _filled(product) for product in records.products()}
    photo_groups = [
        _photo_group(survey, places, overlap, similarity, richness)
        for places, overlap, similarity in zip(joined, overlaps, cosines, strict=True)
    ]
    photo_groups.sort(key=lambda group: (len(group.products) == 1, group.kind, -len(group.places), group.places))
    on_progress("products", 0, None)
    products = _product_groups(survey, records, photo_groups, richness)
    return Duplicates(survey, tuple(photo_groups), products, near, found.compared, found.unopened)


def _photo_group(
    survey: Survey, places: tuple[int, ...], overlap: float, similarity: float, richness: dict[str, int]
) -> PhotoGroup:
    ids = [survey.product_ids[survey.products[place]] for place in places]
    keep = max(
        zip(places, ids, strict=True),
        key=lambda it: (survey.areas[it[0]], richness.get(it[1], 0), survey.sizes[survey.products[it[0]]], -it[0]),
    )[0]
    kind = Kind.EXACT if len(set(survey.names(places))) == 1 else Kind.NEAR
    return PhotoGroup(kind, places, keep, tuple(sorted(set(ids))), overlap, similarity)


def _product_groups(
    survey: Survey, records: Records, photo_groups: Sequence[PhotoGroup], richness: dict[str, int]
) -> tuple[ProductGroup, ...]:
    reasons = [*_by_words(records), *_by_photos(survey, photo_groups), *_by_looks(survey)]
    ids = sorted({product_id for reason in reasons for product_id in reason.products})
    at = {product_id: number for number, product_id in enumerate(ids)}
    photos = dict(zip(survey.product_ids, survey.sizes.tolist(), strict=True))
    known = {product.product_id: product for product in records.products(ids)}
    found = []
    joined = groups((at[reason.products[0]], at[reason.products[1]]) for reason in reasons)
    of = {member: number for number, members in enumerate(joined) for member in members}
    why: list[list[Reason]] = [[] for _ in joined]
    for reason in reasons:
        why[of[at[reason.products[0]]]].append(reason)
    for members, its in zip(joined, why, strict=True):
        products = tuple(known[ids[member]] for member in members if ids[member] in known)
        if len(products) < 2:  # removed while we read
            continue
        best = min(products, key=lambda it: (-richness.get(it.product_id, 0), -photos.get(it.product_id, 0)))
        order = list(Why)
        its.sort(key=lambda reason: (order.index(reason.why), reason.products))
        found.append(ProductGroup(products, tuple(its), best.product_id))
    return tuple(found)


def _by_words(records: Records) -> Iterator[Reason]:
    """Shared trade item numbers; equal titles and brands of products that differ in nothing else."""
    by_gtin: dict[str, list[str]] = {}
    by_title: dict[tuple[str, str], list[Product]] = {}
    for product in records.products():
        for gtin in product.gtins:
            by_gtin.setdefault(gtin, []).append(product.product_id)
        if title := _words(product.title):
            by_title.setdefault((title, _words(product.brand)), []).append(product)
    for gtin, ids in sorted(by_gtin.items()):
        for pair in pairwise(ids):
            yield Reason(pair, Why.GTIN, f"both have GTIN {gtin}", {"gtin": gtin})
    for _, same in sorted(by_title.items()):
        for one, other in combinations(same, 2) if len(same) <= ALL_PAIRS else pairwise(same):
            if not _differ(one, other):
                named = f"“{one.title}”" + (f" by {one.brand}" if one.brand else "")
                values = {"title": one.title, "brand": one.brand}
                yield Reason((one.product_id, other.product_id), Why.TITLE, f"both are {named}", values)


def _differ(one: Product, other: Product) -> bool:
    """Whether the catalogue itself says that they are two: by number, category or an attribute such as the size."""
    if one.gtins and other.gtins and not set(one.gtins) & set(other.gtins):
        return True
    if one.category and other.category and one.category != other.category:
        return True
    return any(other.attributes.get(name, value) != value for name, value in one.attributes.items())


def _by_photos(survey: Survey, photo_groups: Sequence[PhotoGroup]) -> Iterator[Reason]:
    """Products whose photos are, for the most part, the same pictures."""
    shared: Counter[tuple[str, str]] = Counter()
    for group in photo_groups:
        if len(group.products) <= PLACEHOLDER:
            shared.update(combinations(group.products, 2))
    sizes = dict(zip(survey.product_ids, survey.sizes.tolist(), strict=True))
    for pair, count in sorted(shared.items()):
        fewer = min(sizes[pair[0]], sizes[pair[1]])
        if count >= SHARED * fewer:
            note = f"they share {count} of {fewer} photos"
            yield Reason(pair, Why.PHOTOS, note, {"shared": count, "photos": fewer})


def _by_looks(survey: Survey) -> Iterator[Reason]:
    """Products whose photos lie among each other's."""
    first = survey.near_products[:, 0]
    ways, counts = np.unique(np.stack([survey.products, first], axis=1), axis=0, return_counts=True)
    taken = {(int(a), int(b)): int(count) for (a, b), count in zip(ways, counts, strict=True) if a != b and b >= 0}
    for (one, other), there in sorted(taken.items()):
        back = taken.get((other, one), 0)
        of, to = int(survey.sizes[one]), int(survey.sizes[other])
        # In a random split a photo's nearest is any of the of + to - 1 others alike.
        enough = MUTUAL * of * to / max(1, of + to - 1)
        if one < other and min(there, back) >= max(TAKEN, enough):
            ids = (survey.product_ids[one], survey.product_ids[other])
            note = f"{there} of {of} and {back} of {to} photos are nearest to the other's"
            yield Reason(ids, Why.LOOKS, note, {"there": there, "of": of, "back": back, "to": to})


def _filled(product: Product) -> int:
    """Fields that say something."""
    fields = (product.title, product.description, product.brand, product.category, product.url, product.gtins)
    return sum(map(bool, fields)) + (product.price is not None) + len(product.attributes)


def _words(text: str) -> str:
    """Letters and digits in one case, so that punctuation and blanks make no difference."""
    return " ".join(re.findall(r"\w+", text.casefold()))
