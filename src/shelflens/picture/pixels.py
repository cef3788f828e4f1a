"""Upright RGB picture to the tensor that a model takes.

The only such code: indexing, querying, training and evaluating share it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.types import Preprocessing

_RESAMPLE = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
}


def pixels(picture: Image.Image, preprocessing: Preprocessing) -> NDArray[np.float32]:
    """(3, size, size) float32, channels R, G, B, each (value - mean) / std."""
    return normalise(np.asarray(fit(picture, preprocessing)), preprocessing)


def normalise(fitted: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[np.float32]:
    """(size, size, 3), what `fit` gives, to (3, size, size)."""
    planes = fitted.transpose(2, 0, 1)
    # Contiguous while still bytes: the float arithmetic then runs along memory, seven times as fast.
    tensor = np.ascontiguousarray(planes).astype(np.float32)
    tensor -= np.asarray(preprocessing.mean, dtype=np.float32)[:, None, None]
    tensor /= np.asarray(preprocessing.std, dtype=np.float32)[:, None, None]
    return tensor


def fit(picture: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """The size x size picture that the model sees."""
    size, (width, height) = preprocessing.size, picture.size
    resample = _RESAMPLE[preprocessing.resample]
    if preprocessing.fit == "squash":
        return picture.resize((size, size), resample)
    if preprocessing.fit == "crop":
        # One resize straight from the source rectangle that the centre crop would keep.
        side = min(width, height) * preprocessing.crop_share
        left, top = (width - side) / 2, (height - side) / 2
        return picture.resize((size, size), resample, box=(left, top, left + side, top + side))
    scale = size / (max(width, height) * preprocessing.crop_share)
    inner = picture.resize((max(1, round(width * scale)), max(1, round(height * scale))), resample)
    red, green, blue = (round(value) for value in preprocessing.mean)
    padded = Image.new("RGB", (size, size), (red, green, blue))
    padded.paste(inner, ((size - inner.width) // 2, (size - inner.height) // 2))
    return padded


def decode_side(preprocessing: Preprocessing) -> int:
    """The short side, in pixels, below which a scaled decoding would lose detail that the model sees."""
    return round(preprocessing.oversampling * preprocessing.size / preprocessing.shown_share)
