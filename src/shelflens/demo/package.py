"""A package cut out of its surroundings, as seen from one side; every shape gives these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.demo.assortment import Item

Floats: TypeAlias = NDArray[np.floating[Any]]

OVER = 2  # packages are drawn this many times larger, then reduced: that is all the anti-aliasing there is


class View(StrEnum):
    FRONT = "front"
    TURNED = "turned"  # three quarters
    CODE = "code"  # the side that the barcode is on


@dataclass(frozen=True, slots=True)
class Package:
    image: Image.Image  # RGBA
    tall: float  # the real height of what the image shows, centimetres


Shape: TypeAlias = Callable[[Item, View, np.random.Generator], Package]


def lit(rgb: Floats, light: Floats) -> Floats:
    """(H, W, 3) times (H, W) light; above 1 it runs to white as gloss does, rather than clip."""
    shade = np.minimum(light, 1)[..., None]
    gloss = np.maximum(light - 1, 0)[..., None]
    pixels: Floats = rgb * shade + (255 - rgb) * np.minimum(gloss, 1)
    return pixels


def shaded(rgb: NDArray[np.uint8], alpha: Floats, light: Floats) -> Image.Image:
    """Reduces (H, W, 3) and its (H, W) cover 0..1 to the final size, then lights it there: `light` is (H/2, W/2)."""
    flat = Image.fromarray(rgb).reduce(OVER)
    cover = Image.fromarray((alpha * 255 + 0.5).astype(np.uint8)).reduce(OVER)
    pixels = lit(np.asarray(flat, dtype=np.float32), light)
    image = Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))
    image.putalpha(cover)
    return image


def smooth_noise(rng: np.random.Generator, size: tuple[int, int], *, cells: tuple[int, int]) -> Floats:
    """(H, W) of about -1..1 that varies over W/cells and H/cells pixels; `size` and `cells` are (W, H)."""
    grid = rng.uniform(-1, 1, (cells[1] + 2, cells[0] + 2)).astype(np.float32)
    return np.asarray(Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC), dtype=np.float32)


def bell(x: Floats, centre: float, width: float) -> Floats:
    curve: Floats = np.exp(-(((x - centre) / width) ** 2)).astype(np.float32)
    return curve
