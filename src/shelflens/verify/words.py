"""Reads labels: the words in a picture against a product's title, brand, description and the words on its photos."""

from __future__ import annotations

import json
from collections.abc import Iterable

from PIL import Image

from shelflens.errors import CatalogueError
from shelflens.text.grams import grams, words
from shelflens.text.lines import PrintedLine
from shelflens.text.profile import DETAILS, NAMES, PRINT, details, dot, names, printed, profile
from shelflens.text.statistics import TextStatistics
from shelflens.types import Box, Product
from shelflens.verify.base import Finding, Line
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

    def compare(self, query: bytes, photo: bytes, product: Product) -> Finding | None:
        """The lines of the Finding join a query's line to the photo's line that says the same."""
        read, on_photo = decode(query), decode(photo)
        seen = printed(read, self._statistics)
        if not seen:
            return None
        value = (
            NAMES * dot(seen, profile(((text, 1.0) for text in names(product)), self._statistics))
            + DETAILS * dot(seen, profile(((text, 1.0) for text in details(product)), self._statistics))
            + PRINT * dot(seen, printed(on_photo, self._statistics))
        )
        texts = (*names(product), *details(product), *(line.text for line in on_photo))
        agreeing = self._agreeing(read, texts)
        return Finding(value, _note(agreeing), _joined(agreeing, on_photo))

    def _agreeing(self, read: Iterable[PrintedLine], texts: Iterable[str]) -> tuple[PrintedLine, ...]:
        """The query's lines that share a word with the texts, the most telling first, each wording once."""
        known = [grams(word) for text in texts for word in words(text)]
        found: dict[str, tuple[float, PrintedLine]] = {}
        for line in read:
            shared = {gram for word in words(line.text) if _is_known(word, known) for gram in grams(word)}
            weight = line.confidence * sum(map(self._statistics.idf, sorted(shared)))
            key = " ".join(words(line.text))
            if weight > 0 and weight > found.get(key, (0.0, line))[0]:
                found[key] = weight, line
        return tuple(line for _, line in sorted(found.values(), key=lambda item: (-item[0], item[1].text)))


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


def _is_known(word: str, known: Iterable[frozenset[str]]) -> bool:
    pieces = grams(word)
    return any(2 * len(pieces & other) >= _SAME_WORD * (len(pieces) + len(other)) for other in known)


def _note(agreeing: tuple[PrintedLine, ...]) -> str:
    return f"reads {' · '.join(line.text for line in agreeing[:_NOTED])}" if agreeing else ""


def _joined(agreeing: Iterable[PrintedLine], on_photo: Iterable[PrintedLine]) -> tuple[Line, ...]:
    joined = []
    for line in agreeing:
        ours = [grams(word) for word in words(line.text)]
        for other in on_photo:
            if any(_is_known(word, ours) for word in words(other.text)):
                joined.append(Line(_centre(line.box), _centre(other.box)))
                break
    return tuple(joined)


def _centre(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2
