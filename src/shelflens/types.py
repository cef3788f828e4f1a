"""The nouns of the trade, as frozen values. Every boundary between modules is crossed by these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]  # (N, dim), unit rows
Keys: TypeAlias = NDArray[np.int64]  # (N,), a gallery photo's row number in the records, 1 and up
Attribute: TypeAlias = str | float | bool | tuple[str, ...]


class Metric(StrEnum):
    """How two unit vectors are compared. Both rank alike: distance = sqrt(2 - 2 * cosine)."""

    COSINE = "cosine"  # -1..1, higher is nearer
    EUCLIDEAN = "euclidean"  # 0..2, lower is nearer


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in a picture, as fractions of its upright width and height, origin top left."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise ValueError(f"a box needs 0 <= left < right <= 1 and 0 <= top < bottom <= 1, not {self}")


@dataclass(frozen=True, slots=True)
class Product:
    """What is sold. Empty fields are unknown; `attributes` holds every column that has no field here."""

    product_id: str
    title: str = ""
    description: str = ""
    brand: str = ""
    category: str = ""
    price: float | None = None
    url: str = ""
    gtins: tuple[str, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Photo:
    """One picture of one product. Equal bytes are the same `photo_id`, whoever lists them."""

    photo_id: str  # SHA-256 of the file's bytes, hex
    product_id: str
    source: str  # where it was read: an absolute path, a URL, or "table.parquet:17"
    width: int  # upright, pixels
    height: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One gallery photo near the query."""

    photo: Photo
    score: float  # in the metric that was asked for


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason to believe, or not to believe, that query and product are the same."""

    name: str  # "similarity", "local", "words", "barcode", "hash", "colour", "category", "text"
    value: float  # in the unit of what measured it; higher speaks for the same product
    note: str = ""  # for people


class Band(StrEnum):
    """What may be done with an answer without a person looking at it."""

    ACCEPT = "accept"  # right, to the precision asked for: no person needs to look
    REVIEW = "review"
    REJECT = "reject"  # not the same, to the precision asked for


class Verdict(StrEnum):
    """What a whole answer comes to."""

    ACCEPT = "accept"  # the first match is it
    REVIEW = "review"  # a person should look
    UNKNOWN = "unknown"  # a product that is not in the catalogue, rather than any of the matches


@dataclass(frozen=True, slots=True)
class Match:
    """One product found, with the photo that matched best."""

    product: Product
    score: float  # of the best photo
    photo: Photo
    hits: tuple[Hit, ...]  # this product's photos among the nearest, best first
    pooled: float  # cosine by all of these together, -1..1 and a little above; ranks products as far as looks go
    probability: float | None = None  # that the query shows this product, 0..1; None: nothing was calibrated
    evidence: tuple[Evidence, ...] = ()
    band: Band | None = None  # what the probability allows; None where there is none


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Nearest gallery photos of Q queries, best first; equal scores by ascending key.

    Rows that hold fewer than k are padded with key -1 and score -inf at the end.
    """

    keys: NDArray[np.int64]  # (Q, k)
    scores: NDArray[np.float32]  # (Q, k), cosine, -1..1

    def __post_init__(self) -> None:
        assert self.keys.shape == self.scores.shape and self.keys.ndim == 2, (self.keys.shape, self.scores.shape)

    def row(self, query: int) -> Iterator[tuple[int, float]]:
        """The (key, cosine) pairs of one query, without the padding."""
        for key, score in zip(self.keys[query].tolist(), self.scores[query].tolist(), strict=True):
            if key >= 0:
                yield key, score


Fit: TypeAlias = Literal["squash", "crop", "pad"]


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Upright sRGB picture to tensor: part of a model, so it lives in the manifest and names the space.

    `squash` resizes to size x size; `crop` resizes the short side to `size / crop_share` and cuts the centre; `pad`
    does so with the long side, and fills with the mean colour what the picture leaves of the square.
    """

    size: int = 224  # height and width of the tensor, pixels
    fit: Fit = "squash"
    crop_share: float = 0.875  # of the resized side that the centre keeps; means nothing for "squash"
    resample: Literal["bicubic", "bilinear", "lanczos"] = "bicubic"
    mean: tuple[float, float, float] = (127.0, 127.0, 127.0)  # RGB, 0..255
    std: tuple[float, float, float] = (128.0, 128.0, 128.0)  # RGB, 0..255
    oversampling: float = 1.4  # pixels that a JPEG is decoded to, at least, for one that the model sees

    @property
    def shown_share(self) -> float:
        """Of the side that is fitted: what the model sees of it."""
        return 1.0 if self.fit == "squash" else self.crop_share
