"""Any Pillow image to 8-bit sRGB: wide greys scaled, transparency laid on white, embedded profiles applied."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

#: round(value / 257) for each 16-bit value: 0 and 65535 meet 0 and 255 exactly.
_FROM_16_BIT: NDArray[np.uint8] = np.round(np.arange(65536) / 257).astype(np.uint8)

#: Profiles that move no colour by more than this (8-bit levels) are sRGB under one of its many names.
_SAME = 2


def srgb(image: Image.Image) -> Image.Image:
    """RGB image of the same size; `image` itself when it is sRGB already."""
    profile = image.info.get("icc_profile")
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _eight_bit(image)
    elif image.has_transparency_data:
        image = _on_white(image)
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("RGB")
    if isinstance(profile, bytes) and (transform := _to_srgb(profile, image.mode)):
        return ImageCms.applyTransform(image, transform) or image
    return image if image.mode == "RGB" else image.convert("RGB")


def from_16_bit(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """0..65535 to 0..255, rounded; any shape."""
    return _FROM_16_BIT[values]


def _eight_bit(image: Image.Image) -> Image.Image:
    """A wide grey image as "L". Pillow's own `convert` would cut off everything above 255.

    32-bit integers and floats come without a full scale, so it is the smallest usual one (1 for floats, 255, 65535,
    2**32 - 1) that holds the picture's largest value.
    """
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray(from_16_bit(values))
    values = np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0).clip(0)
    scales = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    full = next((scale for scale in scales if values.max() <= scale), max(2.0**32 - 1, values.max()))
    return Image.fromarray(np.round(values * (255 / full)).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    """What a white page behind the picture would show; greys stay "L", so that their profile still fits."""
    grey = image.mode in ("L", "LA", "La", "1")
    full = image.convert("LA" if grey else "RGBA")
    white = Image.new("L" if grey else "RGB", full.size, "white")
    white.paste(full.convert(white.mode), mask=full.getchannel("A"))
    return white


@lru_cache(maxsize=32)  # cameras and shops use few profiles; a CMYK one can have 2 MB
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform from `profile` to sRGB; None when it would change nothing, or does not fit the picture.

    A bad profile is no reason to refuse a photo: every browser shows it as if there were none.
    """
    try:
        source = ImageCms.getOpenProfile(BytesIO(profile))
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # what ImageCms makes of lcms's refusals
        return None
    if mode == "CMYK":
        return transform
    probe = _colours(mode)
    seen = ImageCms.applyTransform(probe, transform)
    assert seen is not None  # inPlace is not set
    moved = np.abs(np.asarray(seen, dtype=int) - np.asarray(probe.convert("RGB"), dtype=int)).max()
    return transform if moved > _SAME else None


def _colours(mode: str) -> Image.Image:
    """Every grey, or a 17 x 17 x 17 grid of colours."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    steps = np.linspace(0, 255, 17).round().astype(np.uint8)
    return Image.fromarray(np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(17, 289, 3))
