"""What a phone's camera does to a scene: angle, light, focus, noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from shelflens.demo.warp import coefficients


@dataclass(frozen=True, slots=True)
class Lens:
    """Ranges from which each photo draws."""

    roll: float  # degrees either way
    keystone: float  # share of a side by which a corner may move in
    blur: float  # strongest, pixels
    noise: float  # strongest, standard deviation in 0..255
    quality: tuple[int, int]  # of the JPEG


ROUGH = Lens(roll=7, keystone=0.085, blur=1.7, noise=9, quality=(52, 84))
CAREFUL = Lens(roll=5, keystone=0.05, blur=0.6, noise=4, quality=(76, 90))  # who wants a barcode read holds still


def shoot(scene: Image.Image, size: tuple[int, int], lens: Lens, rng: np.random.Generator) -> Image.Image:
    """The photo of `size`, cut from within the scene."""
    return _exposed(_focused(_framed(scene, size, lens, rng), lens, rng), lens, rng)


def _framed(scene: Image.Image, size: tuple[int, int], lens: Lens, rng: np.random.Generator) -> Image.Image:
    width, height = scene.size
    roll = math.radians(rng.uniform(-lens.roll, lens.roll))
    # The turned frame is shrunk until it lies within the scene.
    c, s = abs(math.cos(roll)), abs(math.sin(roll))
    inset = min(width / (width * c + height * s), height / (width * s + height * c))
    corners = []
    for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        x = sx * width / 2 * inset * (1 - rng.uniform(0, lens.keystone))
        y = sy * height / 2 * inset * (1 - rng.uniform(0, lens.keystone))
        corners.append(
            (width / 2 + x * math.cos(roll) - y * math.sin(roll), height / 2 + x * math.sin(roll) + y * math.cos(roll))
        )
    target = [(0.0, 0.0), (float(size[0]), 0.0), (float(size[0]), float(size[1])), (0.0, float(size[1]))]
    return scene.transform(size, Image.Transform.PERSPECTIVE, coefficients(target, corners), Image.Resampling.BICUBIC)


def _focused(photo: Image.Image, lens: Lens, rng: np.random.Generator) -> Image.Image:
    blur = float(rng.uniform(0, lens.blur))
    if rng.random() < 0.25 and lens.blur > 1:  # a shaken hand: the mean of a few shifted copies
        angle, reach = rng.uniform(0, 2 * math.pi), rng.uniform(1.5, 4.5)
        shaken = photo
        for place in (1, 2, 3):
            step = (reach * place / 3 * math.cos(angle), reach * place / 3 * math.sin(angle))
            moved = photo.transform(
                photo.size, Image.Transform.AFFINE, (1, 0, step[0], 0, 1, step[1]), Image.Resampling.BILINEAR
            )
            shaken = Image.blend(shaken, moved, 1 / (place + 1))
        # The border that moved in from nowhere is cut from the unshaken photo.
        edge = 6
        photo = photo.copy()
        photo.paste(shaken.crop((edge, edge, photo.width - edge, photo.height - edge)), (edge, edge))
    return photo.filter(ImageFilter.GaussianBlur(blur)) if blur > 0.3 else photo


def _exposed(photo: Image.Image, lens: Lens, rng: np.random.Generator) -> Image.Image:
    width, height = photo.size
    x, y = np.linspace(-1, 1, width, dtype=np.float32)[None, :], np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    angle = rng.uniform(0, 2 * math.pi)
    slope = x * math.cos(angle) + y * math.sin(angle)
    light = (
        rng.uniform(0.78, 1.12) * (1 + rng.uniform(0, 0.2) * slope) * (1 - rng.uniform(0.04, 0.2) * (x**2 + y**2) / 2)
    )
    warmth, tinge = rng.uniform(-0.09, 0.12), rng.uniform(-0.03, 0.03)  # lamps and windows, tubes
    cast = np.asarray([1 + warmth, 1 + tinge, 1 - warmth], dtype=np.float32)
    pixels = np.asarray(photo, dtype=np.float32) * light.astype(np.float32)[..., None] * cast
    if rng.random() < 0.35:  # a lamp mirrored in the film
        cx, cy, turn = rng.uniform(-0.6, 0.6), rng.uniform(-0.6, 0.6), rng.uniform(0, math.pi)
        along = (x - cx) * math.cos(turn) + (y - cy) * math.sin(turn)
        across = -(x - cx) * math.sin(turn) + (y - cy) * math.cos(turn)
        glare = np.exp(-((along / rng.uniform(0.2, 0.6)) ** 2) - (across / rng.uniform(0.04, 0.12)) ** 2)
        pixels = pixels + (255 - pixels) * (rng.uniform(0.1, 0.4 if lens.blur > 1 else 0.2) * glare)[..., None].astype(
            np.float32
        )
    grain = rng.standard_normal((height, width), dtype=np.float32) * np.float32(rng.uniform(1, lens.noise))
    return Image.fromarray(np.clip(pixels + grain[..., None] + 0.5, 0, 255).astype(np.uint8))
