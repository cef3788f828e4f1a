"""What else a shopper may like: for him, like a product, or going with it, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from shelflens.errors import CatalogueError
from shelflens.filters import Filter
from shelflens.records.base import Records
from shelflens.shopper.base import Companion, Events, Kind
from shelflens.shopper.diversity import diverse
from shelflens.shopper.profile import Profile
from shelflens.shopper.taste import Item, Taste
from shelflens.types import Neighbours, Photo, Product, Vectors

ASKED: Final = 12  # interests whose neighbours are looked at
EACH: Final = 40  # photos asked for, near each of them
TOGETHER: Final = 0.5  # what "everybody takes both" adds to a taste of 0..1
FEW: Final = 2  # shoppers at least who took both: one shopper's basket is nobody else's business
SHRINK: Final = 3.0  # shoppers' worth of doubt that two products go together
TAKING: Final = (Kind.BUY, Kind.LIKE)
LOOKING: Final = (*TAKING, Kind.CLICK, Kind.VIEW)

_VERBS: Final[Mapping[Kind, str]] = {
    Kind.VIEW: "looked at",
    Kind.CLICK: "looked at",
    Kind.LIKE: "liked",
    Kind.BUY: "bought",
    Kind.DISLIKE: "disliked",
}


@dataclass(frozen=True, slots=True)
class Recommendation:
    product: Product
    score: float  # comparable within one answer; higher is better
    photo: Photo | None
    reasons: tuple[str, ...]  # for the shopper: "because you looked at Apple juice"


class Nearest(Protocol):
    """The gallery, as far as it is needed here."""

    @property
    def space(self) -> str: ...

    def neighbours(self, queries: Vectors, k: int, *, condition: Filter | None = None) -> Neighbours: ...


@dataclass(frozen=True, slots=True)
class _Candidate:
    item: Item
    photo: Photo


class Recommender:
    """Safe to call from several threads."""

    def __init__(self, records: Records, gallery: Nearest, events: Events) -> None:
        self._records = records
        self._gallery = gallery
        self._events = events

    def taste(self, profile: Profile) -> Taste:
        return Taste(profile, self._items([one.product_id for one in profile.interests]))

    @property
    def space(self) -> str:
        """That tastes are points of."""
        return self._gallery.space

    def for_user(self, profile: Profile, *, k: int, condition: Filter | None = None) -> tuple[Recommendation, ...]:
        """New to him, near to what he likes; what many take where nothing is known of him."""
        items = self._items([one.product_id for one in profile.interests])
        taste = Taste(profile, items)
        asked = [one.product_id for one in profile.liked if one.product_id in items][:ASKED]
        near = self._near([items[one].vector for one in asked], condition) if asked else {}
        with_: dict[str, tuple[float, str, int]] = {}
        for one in asked[: ASKED // 2]:
            for companion in self._events.companions(one, kinds=TAKING):
                share = _together(companion)
                if companion.shoppers >= FEW and share > with_.get(companion.product_id, (0.0, "", 0))[0]:
                    with_[companion.product_id] = (share, one, companion.shoppers)
        near |= self._candidates([one for one in with_ if one not in near], condition)
        fresh = {one: its for one, its in near.items() if one not in profile.seen}
        if not fresh:
            return self._popular(profile.seen, k=k, condition=condition)
        names, candidates = list(fresh), list(fresh.values())
        shares = taste.shares([its.item for its in candidates])
        scores = taste.of([its.item for its in candidates])
        scores = scores + np.array([TOGETHER * with_.get(one, (0.0, "", 0))[0] for one in names])
        vectors = np.stack([its.item.vector for its in candidates])
        found = []
        for place in diverse(scores.tolist(), vectors, k=k):
            reasons = []
            if (best := int(shares[place].argmax())) >= 0 and shares[place, best] > 0:
                interest = taste.interests[best]
                title = _title(items[interest.product_id].product)
                reasons.append(f"because you {_VERBS[interest.kind]} {title}")
            if names[place] in with_:
                _, one, shoppers = with_[names[place]]
                reasons.append(f"{shoppers} shoppers took it with {_title(items[one].product)}")
            found.append(_recommended(candidates[place], float(scores[place]), reasons))
        return tuple(found)

    def like(
        self, product_id: str, *, k: int, condition: Filter | None = None, taste: Taste | None = None
    ) -> tuple[Recommendation, ...]:
        """Similar ones, not all the same. Raises CatalogueError: no such product, or none with a photo."""
        item = self._known(product_id)
        near = self._near([item.vector], condition, each=max(EACH, 4 * k))
        near.pop(product_id, None)
        candidates = list(near.values())
        if not candidates:
            return ()
        vectors = np.stack([its.item.vector for its in candidates])
        scores = (vectors @ item.vector).astype(np.float64)
        if taste is not None:
            scores = scores + 0.1 * taste.of([its.item for its in candidates])
        reason = f"similar to {_title(item.product)}"
        return tuple(
            _recommended(candidates[place], float(scores[place]), [reason])
            for place in diverse(scores.tolist(), vectors, k=k)
        )

    def goes_with(self, product_id: str, *, k: int, condition: Filter | None = None) -> tuple[Recommendation, ...]:
        """What shoppers of the product bought or liked too; what they looked at too where too few did. Empty where
        nobody is known to have."""
        product = next(self._records.products([product_id]), None)
        if product is None:
            raise CatalogueError(f"no product {product_id!r}")
        reason, shared = "took", self._shared(product_id, TAKING, condition)
        if not shared:
            reason, shared = "looked at", self._shared(product_id, LOOKING, condition)
        if not shared:
            return ()
        scores = [_together(companion) for companion, _ in shared]
        chosen = diverse(scores, np.stack([its.item.vector for _, its in shared]), k=k)
        return tuple(
            _recommended(its, scores[place], [f"{companion.shoppers} shoppers {reason} it with {_title(product)}"])
            for place in chosen
            for companion, its in [shared[place]]
        )

    def _shared(
        self, product_id: str, kinds: Sequence[Kind], condition: Filter | None
    ) -> list[tuple[Companion, _Candidate]]:
        companions = [one for one in self._events.companions(product_id, kinds=kinds) if one.shoppers >= FEW]
        there = self._candidates([one.product_id for one in companions], condition)
        return [(one, there[one.product_id]) for one in companions if one.product_id in there]

    def _popular(self, seen: frozenset[str], *, k: int, condition: Filter | None) -> tuple[Recommendation, ...]:
        popular = [one for one in self._events.popular(kinds=LOOKING) if one.product_id not in seen]
        popular = [one for one in popular if one.shoppers >= FEW]
        there = self._candidates([one.product_id for one in popular], condition)
        most = max((one.shoppers for one in popular), default=1)
        return tuple(
            _recommended(there[one.product_id], one.shoppers / most, [f"{one.shoppers} shoppers looked at it"])
            for one in popular
            if one.product_id in there
        )[:k]

    def _known(self, product_id: str) -> Item:
        items = self._items([product_id])
        if product_id not in items:
            known = self._records.product(product_id) is not None
            raise CatalogueError(
                f"product {product_id!r} has no photo to compare" if known else f"no product {product_id!r}"
            )
        return items[product_id]

    def _items(self, product_ids: Sequence[str]) -> dict[str, Item]:
        """Those that exist and have a vector."""
        return {one: its.item for one, its in self._candidates(product_ids, None).items()}

    def _candidates(self, product_ids: Sequence[str], condition: Filter | None) -> dict[str, _Candidate]:
        """In the given order; those that exist, have a vector and meet the condition."""
        products = {product.product_id: product for product in self._records.products(product_ids)}
        photos = {one: [photo for _, photo in self._records.photos_of(one)] for one in product_ids if one in products}
        held = self._records.known(
            [photo.photo_id for its in photos.values() for photo in its], space=self._gallery.space
        )
        photos = {one: [photo for photo in its if photo.photo_id in held] for one, its in photos.items()}
        if condition is not None:
            meeting = self._records.photos(self._records.matching(condition).tolist()).values()
            allowed = {photo.product_id for photo in meeting}
            photos = {one: its for one, its in photos.items() if one in allowed}
        flat = [photo for its in photos.values() for photo in its]
        vectors = dict(
            zip(
                [photo.photo_id for photo in flat],
                self._records.vectors([photo.photo_id for photo in flat], space=self._gallery.space) if flat else (),
                strict=True,
            )
        )
        return {
            one: _Candidate(Item(products[one], _mean([vectors[photo.photo_id] for photo in its])), its[0])
            for one, its in photos.items()
            if its
        }

    def _near(self, queries: Sequence[Vectors], condition: Filter | None, *, each: int = EACH) -> dict[str, _Candidate]:
        """Products near any of the (dim,) queries."""
        found = self._gallery.neighbours(np.stack(queries), each, condition=condition)
        keys = dict.fromkeys(key for row in range(len(queries)) for key, _ in found.row(row))
        photos = self._records.photos(list(keys))
        return self._candidates(list(dict.fromkeys(photos[key].product_id for key in keys if key in photos)), None)


def _together(companion: Companion) -> float:
    """0..1: of all who took the other product, the share who took both; few shoppers prove little."""
    return companion.shoppers / (companion.of + SHRINK)


def _recommended(candidate: _Candidate, score: float, reasons: Sequence[str]) -> Recommendation:
    return Recommendation(candidate.item.product, score, candidate.photo, tuple(reasons))


def _title(product: Product) -> str:
    return product.title or product.product_id


def _mean(vectors: Sequence[Vectors]) -> Vectors:
    total = np.sum(vectors, axis=0)
    found: Vectors = (total / max(float(np.linalg.norm(total)), 1e-12)).astype(np.float32)
    return found
