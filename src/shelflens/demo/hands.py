"""Fingers, thumbs and arms: capsules lit as round things."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from shelflens.demo.colour import Colour, mix, tint

SKINS: tuple[Colour, ...] = ((236, 190, 160), (222, 168, 130), (190, 132, 96), (141, 92, 66), (96, 62, 46))


@dataclass(frozen=True, slots=True)
class Limb:
    """From (x, y) to the tip, pixels; the radius runs evenly from base to tip."""

    base: tuple[float, float]
    tip: tuple[float, float]
    thick: tuple[float, float]
    nail: bool = False


def draw(scene: Image.Image, limb: Limb, skin: Colour) -> None:
    """Paints the limb, with its soft shadow, onto the scene."""
    reach = max(limb.thick) * 1.5
    left, right = sorted((limb.base[0], limb.tip[0]))
    top, bottom = sorted((limb.base[1], limb.tip[1]))
    x0, y0 = max(0, int(left - reach)), max(0, int(top - reach))
    x1, y1 = min(scene.width, int(right + reach)), min(scene.height, int(bottom + reach))
    if x1 <= x0 or y1 <= y0:
        return
    x, y = np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32))
    dx, dy = limb.tip[0] - limb.base[0], limb.tip[1] - limb.base[1]
    length = max(1.0, float(np.hypot(dx, dy)))
    dx, dy = dx / length, dy / length
    along = (x - limb.base[0]) * dx + (y - limb.base[1]) * dy
    t = np.clip(along, 0, length)
    across = -(x - limb.base[0]) * dy + (y - limb.base[1]) * dx
    radius = limb.thick[0] + (limb.thick[1] - limb.thick[0]) * t / length
    # A joint bulges a little two thirds of the way.
    radius = radius * (1 + 0.05 * np.exp(-(((t / length - 0.62) / 0.1) ** 2)))
    far = np.hypot(along - t, across) / radius
    cover = np.clip((1 - far) * radius + 0.5, 0, 1)
    dome = np.sqrt(np.clip(1 - far**2, 0, 1))
    lean = -across / radius * (1 if dx < 0 else -1)  # towards the light, above
    light = 0.62 + 0.36 * dome + 0.12 * lean * np.sqrt(dome)
    fold = np.exp(-(((t / length - 0.62) / 0.014) ** 2)) + np.exp(-(((t / length - 0.66) / 0.012) ** 2))
    light = light - 0.06 * fold * dome
    warm = np.asarray(skin, dtype=np.float32) * light[..., None]
    rosy = np.exp(-(((length - along) / (1.5 * limb.thick[1])) ** 2))[..., None] * 0.16
    warm = warm * (1 - rosy) + np.asarray((226, 120, 104), dtype=np.float32) * light[..., None] * rosy
    shadow = np.clip(1.36 - np.hypot(along - t - 3, across - 5) / radius, 0, 0.36) * 0.75
    patch = np.asarray(scene.crop((x0, y0, x1, y1)).convert("RGB"), dtype=np.float32)
    patch = patch * (1 - shadow[..., None])
    patch = patch * (1 - cover[..., None]) + warm * cover[..., None]
    if limb.nail:
        size = limb.thick[1]
        nail = np.hypot((along - length - 0.12 * size) / (0.72 * size), across / (0.56 * size))
        inside = np.clip((1 - nail) * size * 0.5 + 0.5, 0, 1)[..., None]
        tone = np.asarray(mix(tint(skin, 0.4), (250, 196, 190), 0.5), dtype=np.float32)
        gloss = (1 + 0.12 * np.exp(-(((across / size + 0.2) / 0.14) ** 2)))[..., None]
        patch = patch * (1 - 0.8 * inside) + tone * gloss * 0.8 * inside
    scene.paste(Image.fromarray(np.clip(patch, 0, 255).astype(np.uint8)), (x0, y0))
