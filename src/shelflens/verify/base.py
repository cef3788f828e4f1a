"""What it takes to be a verifier: one reason to believe, or not, that a picture shows a product."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from PIL import Image

from shelflens.types import Box, Product


@dataclass(frozen=True, slots=True)
class Line:
    """A point of the query and its counterpart in the catalogue photo, each as fractions of width and height."""

    query: tuple[float, float]
    photo: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the query that says something by itself: a word, a barcode."""

    text: str  # as it was read
    fits: str  # what it was held against, in the product's words; "": nothing fits
    share: float  # how well it fits, 0..1; 1: letter for letter
    query: Box
    photo: Box | None = None  # where the catalogue photo says the same; None: it does not, or only the records do


@dataclass(frozen=True, slots=True)
class Finding:
    """What comparing one picture with one catalogue photo of a product came to."""

    value: float  # in the verifier's own unit; higher speaks for the same product
    note: str = ""  # for people: "31 of 120 points agree", "reads MELLANMJÖLK 1.5%"
    lines: tuple[Line, ...] = ()  # what agrees with what, where there is such a thing
    regions: tuple[Region, ...] = ()  # the most telling first


class Describing(Protocol):
    """Describes a picture once, as bytes that may be kept for years.

    Laws: `describe` is deterministic; a description is self-contained, says its own format, and is never a pickle; it
    may be called from several threads.
    """

    @property
    def name(self) -> str:
        """The evidence's name in answers: "local", "words", "barcode", "hash", "colour"."""
        ...

    @property
    def version(self) -> str:
        """Names the form of the descriptions; those of another version are made again, never compared."""
        ...

    def describe(self, picture: Image.Image) -> bytes:
        """An upright sRGB picture, at its full resolution; b"" when there is nothing to describe."""
        ...


class Verifier(Describing, Protocol):
    """Compares two descriptions besides.

    Laws: `compare` is symmetric in what it measures, needs no picture, and gives None when it cannot say anything (no
    text in the picture, no barcode), which is not evidence against. It may be called from several threads.
    """

    def compare(self, query: bytes, photo: bytes, product: Product, /) -> Finding | None:
        """A query's description against one of a catalogue photo (b"": not described) and its product's words."""
        ...


@runtime_checkable
class Numbered(Protocol):
    """What a verifier may be besides: one that reads the numbers that products are listed under."""

    def gtins(self, description: bytes) -> tuple[str, ...]:
        """Trade item numbers in a description, as the records have them."""
        ...


class Lexicon(Protocol):
    """The words of a catalogue's products. Safe to call from several threads."""

    def nearest(self, description: bytes, k: int) -> tuple[str, ...]:
        """Ids of the products whose words fit the description best, best first; fewer where fewer fit at all."""
        ...


@runtime_checkable
class Lettered(Describing, Protocol):
    """What a verifier may be besides: one that finds products by what is printed."""

    def saying(self, text: str) -> bytes:
        """What `describe` gives for a picture on which only this text is printed."""
        ...

    def lexicon(self, products: Iterable[tuple[Product, Sequence[bytes]]]) -> Lexicon:
        """Of products, each with descriptions of its photos."""
        ...


def key(verifier: Describing) -> str:
    """The name that its descriptions are kept under."""
    return f"{verifier.name}/{verifier.version}"
