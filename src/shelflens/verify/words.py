"""Reads labels: the words in a picture against a product's title, brand, description and the words on its photos."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from shelflens.errors import CatalogueError
from shelflens.text.grams import grams, words
from shelflens.text.index import LabelledProduct, WordsIndex
from shelflens.text.lines import PrintedLine
from shelflens.text.profile import DETAILS, NAMES, PRINT, details, dot, names, printed, profile
from shelflens.text.statistics import TextStatistics
from shelflens.types import Box, Product
from shelflens.verify.base import Finding, Lexicon, Line, Region
from shelflens.verify.reading import MODEL, LineReader, Reading

_FORMAT = "words/1"
_SAME_WORD = 0.5  # share of their pieces (Dice) from which two words count as one, misread
_NOTED = 4  # agreeing lines that a note names


class WordsVerifier:
    """0..1: the cosine between what is printed on the query and what a product's label may say; None: nothing was read.

    The value is the same as `shelflens.text.index.WordsIndex` gives, with the lines of one photo. `statistics` are the
    catalogue's; without them all pieces of words weigh the same. The networks are loaded at the first `describe`, so
    that stored descriptions can be compared where they are not installed.
    """

    name = "words"

    def __init__(self, statistics: TextStatistics | None = None, *, reading: Reading | None = None) -> None:
        self._statistics = statistics or TextStatistics()
        self._reading = reading or Reading()
        self._reader: LineReader | None = None

    @property
    def version(self) -> str:
        return f"{_FORMAT} {MODEL} {self._reading}"

    def describe(self, picture: Image.Image) -> bytes:
        """What is printed in an upright picture, as JSON; b"" when nothing could be read."""
        if self._reader is None:
            self._reader = LineReader(self._reading)  # two threads at once may both load it; either one will do
        return encode(self._reader.read(picture))

    def saying(self, text: str) -> bytes:
        """As `Lettered` says."""
        return encode([PrintedLine(text, 1.0, Box(0, 0, 1, 1))] if text.strip() else [])

    def lexicon(self, products: Iterable[tuple[Product, Sequence[bytes]]]) -> Lexicon:
        """As `Lettered` says."""
        labelled = (
            LabelledProduct(product, tuple(line for photo in photos for line in decode(photo)))
            for product, photos in products
        )
        return WordsLexicon(WordsIndex(labelled, self._statistics))

    def compare(self, query: bytes, photo: bytes, product: Product) -> Finding | None:
        """The regions are the query's lines that agree; lines join them to where the photo says the same."""
        read, on_photo = decode(query), decode(photo)
        seen = printed(read, self._statistics)
        fields = (
            (NAMES, profile(((text, 1.0) for text in names(product)), self._statistics)),
            (DETAILS, profile(((text, 1.0) for text in details(product)), self._statistics)),
            (PRINT, printed(on_photo, self._statistics)),
        )
        if not seen or not any(field for _, field in fields):
            return None  # nothing was read, or there is nothing that it could agree with
        value = math.fsum(weight * dot(seen, field) for weight, field in fields)
        regions = self._agreeing(read, (*names(product), *details(product)), on_photo)
        return Finding(value, _note(regions), _joined(regions), regions)

    def _agreeing(
        self, read: Iterable[PrintedLine], texts: Iterable[str], on_photo: Iterable[PrintedLine]
    ) -> tuple[Region, ...]:
        """The query's lines that share a word with photo or texts, the most telling first, each wording once."""
        known = _known(texts, on_photo)
        found: dict[str, tuple[float, Region]] = {}
        for line in read:
            fitting = [fit for word in words(line.text) if (fit := _fit(word, known)).share >= _SAME_WORD]
            shared = {gram for fit in fitting for gram in grams(fit.word)}
            weight = line.confidence * math.fsum(map(self._statistics.idf, shared))
            key = " ".join(words(line.text))
            if weight > 0 and weight > found.get(key, (0.0, None))[0]:
                found[key] = weight, _region(line, fitting)
        return tuple(region for _, region in sorted(found.values(), key=lambda item: (-item[0], item[1].text)))


@dataclass(frozen=True, slots=True)
class WordsLexicon:
    """A Lexicon."""

    index: WordsIndex

    def nearest(self, description: bytes, k: int) -> tuple[str, ...]:
        return tuple(hit.product_id for hit in self.index.search(decode(description), k))


def encode(lines: Iterable[PrintedLine]) -> bytes:
    """b"" for no lines."""
    rows = [
        [line.text, line.confidence, [line.box.left, line.box.top, line.box.right, line.box.bottom]] for line in lines
    ]
    if not rows:
        return b""
    return json.dumps({"format": _FORMAT, "lines": rows}, ensure_ascii=False, separators=(",", ":")).encode()


def decode(description: bytes) -> tuple[PrintedLine, ...]:
    """The lines in a description: for `WordsIndex` too. Raises CatalogueError for what `encode` did not write."""
    if not description:
        return ()
    try:
        content = json.loads(description)
        if content["format"] != _FORMAT:
            raise CatalogueError(f"words described as {content['format']!r}; {_FORMAT!r} is needed")
        return tuple(PrintedLine(str(text), float(sure), Box(*box)) for text, sure, box in content["lines"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CatalogueError(f"no description of words ({error}); describe the picture again") from error


@dataclass(frozen=True, slots=True)
class _Known:
    """A word that a product's label may say, and where its photo says it."""

    word: str
    pieces: frozenset[str]
    box: Box | None


@dataclass(frozen=True, slots=True)
class _Fit:
    """A word of the query, and what it resembles most."""

    word: str
    share: float  # of the pieces of both (Dice), 0..1
    known: str = ""
    box: Box | None = None


def _known(texts: Iterable[str], on_photo: Iterable[PrintedLine]) -> list[_Known]:
    """The photo's first: it can be pointed at."""
    printed_words = [_Known(word, grams(word), line.box) for line in on_photo for word in words(line.text)]
    return [*printed_words, *(_Known(word, grams(word), None) for text in texts for word in words(text))]


def _fit(word: str, known: Iterable[_Known]) -> _Fit:
    """The first of equals; its box where the photo says the word best, though the records may spell it better."""
    best, seen = _Fit(word, 0.0), _Fit(word, 0.0)
    pieces = grams(word)
    for other in known:
        share = 2 * len(pieces & other.pieces) / (len(pieces) + len(other.pieces))
        fit = _Fit(word, share, other.word, other.box)
        best = fit if share > best.share else best
        seen = fit if other.box and share > seen.share else seen
    return replace(best, box=seen.box) if seen.share >= _SAME_WORD else best


def _region(line: PrintedLine, fitting: Sequence[_Fit]) -> Region:
    """A line with those of its words that fit."""
    return Region(
        text=line.text,
        fits=" ".join(fit.known for fit in fitting),
        share=sum(fit.share for fit in fitting) / max(1, len(words(line.text))),
        query=line.box,
        photo=next((fit.box for fit in fitting if fit.box), None),
    )


def _note(agreeing: Sequence[Region]) -> str:
    return f"reads {' · '.join(region.text for region in agreeing[:_NOTED])}" if agreeing else ""


def _joined(agreeing: Iterable[Region]) -> tuple[Line, ...]:
    return tuple(Line(_centre(region.query), _centre(region.photo)) for region in agreeing if region.photo)


def _centre(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2
