"""A text tower of one catalogue: hashed pieces of words, mapped into the space of its photos. No network, no torch.

The photos' side stays as it is: Zhai et al., "LiT: Zero-Shot Transfer with Locked-image text Tuning", CVPR 2022. The
text side is linear, learnt by `shelflens.tower`; the features: Weinberger et al., "Feature Hashing for Large Scale
Multitask Learning", ICML 2009.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shelflens.errors import CatalogueError, SpaceError
from shelflens.text.grams import grams, is_cjk, words
from shelflens.types import Vectors

FORMAT: Final = "text-tower/1"  # another one with every change of the features, too
BUCKETS = 8_192
PIECE = 0.4  # what a piece of a word counts, beside 1 for the word
LONGER = (4, 5)  # letters of the pieces, beside 3
_HALF = np.dtype("<f2")


@dataclass(frozen=True, slots=True, eq=False)
class TextTower:
    """A TextEmbedder. `weights` (BUCKETS, rank) and `basis` (rank, dim) in half precision."""

    space: str
    weights: NDArray[np.float16]
    basis: NDArray[np.float16]
    least: float  # length before scaling, below which a text says nothing that the catalogue knows

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """As `TextEmbedder` says."""
        vectors = np.zeros((len(texts), self.basis.shape[1]), np.float32)
        for row, text in enumerate(texts):
            mapped, strength = self._mapped(text)
            if strength > self.least:
                vector = mapped @ self.basis.astype(np.float32)
                vectors[row] = vector / np.linalg.norm(vector)
        return vectors

    def strength(self, text: str) -> float:
        """How long the text's vector is before it is brought to length 1: near 0 for words that nobody uses."""
        return self._mapped(text)[1]

    def _mapped(self, text: str) -> tuple[NDArray[np.float32], float]:
        """(rank,) and its length, for features of length 1."""
        buckets, values = features(text)
        if not len(buckets):
            return np.zeros(self.weights.shape[1], np.float32), 0.0
        mapped = values @ self.weights[buckets].astype(np.float32)
        return mapped, float(np.linalg.norm(mapped))

    def to_json(self) -> str:
        return json.dumps(
            {
                "format": FORMAT,
                "space": self.space,
                "least": self.least,
                "rank": self.weights.shape[1],
                "weights": _packed(self.weights),
                "basis": _packed(self.basis),
            }
        )

    @classmethod
    def from_json(cls, text: str, *, where: str) -> TextTower:
        """Raises CatalogueError for what `to_json` did not write; `where` is for the message."""
        try:
            data: dict[str, Any] = json.loads(text)
            if data["format"] != FORMAT:
                raise CatalogueError(f"{where}: a text tower of format {data['format']!r}; run learn-words again")
            weights = _unpacked(data["weights"]).reshape(BUCKETS, int(data["rank"]))
            basis = _unpacked(data["basis"]).reshape(int(data["rank"]), -1)
            return cls(str(data["space"]), weights, basis, float(data["least"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CatalogueError(f"{where}: no text tower ({error}); run learn-words again") from error


def from_document(document: str, *, space: str, **_: object) -> TextTower:
    """Raises SpaceError when the tower was learnt for another space."""
    tower = TextTower.from_json(document, where="the catalogue's text tower")
    if tower.space != space:
        raise SpaceError(f"the text tower is of space {tower.space}, not of {space}; run learn-words again")
    return tower


def features(text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Buckets and values of a text, each bucket once; values of length 1 together."""
    sums: dict[int, float] = {}
    for word in words(text):
        for bucket, value in _of_word(word):
            sums[bucket] = sums.get(bucket, 0.0) + value
    held = sorted(bucket for bucket, value in sums.items() if value)
    values = np.array([sums[bucket] for bucket in held], np.float64)
    values = np.sign(values) * np.log1p(np.abs(values))  # the tenth "juice" says less than the first
    length = float(np.linalg.norm(values))
    return np.array(held, np.int64), (values / length if length else values).astype(np.float32)


@lru_cache(maxsize=1 << 16)  # a catalogue says the same words again and again
def _of_word(word: str) -> tuple[tuple[int, float], ...]:
    """(bucket, value) of the word itself and of its pieces; the sign keeps collisions from adding up."""
    pieces = set(grams(word))
    if not is_cjk(word):
        padded = f" {word} "
        pieces |= {padded[at : at + size] for size in LONGER for at in range(len(padded) - size + 1)}
    return ((_hashed(f"={word}", 1.0)), *(_hashed(piece, PIECE) for piece in sorted(pieces)))


def _hashed(feature: str, value: float) -> tuple[int, float]:
    number = zlib.crc32(feature.encode("utf-8", "surrogatepass"))
    return number % BUCKETS, -value if number >> 31 else value


def _packed(values: NDArray[np.float16]) -> str:
    return base64.b64encode(np.ascontiguousarray(values, _HALF).tobytes()).decode()


def _unpacked(text: str) -> NDArray[np.float16]:
    """(N,), flat."""
    return np.frombuffer(base64.b64decode(text, validate=True), _HALF)
