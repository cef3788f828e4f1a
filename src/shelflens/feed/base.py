"""What it takes to be a feed: rows in, products with the places of their photos out; a bad row is reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from shelflens.types import Product

UPLOADED = "upload:"  # how the source of an uploaded photo begins


@dataclass(frozen=True, slots=True)
class FilePhoto:
    path: Path  # absolute

    @property
    def source(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class UrlPhoto:
    url: str

    @property
    def source(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class BytesPhoto:
    """A picture inside the table, as Parquet data sets have them."""

    data: bytes
    source: str  # "table.parquet:17"


@dataclass(frozen=True, slots=True)
class UploadedPhoto:
    """A picture that came as bytes and is kept in the catalogue's database, for all machines that share it."""

    photo_id: str

    @property
    def source(self) -> str:
        return f"{UPLOADED}{self.photo_id}"


PhotoPlace: TypeAlias = FilePhoto | UrlPhoto | BytesPhoto | UploadedPhoto


@dataclass(frozen=True, slots=True)
class FeedRow:
    product: Product
    photos: tuple[PhotoPlace, ...]  # may be empty: a product listed without a picture
    where: str  # "train.csv:17", for messages


@dataclass(frozen=True, slots=True)
class BadRow:
    where: str  # "train.csv:17" or the photo's place
    reason: str  # what was wrong and what would be right, naming the field
    product_id: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a table is which field: `product_id=sku`. Unmapped fields go by their usual names."""

    names: Mapping[str, str] = field(default_factory=dict)  # field -> column


class Feed(Protocol):
    """Rows in the source's order, the same on every reading. Opening checks the source as a whole
    (SourceError); a bad row is yielded as BadRow and the rest goes on."""

    @property
    def name(self) -> str: ...

    def __iter__(self) -> Iterator[FeedRow | BadRow]: ...

    def photos(self) -> int | None:
        """How many photos there are, for the time left; None when only reading it all would tell."""
        ...
