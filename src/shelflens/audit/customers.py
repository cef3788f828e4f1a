"""What customers' photos say of a catalogue: a table of photos whose products are known, asked as customers ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.audit.probe import Probe, depth_of
from shelflens.audit.survey import OnProgress, Survey, nobody_listens
from shelflens.errors import PictureError, SourceError
from shelflens.feed.base import BadRow, FeedRow, PhotoPlace
from shelflens.search import Options, Searcher, View

ReadView: TypeAlias = Callable[[PhotoPlace], View]  # raises PictureError
OUTSIDE = -1  # the place of a photo that is not the catalogue's
_FIRST = Options(k=1)


@dataclass(frozen=True, slots=True)
class FailingProduct:
    """A product that customers' photos miss."""

    product_id: str
    place: int | None  # among the survey's products; None: it has no photo, so no search can find it
    asked: int
    missed: int
    found_instead: tuple[tuple[str, int], ...]  # ids and how often, most often first


@dataclass(frozen=True, slots=True, eq=False)
class Customers:
    """Q queries, answered by the search that serves customers, with all its evidence."""

    asked: int
    right: int  # that find their product first
    failing: tuple[FailingProduct, ...]  # most missed first
    bad_rows: tuple[BadRow, ...]  # that could not be asked
    probe: Probe  # of those whose product has a photo: what a smaller catalogue's nearest photos would have answered

    @property
    def recall(self) -> float:
        """Recall@1, 0..1; products without a photo are missed."""
        return self.right / self.asked


def ask_customers(
    searcher: Searcher,
    survey: Survey,
    queries: Iterable[FeedRow | BadRow],
    *,
    read: ReadView,
    on_progress: OnProgress = nobody_listens,
) -> Customers:
    """Raises SourceError when no query can be asked."""
    place_of = {product_id: place for place, product_id in enumerate(survey.product_ids)}
    depth = depth_of(survey)
    near: list[NDArray[np.int64]] = []
    products: list[int] = []
    asked: Counter[str] = Counter()
    instead: dict[str, Counter[str]] = {}
    bad: list[BadRow] = []
    for product_id, view in _views(queries, read, bad):
        vectors = searcher.embed([view])
        found = searcher.search_embedded(vectors, [view], _FIRST)
        first = found[0].product.product_id if found else ""
        asked[product_id] += 1
        if first != product_id:
            instead.setdefault(product_id, Counter())[first] += 1
        if product_id in place_of:
            near.append(_places(survey, searcher.gallery.neighbours(vectors, depth).keys[0]))
            products.append(place_of[product_id])
        on_progress("customers' photos", asked.total(), None)
    if not asked:
        first_bad = f"; the first: {bad[0].where}: {bad[0].reason}" if bad else ""
        raise SourceError(f"no query could be used ({len(bad)} bad rows{first_bad})")
    failing = [
        FailingProduct(
            product_id,
            place_of.get(product_id),
            asked[product_id],
            counts.total(),
            tuple(sorted(((other, count) for other, count in counts.items() if other), key=lambda it: (-it[1], it[0]))),
        )
        for product_id, counts in instead.items()
    ]
    failing.sort(key=lambda it: (-it.missed, -it.missed / it.asked, it.product_id))
    missed = sum(it.missed for it in failing)
    return Customers(asked.total(), asked.total() - missed, tuple(failing), tuple(bad), _probe(survey, products, near))


def _views(queries: Iterable[FeedRow | BadRow], read: ReadView, bad: list[BadRow]) -> Iterable[tuple[str, View]]:
    """Each photo by itself with its product's id; what cannot be asked goes to `bad`."""
    for row in queries:
        if isinstance(row, BadRow):
            bad.append(row)
            continue
        if not row.photos:
            bad.append(BadRow(row.where, "a query needs a photo; its column is empty", row.product.product_id))
        for place in row.photos:
            try:
                yield row.product.product_id, read(place)
            except PictureError as error:
                bad.append(BadRow(row.where, str(error), row.product.product_id))


def _places(survey: Survey, keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of gallery photos, by their keys; -1 for those that came after the survey."""
    at = np.minimum(np.searchsorted(survey.keys, keys), len(survey) - 1)
    return np.where(survey.keys[at] == keys, at, -1)


def _probe(survey: Survey, products: list[int], near: list[NDArray[np.int64]]) -> Probe:
    places = np.stack(near) if near else np.zeros((0, 1), np.int64)
    return Probe(
        np.full(len(products), OUTSIDE),
        np.array(products, np.int64),
        places,
        np.where(places >= 0, survey.products[places], -1),
    )
