"""Labels drawn for the purpose."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw


def label(seed: int, *, tint: tuple[int, int, int] = (200, 60, 50), side: int = 320) -> Image.Image:
    """Blocks and strokes; the seed draws the artwork, the tint colours half of it."""
    random = np.random.default_rng(seed)
    picture = Image.new("RGB", (side, side), (240, 238, 230))
    draw = ImageDraw.Draw(picture)
    for _ in range(70):
        x, y, w, h = (float(v) * side for v in (*random.random(2) * 0.9, *(0.02 + 0.12 * random.random(2))))
        grey = int(random.integers(20, 200))
        draw.rectangle((x, y, x + w, y + h), fill=(grey, grey, grey))
    draw.rectangle((0, side * 0.75, side, side), fill=tint)
    draw.text((side * 0.1, side * 0.8), "0.5 l", fill="white")
    return picture
