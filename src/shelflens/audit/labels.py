"""Photos that look like another product than the one they are filed under.

Each photo is judged without itself: the mean cosine of the three nearest photos of its own product against the same
of the best other product. On 2,640 shop photos with 2 % of the labels exchanged at random this ranks the planted
faults with an average precision of 0.99; the weighted vote of the 10 to 32 nearest reaches 0.95, and confident
learning's class thresholds over that vote (Northcutt, Jiang and Chuang 2021) 0.95 (docs/audit.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.audit.survey import Survey
from shelflens.records.base import Records
from shelflens.types import Vectors

VOICES = 3  # nearest photos of a product that speak for it
LIKELY = 0.1  # cosine by which the other product is nearer, from which a label is likely wrong
MOST = 500  # photos of one product that are compared
PORTION = 1 << 16  # photos weighed at once

Scores: TypeAlias = NDArray[np.float64]  # (N,), cosine, -1..1


@dataclass(frozen=True, slots=True)
class Suspect:
    """A photo that another product's photos resemble more than its own product's do."""

    place: int  # of the photo
    product: int  # that it is filed under; a place
    rival: int  # that it looks like
    own: float  # mean cosine of its product's nearest photos
    other: float  # the same of the rival

    @property
    def margin(self) -> float:
        """How much nearer the rival is."""
        return self.other - self.own

    @property
    def likely(self) -> bool:
        """Whether the label is more likely wrong than right."""
        return self.margin >= LIKELY


def suspects(survey: Survey, records: Records, *, space: str) -> tuple[Suspect, ...]:
    """Every photo whose rival is nearer, the largest margin first. Photos that are alone in their product have
    nothing to be judged by and are left out."""
    found = []
    for start in range(0, len(survey), PORTION):
        rows = np.arange(start, min(start + PORTION, len(survey)))
        own, other, rival = weigh(survey, rows)
        found += [(int(rows[row]), int(rival[row])) for row in np.flatnonzero(other > own)]
    known: dict[int, tuple[NDArray[np.int64], Vectors]] = {}

    def vectors_of(product: int) -> tuple[NDArray[np.int64], Vectors]:
        if product not in known:
            if len(known) > 64:
                known.clear()
            places = survey.photos_of(product)[:MOST]
            known[product] = places, records.vectors(survey.names(places), space=space)
        return known[product]

    exact = []
    for place, its_rival in sorted(found, key=lambda pair: (survey.products[pair[0]], pair)):
        product = int(survey.products[place])
        (vector,) = records.vectors(survey.names([place]), space=space)
        mine, theirs = (_nearness(vector, *vectors_of(it), without=place) for it in (product, its_rival))
        if theirs > mine:
            exact.append(Suspect(place, product, its_rival, mine, theirs))
    return tuple(sorted(exact, key=lambda suspect: (-suspect.margin, suspect.place)))


def _nearness(vector: Vectors, places: NDArray[np.int64], vectors: Vectors, *, without: int) -> float:
    cosines = np.sort(vectors[places != without].astype(np.float64) @ vector)[::-1]
    return float(cosines[:VOICES].mean())


def weigh(survey: Survey, rows: NDArray[np.int64]) -> tuple[Scores, Scores, NDArray[np.int64]]:
    """(own, other, rival) of some photos as far as their lists of neighbours tell.

    A voice that is not in the list is counted as the list's last cosine, which it cannot exceed. `own` is inf for a
    photo that is alone in its product; `other` is -inf where no other product is in the list.
    """
    cosines, products = survey.cosines[rows], survey.near_products[rows]
    count, width = cosines.shape
    listed = products >= 0
    last = np.where(listed, cosines, np.inf).min(axis=1)  # inf where the list is empty
    row = np.repeat(np.arange(count), width)[listed.ravel()]
    product, cosine = products.ravel()[listed.ravel()], cosines.ravel()[listed.ravel()].astype(np.float64)

    order = np.lexsort((-cosine, product, row))
    row, product, cosine = row[order], product[order], cosine[order]
    first = np.flatnonzero(np.r_[True, (row[1:] != row[:-1]) | (product[1:] != product[:-1])]) if len(row) else row
    group = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(row)]))
    speaks = np.arange(len(row)) - first[group] < VOICES
    sums = np.bincount(group[speaks], weights=cosine[speaks], minlength=len(first))
    heard = np.bincount(group[speaks], minlength=len(first))
    row, product = row[first], product[first]

    mine = product == survey.products[rows][row]
    voices = np.minimum(VOICES, survey.sizes[product] - mine)
    scores = (sums + (voices - heard) * last[row]) / voices

    own = np.where(survey.sizes[survey.products[rows]] > 1, last.astype(np.float64), np.inf)
    own[row[mine]] = scores[mine]
    other, rival = np.full(count, -np.inf), np.full(count, -1)
    strangers = np.flatnonzero(~mine)
    best = strangers[np.lexsort((product[strangers], -scores[strangers], row[strangers]))]
    seen, at = np.unique(row[best], return_index=True)
    other[seen], rival[seen] = scores[best][at], product[best][at]
    return own, other, rival
