"""Labelled photos to arrays on disk: each is read and decoded once, whatever the epochs and trials that follow."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.errors import PictureError
from shelflens.feed.base import BadRow
from shelflens.indexing import PhotoReader
from shelflens.picture import decode_side, digest, fit, open_bytes
from shelflens.train.photos import LabelledPhoto, OnBad
from shelflens.types import Preprocessing

Bytes: TypeAlias = NDArray[np.uint8]  # (N, size, size, 3), RGB, upright
OnProgress: TypeAlias = Callable[[str, int, int | None], None]  # stage, done, of

_FINER = 1.25  # pixels of the canvas for one of the served picture, so that a part of it can fill the view sharply


@dataclass(frozen=True)
class Pictures:
    """Photos as the network is served them, and with a margin around that augmentation may use."""

    photos: tuple[LabelledPhoto, ...]  # N, the usable ones
    photo_ids: tuple[str, ...]  # SHA-256 of the files' bytes
    served: Bytes  # (N, size, size, 3): `fit` of the preprocessing
    canvas: Bytes  # (N, canvas size, canvas size, 3): the same and what lies around it
    preprocessing: Preprocessing

    @property
    def digest(self) -> str:
        """Of the photos' contents and labels, in their order, and of how they were prepared."""
        total = hashlib.sha256(repr(self.preprocessing).encode())
        for photo_id, photo in zip(self.photo_ids, self.photos, strict=True):
            total.update(f"{photo_id}\t{photo.label}\n".encode())
        return total.hexdigest()


def canvas_preprocessing(preprocessing: Preprocessing) -> Preprocessing:
    """The served picture with what is cut off from it, and finer."""
    return replace(preprocessing, size=round(_FINER * preprocessing.size / preprocessing.shown_share), crop_share=1.0)


def decode_all(
    photos: Sequence[LabelledPhoto],
    preprocessing: Preprocessing,
    reader: PhotoReader,
    folder: Path,
    *,
    workers: int,
    on_progress: OnProgress,
    on_bad: OnBad,
) -> Pictures:
    """Into files in `folder`. A photo that cannot be opened is a bad row, and not among the pictures."""
    canvas_kind = canvas_preprocessing(preprocessing)
    side = decode_side(preprocessing)  # as when serving: another scale of decoding gives other pixels

    def decode(photo: LabelledPhoto) -> tuple[str, NDArray[np.uint8], NDArray[np.uint8]] | BadRow:
        try:
            data = reader.read(photo.place)
            image = open_bytes(data, name=photo.place.source, side=side, limits=reader.limits).image
        except PictureError as error:
            return BadRow(photo.place.source, str(error), photo.product.product_id)
        return digest(data), np.asarray(fit(image, preprocessing)), np.asarray(fit(image, canvas_kind))

    folder.mkdir(parents=True, exist_ok=True)
    served = _array(folder / "served.npy", len(photos), preprocessing.size)
    canvas = _array(folder / "canvas.npy", len(photos), canvas_kind.size)
    usable: list[LabelledPhoto] = []
    ids: list[str] = []
    with ThreadPoolExecutor(workers) as pool:
        for done, (photo, decoded) in enumerate(zip(photos, _ordered(pool, decode, photos), strict=True), 1):
            if isinstance(decoded, BadRow):
                on_bad(decoded)
            else:
                ids.append(decoded[0])
                served[len(usable)], canvas[len(usable)] = decoded[1:]
                usable.append(photo)
            on_progress("reading photos", done, len(photos))
    count = len(usable)
    return Pictures(tuple(usable), tuple(ids), served[:count], canvas[:count], preprocessing)


def _ordered(
    pool: ThreadPoolExecutor,
    decode: Callable[[LabelledPhoto], tuple[str, NDArray[np.uint8], NDArray[np.uint8]] | BadRow],
    photos: Sequence[LabelledPhoto],
) -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.uint8]] | BadRow]:
    """In the photos' order, a window of them at a time, so that memory stays small."""
    for start in range(0, len(photos), 64):
        yield from pool.map(decode, photos[start : start + 64])


def _array(path: Path, count: int, size: int) -> Bytes:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(count, size, size, 3))
