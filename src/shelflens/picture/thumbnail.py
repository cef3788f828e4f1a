"""A small JPEG of a picture, for pages and result sheets."""

from __future__ import annotations

from io import BytesIO

from PIL import Image


def thumbnail(image: Image.Image, *, side: int = 160, quality: int = 80) -> bytes:
    """JPEG whose long side has at most `side` pixels; never enlarged. `image` is RGB and is left as it is."""
    scale = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    out = BytesIO()
    small.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
