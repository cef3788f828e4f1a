"""Near-duplicates: the same picture again, resized, recompressed, or slightly retouched.

A perceptual hash: signs of the low frequencies of the small grey picture (discrete cosine transform; Zauner 2010,
"Implementation and benchmarking of perceptual image hash functions"), 256 bits of them.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.errors import CatalogueError
from shelflens.types import Product
from shelflens.verify.base import Finding

BITS = 256
SAME = 0.9  # similarity from which two pictures are the same one, edited (docs/evidence-ranking.md)
_SIDE = 64  # pixels a side of the small picture
_LOW = 17  # frequencies a side; the constant ones, along either edge, are left out: 16 x 16 remain
_PLAIN = 4.0  # grey levels of standard deviation below which there is nothing to recognise
_FORMAT = b"pdct1\0"


def perceptual_hash(picture: Image.Image) -> NDArray[np.uint8] | None:
    """(32,) bytes, 256 bits; None for a picture that is one plain tone.

    The whole picture is squeezed to a square: a crop, a mirrored or a turned copy is another picture.
    """
    small = picture.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=3.0)
    grey = np.asarray(small, np.float64)
    if grey.std() < _PLAIN:
        return None
    waves = _cosines()
    low = (waves @ grey @ waves.T)[1:, 1:].ravel()
    return np.packbits(low > np.median(low))


def similarity(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(...,) of (..., 32): 1 for equal hashes, 0 for unrelated ones (half of the bits differ), or opposite ones."""
    differ = np.bitwise_count(np.bitwise_xor(one, other)).sum(axis=-1, dtype=np.int64)
    closeness: NDArray[np.float64] = np.maximum(1 - 2 * differ / BITS, 0)
    return closeness


class HashVerifier:
    """A Verifier. `value` is 1 for the same picture, about 0 for unrelated ones."""

    name = "hash"
    version = "dct 1"

    def describe(self, picture: Image.Image) -> bytes:
        """38 bytes; b"" for a picture of one plain tone."""
        bits = perceptual_hash(picture)
        return b"" if bits is None else _FORMAT + bits.tobytes()

    def compare(self, query: bytes, photo: bytes, _product: Product, /) -> Finding | None:
        if not query or not photo:
            return None
        value = float(similarity(_unpack(query), _unpack(photo)))
        return Finding(value, "nearly the same picture" if value >= SAME else "")


@cache
def _cosines() -> NDArray[np.float64]:
    """(_LOW, _SIDE): the first waves of the DCT-II."""
    places = (np.arange(_SIDE) + 0.5) * np.pi / _SIDE
    return np.cos(np.arange(_LOW)[:, None] * places)


def _unpack(description: bytes) -> NDArray[np.uint8]:
    if len(description) != len(_FORMAT) + BITS // 8 or not description.startswith(_FORMAT):
        raise CatalogueError(f"a hash has {len(_FORMAT) + BITS // 8} bytes and begins with {_FORMAT!r}; describe again")
    return np.frombuffer(description, np.uint8, offset=len(_FORMAT))
