"""A picture as patches: what early layers of a bundled network see at each place.

Two layers together (PatchCore, Roth et al., CVPR 2022), each value averaged over its 3 x 3 neighbours, so that a patch
knows its surroundings. Deeper layers know more of what a thing is, but lose scratches (docs/anomaly.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.embed.bundled import MODELS
from shelflens.manifest import ModelManifest
from shelflens.network.inner import open_inner
from shelflens.network.weights import digest
from shelflens.picture import pixels
from shelflens.types import Preprocessing

Patches: TypeAlias = NDArray[np.float32]  # (h, w, dim)

NETWORK: Final[Path] = MODELS / "lite0-fp32.onnx"
TENSORS: Final = ("block2.skip", "block4.skip")  # strides 4 and 8, 24 and 40 channels
FINE_WEIGHT: Final = np.float32(2)  # the first tensor's values are about half as large as the second's
STRIDE: Final = 8  # pixels between patches
SIZE: Final = 448  # pixels; a multiple of 32


def preprocessing(size: int = SIZE) -> Preprocessing:
    """The whole picture, not its middle: faults may sit at an edge."""
    own = ModelManifest.read(NETWORK.with_suffix(".json")).preprocessing
    return Preprocessing(size=size, fit="squash", resample=own.resample, mean=own.mean, std=own.std)


class PatchNetwork:
    """Pictures to patches. Safe to call from several threads at once."""

    def __init__(self, *, size: int = SIZE, threads: int = 1) -> None:
        """`threads` that one picture runs on."""
        self.preprocessing = preprocessing(size)
        self.sha256 = digest([NETWORK])
        self._session = open_inner(NETWORK, TENSORS, threads=threads)

    def patches(self, picture: Image.Image) -> Patches:
        """(size / STRIDE, size / STRIDE, 64)."""
        tensor = pixels(picture, self.preprocessing)
        maps: list[NDArray[np.float32]] = self._session.run(list(TENSORS), {"pixels": tensor[None]})
        fine, coarse = (smoothed(found[0].transpose(1, 2, 0)) for found in maps)
        return np.concatenate([FINE_WEIGHT * halved(fine), coarse], axis=2)


def smoothed(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, c): each the mean of itself and its eight neighbours, edges repeated."""
    padded = np.pad(cells, ((1, 1), (1, 1), (0, 0)), mode="edge")
    height, width = cells.shape[:2]
    total = sum(padded[top : top + height, left : left + width] for top in range(3) for left in range(3))
    return np.asarray(total / np.float32(9), dtype=np.float32)


def halved(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """(2 h, 2 w, c) -> (h, w, c): each the mean of four."""
    height, width, channels = cells.shape
    return np.asarray(cells.reshape(height // 2, 2, width // 2, 2, channels).mean(axis=(1, 3)), dtype=np.float32)
