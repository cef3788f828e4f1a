"""Unusual places laid over a photo, on a scale that is the same for all photos of a model."""

from __future__ import annotations

import numpy as np
from PIL import Image

from shelflens.anomaly.model import AnomalyModel, Finding

_COLOUR = (230, 60, 20)
_MOST = 0.75  # opacity


def marked(picture: Image.Image, found: Finding, model: AnomalyModel) -> Image.Image:
    """The picture in grey, coloured from just below what good pictures reach on, fully at twice that."""
    low, high = 0.8 * model.threshold, 1.6 * model.threshold
    strength = np.clip((found.heat - low) / (high - low), 0, 1).astype(np.float32)
    smooth = np.asarray(Image.fromarray(strength).resize(picture.size, Image.Resampling.BICUBIC)).clip(0, 1)
    opacity = (_MOST * smooth)[..., None]
    grey = np.asarray(picture.convert("L").convert("RGB"), dtype=np.float32)
    mixed = grey * (1 - opacity) + np.array(_COLOUR, np.float32) * opacity
    return Image.fromarray(mixed.round().astype(np.uint8))
