"""LightGlue's networks as ONNX files, in the forms that they are exported in; each checked against what it should be.

Lindenberger, Sarlin, Pollefeys, "LightGlue: Local Feature Matching at Light Speed", ICCV 2023. The forms are those of
the exporter fabio-sim/LightGlue-ONNX:

    two files   extractor.onnx: image (1, C, H, W) -> keypoints (1, N, 2), scores (1, N), descriptors (1, N, D)
                matcher.onnx: kpts0, kpts1 (1, N, 2), desc0, desc1 (1, N, D) -> matches0 (M, 2), mscores0 (M,)
    one file    image0, image1 -> kpts0, kpts1, matches0, mscores0
    one file    images (2, C, H, W) -> keypoints (2, N, 2), matches (M, 3: pair, place, place), mscores (M,)

C is 1 (grey) or 3 (red, green, blue), 0..1; keypoints are pixels (x, y).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.errors import ModelError
from shelflens.network.session import UNUSABLE, open_session

Floats: TypeAlias = NDArray[np.float32]
Pairs: TypeAlias = NDArray[np.intp]  # (M, 2): places among the one's keypoints and the other's

SIDE: Final = 512  # pixels of the long side, where the file leaves it open
GRID: Final = 32  # sides are multiples of it: the extractors halve a picture up to five times
LEAST: Final = 0.1  # score of a match: what LightGlue itself filters at


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Strongest first."""

    places: Floats  # (N, 2): x, y as shares of the picture's width and height
    descriptors: Floats  # (N, D)


class Network:
    """One ONNX file with the inputs and outputs of one of the forms."""

    def __init__(self, path: Path, *, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        """Raises ModelError for a file of another shape."""
        self.path = path
        self._session = open_session(path, threads=1)
        self.inputs = {tensor.name: tensor.shape for tensor in self._session.get_inputs()}
        self._outputs = list(outputs)
        found = [*self.inputs], [tensor.name for tensor in self._session.get_outputs()]
        if sorted(found[0]) != sorted(inputs) or not set(outputs) <= set(found[1]):
            raise ModelError(
                f"{path}: maps {', '.join(found[0])} to {', '.join(found[1])}; "
                f"{', '.join(inputs)} to {', '.join(outputs)} is needed (docs/matching.md)"
            )

    def run(self, tensors: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs in the order asked for. Raises ModelError."""
        try:
            found: list[NDArray[Any]] = self._session.run(self._outputs, tensors)
        except UNUSABLE as error:
            raise ModelError(f"{self.path}: does not run: {error}") from None
        return found

    def tensor(self, picture: Image.Image, name: str, *, square: bool = False) -> Floats:
        """(1, C, H, W), 0..1: the picture as the input `name` wants it; `square` where two must be of one size."""
        shape = self.inputs[name]
        if len(shape) != 4 or shape[1] not in {1, 3}:
            raise ModelError(f"{self.path}: input {name!r} is {shape}; (1, 1 or 3, height, width) is needed")
        height, width = (side if isinstance(side, int) else 0 for side in shape[2:])
        share = SIDE / max(picture.size)
        open_width, open_height = (SIDE, SIDE) if square else (_on_grid(side * share) for side in picture.size)
        size = (width or open_width, height or open_height)
        small = picture.convert("L" if shape[1] == 1 else "RGB").resize(
            size, Image.Resampling.BICUBIC, reducing_gap=3.0
        )
        values = np.asarray(small, np.float32) / np.float32(255)
        planes = values[None] if shape[1] == 1 else values.transpose(2, 0, 1)
        return np.ascontiguousarray(planes[None])


class Extractor:
    """The first of two files."""

    def __init__(self, path: Path) -> None:
        self._network = Network(path, inputs=["image"], outputs=["keypoints", "scores", "descriptors"])

    def features(self, picture: Image.Image, *, most: int) -> Features:
        """The `most` best keypoints; ties by their place. Raises ModelError for answers of another shape."""
        tensor = self._network.tensor(picture, "image")
        keypoints, scores, descriptors = self._network.run({"image": tensor})
        count = keypoints.shape[1] if keypoints.ndim == 3 else -1
        shapes = keypoints.shape, scores.shape, descriptors.shape[:2]
        if shapes != ((1, count, 2), (1, count), (1, count)) or descriptors.ndim != 3:
            raise ModelError(
                f"{self._network.path}: keypoints {keypoints.shape}, scores {scores.shape} and descriptors "
                f"{descriptors.shape}; (1, N, 2), (1, N) and (1, N, D) are needed"
            )
        order = np.argsort(-scores[0], kind="stable")[:most]
        return Features(_shares(keypoints[0][order], tensor), descriptors[0][order].astype(np.float32))


class Matcher:
    """The second of two files."""

    def __init__(self, path: Path) -> None:
        self._network = Network(path, inputs=["kpts0", "kpts1", "desc0", "desc1"], outputs=["matches0", "mscores0"])

    def pairs(
        self, one: Features, other: Features, *, extents: tuple[tuple[float, float], tuple[float, float]]
    ) -> Pairs:
        """`extents` are the pictures' widths and heights in any one unit. Raises ModelError."""
        matches, scores = self._network.run(
            {
                "kpts0": _centred(one.places, extents[0]),
                "kpts1": _centred(other.places, extents[1]),
                "desc0": one.descriptors[None],
                "desc1": other.descriptors[None],
            }
        )
        return _sure(matches, scores, (len(one.places), len(other.places)), where=self._network.path)


class EndToEnd:
    """Both in one file: two pictures in, matches out."""

    def __init__(self, path: Path) -> None:
        session = open_session(path, threads=1)
        self._together = [tensor.name for tensor in session.get_inputs()] == ["images"]
        self._network = (
            Network(path, inputs=["images"], outputs=["keypoints", "matches", "mscores"])
            if self._together
            else Network(path, inputs=["image0", "image1"], outputs=["kpts0", "kpts1", "matches0", "mscores0"])
        )

    def pairs(self, one: Image.Image, other: Image.Image) -> tuple[Floats, Floats, Pairs]:
        """Keypoints of both, as shares of width and height, and which match. Raises ModelError."""
        if self._together:
            tensors = [self._network.tensor(picture, "images", square=True) for picture in (one, other)]
            keypoints, matches, scores = self._network.run({"images": np.concatenate(tensors)})
            if keypoints.ndim != 3 or len(keypoints) != 2:
                raise ModelError(f"{self._network.path}: keypoints {keypoints.shape}; (2, N, 2) is needed")
            here, there = keypoints
            matches = matches[:, 1:] if matches.ndim == 2 and matches.shape[1] == 3 else matches
        else:
            tensors = [self._network.tensor(picture, name) for picture, name in ((one, "image0"), (other, "image1"))]
            here, there, matches, scores = self._network.run({"image0": tensors[0], "image1": tensors[1]})
            here, there = here.reshape(-1, 2), there.reshape(-1, 2)
        pairs = _sure(matches, scores, (len(here), len(there)), where=self._network.path)
        return _shares(here, tensors[0]), _shares(there, tensors[1]), pairs


def _sure(matches: NDArray[Any], scores: NDArray[Any], counts: tuple[int, int], *, where: Path) -> Pairs:
    """The matches that LightGlue is sure enough of."""
    if matches.ndim != 2 or matches.shape[1] != 2 or scores.shape != matches.shape[:1]:
        raise ModelError(f"{where}: matches {matches.shape} with scores {scores.shape}; (M, 2) and (M,) are needed")
    pairs: Pairs = matches[scores >= LEAST].astype(np.intp)
    if ((pairs < 0) | (pairs >= counts)).any():
        raise ModelError(f"{where}: matches keypoints that there are not: {counts[0]} and {counts[1]}")
    return pairs


def _shares(keypoints: NDArray[Any], tensor: Floats) -> Floats:
    """Pixels to shares of width and height."""
    sides = np.array([tensor.shape[3], tensor.shape[2]], np.float32)
    shares: Floats = keypoints.astype(np.float32) / sides
    return shares


def _centred(places: Floats, extent: tuple[float, float]) -> Floats:
    """(1, N, 2), -1..1 along the longer side, 0 in the middle: as the matcher was trained."""
    sides = np.array(extent, np.float32)
    centred: Floats = (places - np.float32(0.5)) * sides / (sides.max() / 2)
    return centred[None]


def _on_grid(side: float) -> int:
    return max(GRID, round(side / GRID) * GRID)
