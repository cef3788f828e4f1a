"""Local features of a picture, and their form in bytes: where they are, what is around them, and the picture's tints.

Lengths are fractions of the picture's short side, so that descriptions of pictures of any size meet.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.errors import CatalogueError

Floats: TypeAlias = NDArray[np.float32]

MAGIC = b"SLK1"
_HEADER = struct.Struct("<4sHHHHH")  # magic, keypoints, descriptor length, tints' height and width, long side per mille
TINT_SCALE = 254.0  # OKLab a and b lie within -0.5..0.5; a byte's step is 0.004


@dataclass(frozen=True, slots=True, eq=False)
class Keypoints:
    """Strongest first."""

    places: Floats  # (N, 4): x, y, diameter, all in short sides; angle in degrees
    descriptors: Floats  # (N, D), unit rows
    tints: Floats  # (h, w, 2): OKLab a and b of the picture made small
    extent: tuple[float, float]  # width and height in short sides; one of them is 1

    def pack(self) -> bytes:
        """45 kB for 320 keypoints: 16-bit places, 8-bit descriptors, 8-bit tints."""
        count, length = self.descriptors.shape
        height, width = self.tints.shape[:2]
        long_side = round(1000 * max(self.extent))
        header = _HEADER.pack(MAGIC, count, length, height, width, min(long_side, 65_535))
        tall = struct.pack("<?", self.extent[1] > self.extent[0])
        places = self.places.astype("<f2").tobytes()
        descriptors = np.clip(np.rint(self.descriptors * 512), 0, 255).astype(np.uint8).tobytes()
        tints = np.clip(np.rint(self.tints * TINT_SCALE), -127, 127).astype(np.int8).tobytes()
        return b"".join((header, tall, places, descriptors, tints))

    @classmethod
    def unpack(cls, description: bytes) -> Keypoints:
        """What `pack` wrote, rounded. Raises CatalogueError for other bytes."""
        if len(description) <= _HEADER.size or description[:4] != MAGIC:
            raise CatalogueError(f"a description of local features begins with {MAGIC!r}, not {description[:4]!r}")
        _, count, length, height, width, long_side = _HEADER.unpack_from(description)
        sizes = (8 * count, length * count, 2 * height * width)
        start = _HEADER.size + 1
        if len(description) != start + sum(sizes):
            raise CatalogueError(
                f"a description of {count} keypoints has {start + sum(sizes)} bytes, not {len(description)}; it is cut"
            )
        body = memoryview(description)[start:]
        places = np.frombuffer(body[: sizes[0]], "<f2").reshape(count, 4).astype(np.float32)
        descriptors = np.frombuffer(body[sizes[0] : sizes[0] + sizes[1]], np.uint8).reshape(count, length)
        tints = np.frombuffer(body[sizes[0] + sizes[1] :], np.int8).reshape(height, width, 2)
        unit = descriptors.astype(np.float32)
        unit /= np.maximum(np.sqrt(np.einsum("nd,nd->n", unit, unit)), 1e-6)[:, None]
        tall = description[_HEADER.size] == 1
        ratio = long_side / 1000
        return cls(places, unit, tints.astype(np.float32) / TINT_SCALE, (1.0, ratio) if tall else (ratio, 1.0))
