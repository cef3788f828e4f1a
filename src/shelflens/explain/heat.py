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
from shelflens.picture import edges
from shelflens.types import Box, Preprocessing, Vectors

MOST: Final = 0.72  # opacity of the cell that contributes most
FADED: Final = 0.6  # how white a part is that the network did not see
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


def in_place(
    picture: Image.Image, shares: NDArray[np.float32], *, seen: Box, preprocessing: Preprocessing
) -> Image.Image:
    """The whole picture with the cells laid over what they looked at, and all that the network did not see faded.

    `seen` is the part that was handed to the network, of which its preprocessing may leave a rim out in turn.
    """
    drawn = Image.blend(picture.convert("RGB"), Image.new("RGB", picture.size, "white"), FADED)
    left, top, right, bottom = edges(seen, picture.size)
    part = picture.crop((left, top, right, bottom))
    view = _view(part.size, preprocessing)
    shown = drawn.crop((left, top, right, bottom))
    shown.paste(overlaid(part.crop(view), shares), view[:2])
    drawn.paste(shown, (left, top))
    return drawn


def _view(size: tuple[int, int], preprocessing: Preprocessing) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what `picture.fit` keeps of a picture of `size`; partly outside where it pads."""
    width, height = size
    if preprocessing.fit == "squash":
        return 0, 0, width, height
    side = max(1, round((max if preprocessing.fit == "pad" else min)(size) * preprocessing.crop_share))
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side
