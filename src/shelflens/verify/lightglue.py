"""Local features that are matched by LightGlue, where a shop brings the networks: `lightglue:PATH`.

PATH is a folder with extractor.onnx and matcher.onnx: catalogue photos are then described at indexing time, and only
the query is described by a search. Or it is one file that does both: it wants both pictures each time, so small copies
of them are the descriptions, and a search takes as long as the network does, times the photos compared.

What agrees is judged as for `local`: by one motion, and by the colours in the same places. shelflens ships no weights:
those of SuperPoint are not free for commercial use, those of DISK and ALIKED with LightGlue are.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from shelflens.errors import CatalogueError, ModelError
from shelflens.network.weights import digest, weight_files
from shelflens.types import Product
from shelflens.verify.agreement import agree_points
from shelflens.verify.base import Finding, Verifier
from shelflens.verify.keypoints import TINT_SCALE, Floats, Keypoints
from shelflens.verify.lightglue_networks import SIDE, EndToEnd, Extractor, Features, Matcher, Pairs
from shelflens.verify.local import extent, judged, tints

EXTRACTOR: Final = "extractor.onnx"
MATCHER: Final = "matcher.onnx"
KEYPOINTS: Final = 512
QUALITY: Final = 90  # of the JPEG that stands for a picture
_FEATURES: Final = b"LGF1"
_PICTURE: Final = b"LGP1"
_HEADER: Final = struct.Struct("<4sHHHHff")  # magic, keypoints, descriptor length, tints' height and width, extent


def from_path(reference: str = "") -> Verifier:
    """`lightglue:PATH`. Raises ModelError where there is no such file or folder, or networks of another shape."""
    if not reference:
        raise ModelError(
            f"lightglue: needs networks, as in lightglue:FOLDER with {EXTRACTOR} and {MATCHER}, or lightglue:FILE.onnx"
        )
    path = Path(reference).expanduser()
    if not path.exists():
        raise ModelError(f"lightglue: there is nothing at {path}")
    return LightGlueVerifier(path) if path.is_dir() else EndToEndVerifier(path)


class LightGlueVerifier:
    """Two files. `value` is as for `local`: points that agree, counted less where the colours differ."""

    name = "lightglue"

    def __init__(self, folder: Path) -> None:
        files = [file for name in (EXTRACTOR, MATCHER) for file in weight_files(folder / name)]
        self._extractor, self._matcher = Extractor(folder / EXTRACTOR), Matcher(folder / MATCHER)
        self.version = f"split 1 {digest(files)[:12]}"

    def describe(self, picture: Image.Image) -> bytes:
        """For 512 keypoints of 256 numbers 135 kB; b"" for a picture without keypoints."""
        features = self._extractor.features(picture, most=KEYPOINTS)
        return pack(features, tints(picture), extent(picture)) if len(features.places) else b""

    def compare(self, query: bytes, photo: bytes, _product: Product, /) -> Finding | None:
        if not query or not photo:
            return None
        (one, here), (other, there) = unpack(query), unpack(photo)
        return _finding(here, there, self._matcher.pairs(one, other, extents=(here.extent, there.extent)))


class EndToEndVerifier:
    """One file. `value` is as for `local`."""

    name = "lightglue"

    def __init__(self, file: Path) -> None:
        self._network = EndToEnd(file)
        self.version = f"whole 1 {digest(weight_files(file))[:12]}"

    def describe(self, picture: Image.Image) -> bytes:
        """A JPEG of about 40 kB: the long side has at most SIDE pixels."""
        share = min(1.0, SIDE / max(picture.size))
        size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
        small = picture.convert("RGB").resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
        written = io.BytesIO()
        small.save(written, "JPEG", quality=QUALITY)
        return _PICTURE + written.getvalue()

    def compare(self, query: bytes, photo: bytes, _product: Product, /) -> Finding | None:
        if not query or not photo:
            return None
        one, other = _picture(query), _picture(photo)
        here, there, pairs = self._network.pairs(one, other)
        return _finding(_keypoints(here, one), _keypoints(there, other), pairs)


def pack(features: Features, picture_tints: Floats, sides: tuple[float, float]) -> bytes:
    """Descriptors in 8 bits of a scale that each keypoint has for itself."""
    count, length = features.descriptors.shape
    scales = np.maximum(np.abs(features.descriptors).max(axis=1, initial=0.0), 1e-6).astype("<f4")
    height, width = picture_tints.shape[:2]
    return b"".join(
        (
            _HEADER.pack(_FEATURES, count, length, height, width, *sides),
            features.places.astype("<f4").tobytes(),
            scales.tobytes(),
            np.rint(features.descriptors / scales[:, None] * 127).astype(np.int8).tobytes(),
            np.clip(np.rint(picture_tints * TINT_SCALE), -127, 127).astype(np.int8).tobytes(),
        )
    )


def unpack(description: bytes) -> tuple[Features, Keypoints]:
    """What `pack` wrote, rounded; the keypoints in short sides too. Raises CatalogueError for other bytes."""
    if len(description) < _HEADER.size or description[:4] != _FEATURES:
        raise CatalogueError(
            f"a description of LightGlue's features begins with {_FEATURES!r}, not {description[:4]!r}"
        )
    _, count, length, height, width, *sides = _HEADER.unpack_from(description)
    sizes = np.cumsum([_HEADER.size, 8 * count, 4 * count, length * count, 2 * height * width])
    if len(description) != sizes[-1]:
        raise CatalogueError(f"a description of {count} keypoints has {sizes[-1]} bytes, not {len(description)}")
    places, scales, numbers, colours = (description[sizes[at] : sizes[at + 1]] for at in range(4))
    shares = np.frombuffer(places, "<f4").reshape(count, 2)
    descriptors = np.frombuffer(numbers, np.int8).reshape(count, length).astype(np.float32)
    descriptors *= np.frombuffer(scales, "<f4")[:, None] / 127
    small = np.frombuffer(colours, np.int8).reshape(height, width, 2).astype(np.float32) / TINT_SCALE
    return Features(shares, descriptors), _located(shares, small, (sides[0], sides[1]))


def _finding(query: Keypoints, photo: Keypoints, pairs: Pairs) -> Finding:
    return judged(query, photo, agree_points(query.places[:, :2], photo.places[:, :2], pairs))


def _keypoints(shares: Floats, picture: Image.Image) -> Keypoints:
    return _located(shares, tints(picture), extent(picture))


def _located(shares: Floats, picture_tints: Floats, sides: tuple[float, float]) -> Keypoints:
    """Without scale, angle and descriptors, which LightGlue's points do not have, or do not need any more."""
    places = np.zeros((len(shares), 4), np.float32)
    places[:, :2] = shares * np.array(sides, np.float32)
    return Keypoints(places, np.zeros((len(shares), 0), np.float32), picture_tints, sides)


def _picture(description: bytes) -> Image.Image:
    if description[:4] != _PICTURE:
        raise CatalogueError(f"a picture for LightGlue begins with {_PICTURE!r}, not {description[:4]!r}")
    try:
        return Image.open(io.BytesIO(description[4:])).convert("RGB")
    except OSError as error:
        raise CatalogueError(f"a picture for LightGlue is damaged ({error}); describe it again") from error
