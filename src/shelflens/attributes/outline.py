"""Which pixels belong to the thing in the middle, where nothing behind it is plain.

How far it is from each side of the picture to a pixel, counting only the edges on the way: a wall, a shelf and a
neighbour that the frame cuts off are near to their side, a thing that stands wholly in the picture is far from all
four (geodesic saliency: Wei, Wen, Zhu and Sun, "Geodesic saliency using background priors", ECCV 2012). A small U-Net
(Ronneberger, Fischer and Brox, MICCAI 2015) sees these distances, that from the middle, the place and the picture.
`tools/learn_outline.py` fits it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from shelflens.network.session import open_session

Lab: TypeAlias = NDArray[np.float32]  # (H, W, 3), OKLab
Chances: TypeAlias = NDArray[np.float32]  # (H, W), 0..1
Features: TypeAlias = NDArray[np.float32]  # (H, W, FEATURES)

FILE: Final = Path(__file__).with_name("outline.onnx")
SIDE: Final = 96  # pixels of the square in which a picture is looked at, in its upper left corner
FEATURES: Final = 8
PLANES: Final = FEATURES + 4  # with L, a, b, and
INSIDE: Final = PLANES - 1  # 1 where there is picture
TINT: Final = np.array([1.0, 1.5, 1.5], np.float32)  # a step in tint is more of an edge than one in lightness
STEP: Final = 1e-4  # the way itself, where there is no edge
FAR: Final = np.float32(9.0)
ROUNDS: Final = 3  # of sweeps; more change next to nothing
MIDDLE: Final = ((0.42, 0.62), (0.45, 0.55))  # of height and width: things stand, so a little below it
LARGE: Final = 98  # percentile of the distances from the rim, which are measured by it
NEAR: Final = 0.05  # of it: what is nearer is all alike


def outline(lab: Lab) -> Chances:
    """Of a small picture, at most SIDE x SIDE: how probably each pixel belongs to the thing in the middle."""
    height, width = lab.shape[:2]
    (logits,) = _network().run(["logits"], {"planes": planes(lab)[None]})
    chances: Chances = 1 / (1 + np.exp(-logits[0, :height, :width]))
    return chances


def planes(lab: Lab) -> NDArray[np.float32]:
    """(PLANES, SIDE, SIDE): what the network sees."""
    height, width = lab.shape[:2]
    found = np.zeros((PLANES, SIDE, SIDE), np.float32)
    found[:FEATURES, :height, :width] = np.moveaxis(features(lab), 2, 0)
    found[FEATURES:INSIDE, :height, :width] = np.moveaxis(lab, 2, 0)
    found[INSIDE, :height, :width] = 1
    return found


def features(lab: Lab) -> Features:
    """Place, and the logarithms of the distances: from the rim, from each side, from the middle."""
    height, width = lab.shape[:2]
    across = np.abs((np.arange(width, dtype=np.float32) + 0.5) / width - 0.5) * 2
    down = ((np.arange(height, dtype=np.float32) + 0.5) / height - 0.5) * 2
    far = distances(lab)
    rim = far[:4].min(axis=0)
    unit = max(float(np.percentile(rim, LARGE)), 1e-3)
    found: Features = np.empty((height, width, FEATURES), np.float32)
    found[..., 0], found[..., 1] = across, down[:, None]
    found[..., 2] = np.log(rim / unit + NEAR)
    found[..., 3:] = np.moveaxis(np.log(far / unit + NEAR), 0, -1)
    return found


def distances(lab: Lab) -> NDArray[np.float32]:
    """(5, H, W): the shortest ways over the picture from its top, bottom, left, right and middle, where each step costs
    the difference of the two pixels. By sweeps, which find all but the most winding ways."""
    scaled = lab * TINT
    height, width = lab.shape[:2]
    down = np.sqrt(np.square(np.diff(scaled, axis=0)).sum(axis=2)) + STEP
    across = np.sqrt(np.square(np.diff(scaled, axis=1)).sum(axis=2)) + STEP
    far = np.full((5, height, width), FAR, np.float32)
    far[0, 0] = far[1, -1] = far[2, :, 0] = far[3, :, -1] = 0
    (top, bottom), (left, right) = MIDDLE
    far[4, int(top * height) : int(bottom * height) + 1, int(left * width) : int(right * width) + 1] = 0
    for _ in range(ROUNDS):
        for row in range(1, height):
            np.minimum(far[:, row], far[:, row - 1] + down[row - 1], out=far[:, row])
        for column in range(1, width):
            np.minimum(far[:, :, column], far[:, :, column - 1] + across[:, column - 1], out=far[:, :, column])
        for row in range(height - 2, -1, -1):
            np.minimum(far[:, row], far[:, row + 1] + down[row], out=far[:, row])
        for column in range(width - 2, -1, -1):
            np.minimum(far[:, :, column], far[:, :, column + 1] + across[:, column], out=far[:, :, column])
    return far


@lru_cache(maxsize=1)
def _network() -> InferenceSession:
    return open_session(FILE, threads=1)
