"""Everything that one run learns from and is judged by: photos read and decoded, classes numbered, parts made."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shelflens.classify.labels import Labels
from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, Columns
from shelflens.indexing import PhotoReader
from shelflens.train.photos import (
    LabelledPhoto,
    OnBad,
    Role,
    check_classes,
    labels_of,
    limited,
    read_photos,
    split_folders,
    target_column,
)
from shelflens.train.pictures import OnProgress, Pictures, decode_all
from shelflens.train.sampling import Rows
from shelflens.train.splitting import hold_out
from shelflens.types import Preprocessing

HELD_SHARE = 0.1  # of the photos, when no others are given to judge by


@dataclass(frozen=True, slots=True)
class Sources:
    """Where photos come from, and what is to be learnt of them."""

    train: str  # a folder with `train/` and perhaps `validation/` in it gives both
    target: str = "product"  # or a column's name
    validation: str | None = None
    catalogue: str | None = None
    columns: Columns = field(default_factory=Columns)
    limit_per_class: int | None = None  # of training photos


@dataclass(frozen=True)
class Dataset:
    """Pictures with their classes and parts."""

    pictures: Pictures
    labels: Labels
    classes: NDArray[np.int64]  # (N,) of the pictures; -1: of no class that is learnt
    train: Rows
    held: Rows
    catalogue: Rows


def read_dataset(
    sources: Sources,
    preprocessing: Preprocessing,
    reader: PhotoReader,
    folder: Path,
    *,
    seed: int,
    workers: int,
    on_progress: OnProgress,
    on_bad: OnBad,
) -> Dataset:
    """Pictures go into files in `folder`. Raises SourceError that says what to do when the photos do not suffice."""
    target = target_column(sources.target)
    photos = _read(sources, target, seed=seed, on_bad=on_bad)
    check_classes((photo for photo in photos if photo.role == "train"), target)  # before the long work
    pictures = decode_all(
        photos, preprocessing, reader, folder, workers=workers, on_progress=on_progress, on_bad=on_bad
    )
    own, given, catalogue = (_rows(pictures, role) for role in ("train", "validation", "catalogue"))
    if not len(own):
        raise SourceError(f"{sources.train}: not one of the photos can be opened; the reasons are listed as bad rows")
    usable = [pictures.photos[row] for row in own]
    labels = labels_of(check_classes(usable, target), usable, target)
    number = {name: place for place, name in enumerate(labels.names)}
    classes = np.array([number.get(photo.label, -1) for photo in pictures.photos], dtype=np.int64)
    for row in given[classes[given] < 0].tolist():
        photo = pictures.photos[row]
        reason = f"has the {target} {photo.label!r}, which no training photo has; it is not judged"
        on_bad(BadRow(photo.place.source, reason, photo.product.product_id))
    if len(given):
        train, held = own, given[classes[given] >= 0]
        if not len(held):
            raise SourceError(f"no validation photo has a {target} that training photos have; check both sources")
    else:
        held = hold_out(pictures.photos, own, target=target, share=HELD_SHARE, seed=seed)
        train = np.setdiff1d(own, held)
    return Dataset(pictures, labels, classes, train, held, catalogue)


def _read(sources: Sources, target: str, *, seed: int, on_bad: OnBad) -> list[LabelledPhoto]:
    train, beside = split_folders(sources.train)

    def read(source: str, role: Role) -> list[LabelledPhoto]:
        return read_photos(source, target, role=role, columns=sources.columns, on_bad=on_bad)

    photos = limited(read(train, "train"), sources.limit_per_class, seed=seed)
    if validation := sources.validation or beside:
        photos += read(validation, "validation")
    if sources.catalogue:
        photos += read(sources.catalogue, "catalogue")
    return photos


def _rows(pictures: Pictures, role: Role) -> Rows:
    return np.flatnonzero(np.array([photo.role == role for photo in pictures.photos], dtype=bool))
