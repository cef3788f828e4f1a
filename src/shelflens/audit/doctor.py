"""The catalogue's health: everything that can be said without a single new photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shelflens.audit.confusions import ConfusedGroup, LeftOut, confused_groups, confused_pairs, left_out
from shelflens.audit.customers import Customers
from shelflens.audit.growth import Growth, PhotosNeeded, growth, photos_needed
from shelflens.audit.labels import Suspect, suspects
from shelflens.audit.pictures import OPENED, PictureCheck, check_pictures
from shelflens.audit.probe import take_probe
from shelflens.audit.survey import OnProgress, Survey, nobody_listens
from shelflens.search import Gallery

ENOUGH = 5  # photos of a product, where the catalogue itself cannot say how many it needs
PRIOR = 4.0  # photos that the curve counts for beside a product's own


@dataclass(frozen=True, slots=True)
class ThinProduct:
    """A product with fewer photos than enough."""

    product: int  # place
    photos: int
    missed: int  # of its photos that, left out, find another product
    gain: float  # Recall@1 that enough photos should add, 0..1


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    survey: Survey
    left_out: LeftOut
    suspects: tuple[Suspect, ...]  # most suspicious first
    confused: tuple[ConfusedGroup, ...]  # most confused first
    without_photos: tuple[str, ...]  # ids of products that no search can find
    thin: tuple[ThinProduct, ...]  # the greatest gain first
    enough: int  # photos from which a product is not thin
    growth: Growth | None  # None: too few products or photos to say
    photos_needed: PhotosNeeded | None
    pictures: PictureCheck
    customers: Customers | None = None  # None: no labelled photos were given; else the two curves are of them


def diagnose(
    gallery: Gallery,
    survey: Survey,
    *,
    opened: int = OPENED,
    workers: int = 1,
    seed: int = 0,
    customers: Customers | None = None,
    on_progress: OnProgress = nobody_listens,
) -> Diagnosis:
    """Every finding, from the vectors that are kept and a look at the pictures; `opened` photos at most are opened."""
    records = gallery.records
    probe = customers.probe if customers else take_probe(gallery, survey, seed=seed, on_progress=on_progress)
    grown, needed = growth(probe, survey, seed=seed), photos_needed(probe, survey, seed=seed)
    on_progress("labels", 0, None)
    odd = suspects(survey, records, space=gallery.space)
    found = left_out(survey)
    enough = needed.enough if needed else ENOUGH
    model_side = records.spaces()[gallery.space].preprocessing.size
    known = set(survey.product_ids)
    return Diagnosis(
        survey=survey,
        left_out=found,
        suspects=odd,
        confused=confused_groups(confused_pairs(survey)),
        without_photos=tuple(it.product_id for it in records.products() if it.product_id not in known),
        thin=thin_products(survey, found, needed, enough=enough),
        enough=enough,
        growth=grown,
        photos_needed=needed,
        pictures=check_pictures(
            survey,
            records,
            model_side=model_side,
            opened=opened,
            workers=workers,
            seed=seed,
            on_progress=on_progress,
        ),
        customers=customers,
    )


def thin_products(
    survey: Survey, found: LeftOut, needed: PhotosNeeded | None, *, enough: int
) -> tuple[ThinProduct, ...]:
    """Products with fewer than `enough` photos, by what more of them should gain.

    A product's share of misses is its own, drawn towards what the curve says of so many photos; of these misses,
    enough photos mend the part that the curve mends.
    """
    thin = []
    for product in np.flatnonzero(survey.sizes < enough).tolist():
        photos, judged = int(survey.sizes[product]), int(found.judged[product])
        missed = judged - int(found.right[product])
        now, then = _misses(needed, max(1, photos - 1)), _misses(needed, max(1, enough - 1))
        share = (missed + PRIOR * now) / (judged + PRIOR)
        thin.append(ThinProduct(product, photos, missed, share * max(0.0, 1 - then / max(now, 1e-9))))
    return tuple(sorted(thin, key=lambda it: (-it.gain, it.photos, it.product)))


def _misses(needed: PhotosNeeded | None, photos: int) -> float:
    """The share of queries that so many photos per product answer wrongly; half of all with one photo, and in
    inverse proportion to the photos, where nothing was measured."""
    if needed is None:
        return 0.5 / photos
    sizes: Sequence[float] = [np.log(point.size) for point in needed.measured]
    return float(np.interp(np.log(photos), sizes, [1 - point.value for point in needed.measured]))
