"""Pairs of photos that are one picture, found through the lists of nearest photos and proved on the pictures."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from shelflens.audit.overlap import Sketch, overlap, sketch
from shelflens.audit.pictures import GalleryPictures
from shelflens.audit.survey import OnProgress, Survey, nobody_listens
from shelflens.records.base import Records
from shelflens.types import Photo

NEAR = 0.85  # cosine; 97 of 100 photos re-encoded, halved or cropped by 5 % keep it (docs/audit.md)
SAME = 0.97  # correlation: copies have 0.99 and more, other shots of the same shelf, but for a few twins, 0.92 and less
UNSEEN = 0.995  # cosine that must do where a picture is not to be had
PAIRS = 512  # compared at once
SKETCHES = 1_024  # kept at hand, 100 kB each


@dataclass(frozen=True, slots=True)
class Copy:
    one: int  # places of photos, one < other
    other: int
    overlap: float  # correlation, SAME..1; 1 for equal bytes
    similarity: float  # cosine


@dataclass(frozen=True, slots=True)
class Copies:
    copies: tuple[Copy, ...]
    compared: int  # pairs of pictures
    unopened: int  # pairs of which a picture was not to be had


def copies(
    survey: Survey,
    records: Records,
    pictures: GalleryPictures,
    *,
    near: float = NEAR,
    workers: int = 1,
    on_progress: OnProgress = nobody_listens,
) -> Copies:
    """Equal bytes, and pictures that lie over each other; a picture is opened once, as a rule."""
    found = [Copy(one, other, 1.0, 1.0) for one, other in _equal(survey)]
    candidates = _candidates(survey, near)
    kept: OrderedDict[int, Sketch | None] = OrderedDict()
    unopened = 0
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for start in range(0, len(candidates), PAIRS):
            some = candidates[start : start + PAIRS]
            places = sorted({place for one, other, _ in some for place in (one, other)})
            missing = [place for place in places if place not in kept]
            photos = records.photos(survey.keys[missing].tolist())

            wanted = [photos.get(key) for key in survey.keys[missing].tolist()]
            kept |= zip(missing, pool.map(partial(_drawn, pictures), wanted), strict=True)
            for one, other, cosine in some:
                mine, theirs = kept[one], kept[other]
                if mine is None or theirs is None:
                    unopened += 1
                    if cosine >= UNSEEN:
                        found.append(Copy(one, other, 0.0, cosine))
                elif (same := overlap(mine, theirs)) >= SAME:
                    found.append(Copy(one, other, same, cosine))
            while len(kept) > SKETCHES:
                kept.popitem(last=False)
            on_progress("comparing pictures", start + len(some), len(candidates))
    return Copies(tuple(found), len(candidates) - unopened, unopened)


def _drawn(pictures: GalleryPictures, photo: Photo | None) -> Sketch | None:
    image = pictures.open(photo, side=192) if photo else None
    return sketch(image) if image else None


def _equal(survey: Survey) -> list[tuple[int, int]]:
    """Photos with equal bytes, each with the next one of its kind."""
    order = np.argsort(survey.photo_ids, kind="stable")
    ids = survey.photo_ids[order]
    return [
        (one, other) for (one, other), same in zip(pairwise(order.tolist()), ids[1:] == ids[:-1], strict=True) if same
    ]


def _candidates(survey: Survey, near: float) -> list[tuple[int, int, float]]:
    """(one, other, cosine), one < other, each pair once, ascending; those with equal bytes are known already."""
    rows, columns = np.nonzero((survey.cosines >= near) & (survey.near >= 0))
    others = survey.near[rows, columns].astype(np.int64)
    cosines = survey.cosines[rows, columns]
    new = survey.photo_ids[rows] != survey.photo_ids[others]
    pairs = np.stack([np.minimum(rows, others), np.maximum(rows, others)], axis=1)[new]
    pairs, at = np.unique(pairs, axis=0, return_index=True)
    return [(one, other, float(cosine)) for (one, other), cosine in zip(pairs.tolist(), cosines[new][at], strict=True)]
