"""Where in a picture its likeness to another comes from.

A vector that is the mean of activations over cells makes the cosine a sum over cells: each cell's share of it can be
told exactly. (Class activation maps, Zhou et al., CVPR 2016, with the other picture's vector in a class's place.)
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.embed.base import Activations
from shelflens.types import Vectors

MOST: Final = 0.72  # opacity of the cell that contributes most
#: Matplotlib's cividis (Nuñez et al. 2018) at eight even steps: even to the eye, and to colour-blind eyes.
CIVIDIS: Final = np.array(
    [
        (0, 34, 78),
        (39, 63, 108),
        (76, 85, 107),
        (106, 108, 111),
        (135, 132, 120),
        (169, 158, 116),
        (207, 187, 96),
        (254, 232, 56),
    ]
)


def contributions(cells: Activations, other: Vectors) -> NDArray[np.float32]:
    """(h, w): what each cell adds to the cosine with the `other` (dim,) unit vector; they sum to it."""
    mean = cells.mean(axis=(1, 2))
    scale = cells.shape[1] * cells.shape[2] * max(float(np.linalg.norm(mean)), 1e-12)
    found: NDArray[np.float32] = np.tensordot(other, cells, axes=(0, 0)) / np.float32(scale)
    return found


def overlaid(picture: Image.Image, shares: NDArray[np.float32]) -> Image.Image:
    """The picture with the cells that contribute more than the average laid over it, the most in yellow."""
    low, high = float(shares.mean()), float(shares.max())
    strength = np.clip((shares - low) / max(high - low, 1e-9), 0, 1).astype(np.float32)
    smooth = np.asarray(Image.fromarray(strength).resize(picture.size, Image.Resampling.BICUBIC))
    smooth = np.clip(smooth, 0, 1)
    steps = np.linspace(0, 1, len(CIVIDIS))
    colours = np.stack([np.interp(smooth, steps, CIVIDIS[:, channel]) for channel in range(3)], axis=-1)
    opacity = (MOST * smooth)[..., None]
    mixed = np.asarray(picture.convert("RGB")) * (1 - opacity) + colours * opacity
    return Image.fromarray(mixed.round().astype(np.uint8))
