"""Rows to labelled photos: what a network can learn from a source, and why the rest of it cannot be used."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from shelflens.classify.labels import Group, Labels, value_of
from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, Columns, PhotoPlace
from shelflens.feed.opening import open_feed
from shelflens.types import Product

OnBad: TypeAlias = Callable[[BadRow], None]
Role: TypeAlias = Literal["train", "validation", "catalogue"]

TRAIN_FOLDERS = ("train", "training")
VALIDATION_FOLDERS = ("validation", "val", "valid")
_LEAST_PHOTOS = 2  # of a class: one to learn from and one to judge by


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    place: PhotoPlace
    label: str
    product: Product
    role: Role  # catalogue: as a shop lists its product, not as a customer sees it


def split_folders(source: str) -> tuple[str, str | None]:
    """Where to train and where to validate: `SOURCE/train` and `SOURCE/validation` if there are such class folders,
    else SOURCE itself and nothing."""
    root = Path(source)
    train = next((root / name for name in TRAIN_FOLDERS if (root / name).is_dir()), None)
    if train is None:
        return source, None
    validation = next((root / name for name in VALIDATION_FOLDERS if (root / name).is_dir()), None)
    return str(train), str(validation) if validation else None


def target_column(target: str) -> str:
    """`product` means the product's id; anything else is a column's name."""
    return "product_id" if target == "product" else target


def read_photos(source: str, target: str, *, role: Role, columns: Columns, on_bad: OnBad) -> list[LabelledPhoto]:
    """Every photo of the source that has a label, in the source's order; rows without one are bad.

    Raises SourceError when none has.
    """
    photos: list[LabelledPhoto] = []
    known: set[str] = set()
    unlabelled = 0
    for row in open_feed(source, columns=columns):
        if isinstance(row, BadRow):
            on_bad(row)
            continue
        known.update(_columns(row.product))
        if label := value_of(row.product, target):
            photos += (LabelledPhoto(place, label, row.product, role) for place in row.photos)
        else:
            unlabelled += 1
            on_bad(BadRow(row.where, f"has no {target}, which is to be learnt; fill it in", row.product.product_id))
    for empty in _empty_folders(source):
        on_bad(BadRow(empty, "is a class without photos; put photos in it, or take the folder away"))
    if not photos:
        raise SourceError(_nothing(source, target, known, unlabelled))
    return photos


def check_classes(photos: Iterable[LabelledPhoto], target: str) -> list[str]:
    """The labels, sorted. Raises SourceError when there is one only, or one with too few photos."""
    counts = Counter(photo.label for photo in photos)
    if len(counts) < 2:
        (only,) = counts
        raise SourceError(
            f"all photos have the {target} {only!r}; learning needs two classes or more: add photos of another, "
            "or learn another column with --target"
        )
    if few := sorted(label for label, count in counts.items() if count < _LEAST_PHOTOS):
        named = ", ".join(map(repr, few[:5])) + (f" and {len(few) - 5} more" if len(few) > 5 else "")
        raise SourceError(
            f"{target} {named}: {counts[few[0]]} usable photo; a class needs {_LEAST_PHOTOS} or more (20 do better): "
            "add photos, or take the class out of the source"
        )
    return sorted(counts)


def limited(photos: list[LabelledPhoto], per_class: int | None, *, seed: int) -> list[LabelledPhoto]:
    """At most so many photos of each class, drawn with the seed; their order stays."""
    if per_class is None:
        return photos
    random = np.random.default_rng([seed, 0x11])
    kept: set[int] = set()
    for label in sorted({photo.label for photo in photos}):
        of_class = [row for row, photo in enumerate(photos) if photo.label == label]
        kept.update(random.permutation(of_class)[:per_class].tolist())
    return [photo for row, photo in enumerate(photos) if row in kept]


def labels_of(names: list[str], photos: Iterable[LabelledPhoto], target: str, *, temperature: float = 1.0) -> Labels:
    """With each coarser column as a group: one that has one value for every label, and fewer values than labels."""
    values: dict[str, dict[str, set[str]]] = {}
    for photo in photos:
        for column in _columns(photo.product):
            if column in (target, "product_id", "title", "description", "url"):
                continue
            values.setdefault(column, {}).setdefault(photo.label, set()).add(value_of(photo.product, column))
    groups = []
    for column, of in sorted(values.items()):
        if set(of) != set(names) or any(len(found) != 1 or "" in found for found in of.values()):
            continue
        per_label = tuple(next(iter(of[name])) for name in names)
        if 2 <= len(set(per_label)) < len(names):
            groups.append(Group(column, per_label))
    return Labels(target, tuple(names), tuple(groups), temperature)


def _columns(product: Product) -> Iterator[str]:
    yield "product_id"
    yield from (field for field in ("title", "description", "brand", "category", "url") if getattr(product, field))
    yield from product.attributes


def _empty_folders(source: str) -> list[str]:
    root = Path(source)
    if not root.is_dir():
        return []
    folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [str(path) for path in folders if not any(inside.is_file() for inside in path.rglob("*"))]


def _nothing(source: str, target: str, known: set[str], unlabelled: int) -> str:
    if target not in known:
        close = difflib.get_close_matches(target, known, n=1)
        meant = f"; did you mean --target {close[0]}?" if close else ""
        return f"{source}: no row has a {target!r} to learn{meant}; columns are {', '.join(sorted(known))}"
    return f"{source}: has no photos with a {target} ({unlabelled} rows lack it); fill in photo and {target}"
