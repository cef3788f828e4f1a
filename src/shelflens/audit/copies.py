"""Pairs of photos that are one picture, found through the lists of nearest photos and proved on the pictures."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np

from shelflens.audit.overlap import Sketch, overlap, sketch
from shelflens.audit.pictures import GalleryPictures
from shelflens.audit.survey import OnProgress, Survey, nobody_listens
from shelflens.errors import PictureError
from shelflens.feed.base import BytesPhoto, FilePhoto, PhotoPlace
from shelflens.indexing import PhotoReader
from shelflens.indexing.threads import Threads
from shelflens.indexing.work import NeededFile, Workers
from shelflens.picture import open_bytes, read_file
from shelflens.records.base import Records

NEAR = 0.85  # cosine; 97 of 100 photos re-encoded, halved or cropped by 5 % keep it (docs/audit.md)
SAME = 0.97  # correlation: copies have 0.99 and more, other shots of the same shelf, but for a few twins, 0.92 and less
UNSEEN = 0.995  # cosine that must do where a picture is not to be had
PAIRS = 512  # compared at once
SKETCHES = 1_024  # kept at hand, 100 kB each
SIDE = 192  # pixels of the short side that a sketch is made from


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
    workers: Workers | None = None,
    on_progress: OnProgress = nobody_listens,
) -> Copies:
    """Equal bytes, and pictures that lie over each other; a picture is opened once, as a rule. `workers` open and
    sketch them (None: one thread)."""
    found = [Copy(one, other, 1.0, 1.0) for one, other in _equal(survey)]
    candidates = _candidates(survey, near)
    kept: OrderedDict[int, Sketch | None] = OrderedDict()
    unopened = 0
    with (
        closing(PhotoReader()) as reader,
        (workers or Threads(1, name="sketch")).hired(Sketching(), reader) as team,
    ):
        for start in range(0, len(candidates), PAIRS):
            some = candidates[start : start + PAIRS]
            places = sorted({place for one, other, _ in some for place in (one, other)})
            missing = [place for place in places if place not in kept]
            keys = survey.keys[missing].tolist()
            photos = records.photos(keys)
            wanted = ((place, pictures.place(photos.get(key))) for place, key in zip(missing, keys, strict=True))
            kept |= team.results((place, Sketched(where) if where else None) for place, where in wanted)
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


@dataclass(frozen=True, slots=True)
class Sketched:
    """A photo to be sketched: an Errand."""

    place: FilePhoto | BytesPhoto


@dataclass(frozen=True, slots=True)
class Sketching:
    """The Job of `copies`, and its Task: None for what cannot be opened."""

    files: tuple[NeededFile, ...] = ()

    def moved(self, places: Mapping[Path, Path]) -> Self:  # noqa: ARG002 - there are none
        return self

    def begin(self) -> Self:
        return self

    def refused(self, errand: Sketched, reason: str) -> Sketch | None:  # noqa: ARG002 - they are counted
        return None

    def read(self, place: PhotoPlace) -> bytes:
        return place.data if isinstance(place, BytesPhoto) else read_file(Path(place.source))

    def work(self, errand: Sketched, read: Callable[[], bytes]) -> Sketch | None:
        try:
            return sketch(open_bytes(read(), name=errand.place.source, side=SIDE).image)
        except PictureError:
            return None

    def close(self) -> None:
        """Nothing is held."""


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
