"""The gallery's pictures themselves: are they there, large enough, sharp enough, and of anything at all?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.audit.survey import PORTION, OnProgress, Survey, nobody_listens
from shelflens.errors import PictureError
from shelflens.feed.base import BytesPhoto, FilePhoto
from shelflens.picture import open_bytes, open_file, thumbnail
from shelflens.records.base import Records
from shelflens.types import Photo

OPENED = 10_000  # photos of a larger catalogue that are opened, drawn at random
SIDE = 256  # pixels of the short side on which blur and contrast are judged: about what a model sees
SMALL = 0.6  # of the model's input side: a photo at 116 pixels keeps a median cosine of 0.82 to itself at 348
BLURRED = 0.6  # sharp shop photos reach 0.51; blurred by 2 pixels of 256, 0.58 and more
BLANK = 6.0  # grey levels, standard deviation; photos of products have 20 and more
_WINDOW = 9  # pixels of the blur that a picture is compared with


class Fault(StrEnum):
    MISSING = "missing"  # the file is gone
    UNREADABLE = "unreadable"  # there, but damaged
    SMALL = "small"
    BLANK = "blank"
    BLURRED = "blurred"


@dataclass(frozen=True, slots=True)
class FaultyPhoto:
    place: int  # in the survey
    fault: Fault
    note: str  # what was measured, for people
    values: Mapping[str, str | float] = field(default_factory=dict)  # that the note names, for other languages


@dataclass(frozen=True, slots=True)
class PictureCheck:
    faults: tuple[FaultyPhoto, ...]  # by fault, then by place
    opened: int  # photos that were looked at, not only looked for
    addresses: int  # photos known by an address alone, which nobody is asked for


class GalleryPictures:
    """The catalogue's photos, from their files or from the small copies that the records keep of all others."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def place(self, photo: Photo | None) -> FilePhoto | BytesPhoto | None:
        """Where it can be opened without asking anybody else; None: nowhere."""
        if photo is None:
            return None
        if kept := self._records.thumbnail(photo.photo_id):
            return BytesPhoto(kept, photo.source)
        return None if is_address(photo.source) else FilePhoto(Path(photo.source))

    def open(self, photo: Photo, *, side: int) -> Image.Image | None:
        """Upright, its short side at least `side` pixels where the source has them; None: not to be had here."""
        try:
            match self.place(photo):
                case BytesPhoto(data, source):
                    return open_bytes(data, name=source, side=side).image
                case FilePhoto(path):
                    return open_file(path, side=side).image
                case _:
                    return None
        except PictureError:
            return None

    def jpeg(self, photo: Photo, *, side: int) -> bytes:
        """A small JPEG, its long side `side` pixels at most; empty when the photo is not to be had."""
        image = self.open(photo, side=side)
        return b"" if image is None else thumbnail(image, side=side)


def is_address(source: str) -> bool:
    return urlsplit(source).scheme in ("http", "https")


def check_pictures(
    survey: Survey,
    records: Records,
    *,
    model_side: int,
    opened: int = OPENED,
    workers: int = 1,
    seed: int = 0,
    on_progress: OnProgress = nobody_listens,
) -> PictureCheck:
    """Looks for every file, and into `opened` of them; `model_side` is the side of the model's input, pixels."""
    random = np.random.default_rng(seed)
    looked_at = np.zeros(len(survey), dtype=np.bool_)
    looked_at[random.choice(len(survey), min(opened, len(survey)), replace=False)] = True
    faults: list[FaultyPhoto] = []
    addresses = 0
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for start in range(0, len(survey), PORTION // 10):
            places = range(start, min(start + PORTION // 10, len(survey)))
            photos = records.photos(survey.keys[places].tolist())
            there = [(place, photo) for place in places if (photo := photos.get(int(survey.keys[place])))]
            addresses += sum(is_address(photo.source) for _, photo in there)
            jobs = [(place, photo, bool(looked_at[place])) for place, photo in there]
            for found in pool.map(lambda job: _faults(*job, records=records, model_side=model_side), jobs):
                faults += found
            on_progress("pictures", places.stop, len(survey))
    order = list(Fault)
    faults.sort(key=lambda faulty: (order.index(faulty.fault), faulty.place))
    return PictureCheck(tuple(faults), int(looked_at.sum()), addresses)


def _faults(place: int, photo: Photo, look: bool, *, records: Records, model_side: int) -> Sequence[FaultyPhoto]:
    faults = []
    short = min(photo.width, photo.height)
    if short < SMALL * model_side:
        size = {"width": photo.width, "height": photo.height}
        faults.append(FaultyPhoto(place, Fault.SMALL, f"{photo.width} x {photo.height} pixels", size))
    kept = records.thumbnail(photo.photo_id)
    if not kept and is_address(photo.source):
        return faults
    if not kept and not Path(photo.source).is_file():
        return [FaultyPhoto(place, Fault.MISSING, photo.source), *faults]
    if not look:
        return faults
    try:
        picture = open_bytes(kept, side=SIDE) if kept else open_file(photo.source, side=SIDE)
    except PictureError as error:
        return [FaultyPhoto(place, Fault.UNREADABLE, str(error)), *faults]
    grey = grey_levels(picture.image)
    if (contrast := float(grey.std())) < BLANK:
        values = {"contrast": round(contrast, 1)}
        return [*faults, FaultyPhoto(place, Fault.BLANK, f"contrast {contrast:.1f} grey levels", values)]
    # A small picture is blurred by being enlarged; that is one fault, not two.
    if min(picture.image.size) >= SIDE // 2 and (blur := blurriness(grey)) > BLURRED:
        faults.append(FaultyPhoto(place, Fault.BLURRED, f"blur {blur:.2f} of 1", {"blur": round(blur, 2)}))
    return faults


def grey_levels(image: Image.Image) -> NDArray[np.float32]:
    """(H, W), 0..255, the short side SIDE pixels."""
    scale = SIDE / min(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return np.asarray(image.convert("L").resize(size, Image.Resampling.BOX), dtype=np.float32)


def blurriness(grey: NDArray[np.float32]) -> float:
    """0..1: how little a picture changes when it is blurred once more (Crete et al. 2007, *The Blur Effect*)."""
    return max(_blurriness(grey), _blurriness(grey.T))


def _blurriness(grey: NDArray[np.float32]) -> float:
    """Along the second axis."""
    sums = np.cumsum(grey, axis=1, dtype=np.float64)
    blurred = (sums[:, _WINDOW:] - sums[:, :-_WINDOW]) / _WINDOW
    middle = grey[:, _WINDOW // 2 + 1 : -(_WINDOW // 2)].astype(np.float64)
    steps = np.abs(np.diff(middle, axis=1))
    lost = np.maximum(0.0, steps - np.abs(np.diff(blurred, axis=1)))
    total = steps.sum()
    return float((total - lost.sum()) / total) if total else 1.0
