"""Walls, wood, stone, cloth and belts: what things stand and lie on."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from shelflens.demo.colour import Colour, deep, mix, tint
from shelflens.demo.package import Floats, smooth_noise

WOODS: tuple[Colour, ...] = ((196, 150, 104), (158, 112, 76), (222, 190, 150), (120, 84, 62), (232, 222, 206))
WALLS: tuple[Colour, ...] = (
    (226, 220, 208),
    (206, 214, 216),
    (236, 226, 206),
    (186, 196, 186),
    (214, 200, 196),
    (168, 176, 190),
)
CLOTHS: tuple[Colour, ...] = ((178, 64, 60), (72, 112, 150), (96, 134, 98), (206, 164, 84), (128, 104, 150))


def wall(size: tuple[int, int], tone: Colour, rng: np.random.Generator) -> Image.Image:
    """Plaster, lighter towards a window."""
    half = (size[0] // 2, size[1] // 2)  # nothing here is finer than that
    grain = 1 + 0.02 * smooth_noise(rng, half, cells=(60, 60)) + 0.08 * smooth_noise(rng, half, cells=(2, 2))
    return _toned(grain, tone).resize(size, Image.Resampling.BILINEAR)


def wood(size: tuple[int, int], tone: Colour, rng: np.random.Generator, *, planks: int) -> Image.Image:
    """Boards along the x axis with grain and joints."""
    height = size[1]
    fine = smooth_noise(rng, size, cells=(7, max(40, height // 4)))
    broad = smooth_noise(rng, size, cells=(3, max(6, 3 * planks)))
    rings = np.sin(26 * broad + 5 * smooth_noise(rng, size, cells=(4, 9)))
    grain = 1 + 0.07 * fine + 0.06 * broad + 0.025 * rings
    board = np.arange(height) * planks // height
    grain = grain * (1 + rng.uniform(-0.07, 0.07, planks).astype(np.float32))[board][:, None]
    joint = np.flatnonzero(np.diff(board))
    for line in joint.tolist():
        grain[line : line + 2] *= 0.62
    return _toned(grain, tone)


def stone(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Pale marble with a few veins."""
    half = (size[0] // 2, size[1] // 2)
    cloud = smooth_noise(rng, half, cells=(4, 4)) + 0.5 * smooth_noise(rng, half, cells=(11, 11))
    veins = np.exp(-(((cloud - 0.12) / 0.035) ** 2)) + 0.5 * np.exp(-(((cloud + 0.5) / 0.03) ** 2))
    marble = _toned(1 + 0.03 * cloud - 0.13 * veins, (228, 226, 222))
    return marble.resize(size, Image.Resampling.BICUBIC)


def cloth(size: tuple[int, int], tone: Colour) -> Image.Image:
    """A gingham table cloth."""
    width, height = size
    pitch = max(24, width // 16)
    across = ((np.arange(width) // pitch) % 2).astype(np.float32)[None, :]
    down = ((np.arange(height) // pitch) % 2).astype(np.float32)[:, None]
    weave = 0.015 * ((np.arange(width)[None, :] + np.arange(height)[:, None]) % 4 < 2)
    share = (across + down) / 2 + weave
    pale, strong = np.asarray((248, 244, 236), dtype=np.float32), np.asarray(tone, dtype=np.float32)
    return Image.fromarray((pale + (strong - pale) * 0.8 * np.clip(share, 0, 1)[..., None]).astype(np.uint8))


def belt(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """The dark rubber of a checkout."""
    grain = 1 + 0.05 * smooth_noise(rng, size, cells=(90, 90)) + 0.1 * smooth_noise(rng, size, cells=(3, 3))
    image = _toned(grain, (62, 64, 68))
    for y in (0.03, 0.97):
        ImageDraw.Draw(image).line((0, y * size[1], size[0], y * size[1]), fill=(150, 152, 156), width=9)
    return image


def table_top(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Any flat thing seen from above."""
    kind = rng.integers(5)
    if kind == 0:
        return stone(size, rng)
    if kind == 1:
        return cloth(size, CLOTHS[rng.integers(len(CLOTHS))])
    if kind == 2:
        return belt(size, rng)
    return wood(size, WOODS[rng.integers(len(WOODS))], rng, planks=int(rng.integers(4, 8)))


def kitchen(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A room out of focus: a window, a lamp or two, cupboards."""
    width, height = size
    small = Image.new("RGB", (width // 4, height // 4), WALLS[rng.integers(len(WALLS))])
    draw, w, h = ImageDraw.Draw(small), width / 4, height / 4
    tones = (WOODS[rng.integers(len(WOODS))], (112, 138, 128), (88, 106, 128), (214, 190, 150), (150, 96, 80))
    x = rng.uniform(-0.1, 0.1) * w
    while x < w:
        wide = rng.uniform(0.12, 0.34) * w
        top = rng.uniform(0.0, 0.5) * h
        draw.rectangle((x, top, x + wide, h), fill=tones[rng.integers(len(tones))])
        x += wide + rng.uniform(0, 0.16) * w
    left = rng.uniform(0, 0.6) * w
    draw.rectangle((left, 0.03 * h, left + 0.34 * w, 0.42 * h), fill=(244, 246, 240))
    for _ in range(rng.integers(5, 12)):
        cx, cy, r = rng.uniform(0, w), rng.uniform(0, 0.8 * h), rng.uniform(0.02, 0.06) * w
        draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=tint(tones[rng.integers(len(tones))], 0.5))
    return small.filter(ImageFilter.GaussianBlur(0.022 * w)).resize(size, Image.Resampling.BICUBIC)


def board(size: tuple[int, int], tone: Colour) -> Image.Image:
    """The front edge of a shelf: a lip that catches light, a rail for price tags."""
    width, height = size
    image = Image.new("RGB", size, tone)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, 0.1 * height), fill=tint(tone, 0.4))
    draw.rectangle((0, 0.84 * height, width, height), fill=deep(tone, 0.3))
    draw.rectangle((0, 0.13 * height, width, 0.16 * height), fill=mix(tone, (0, 0, 0), 0.2))
    return image


def _toned(grain: Floats, tone: Colour) -> Image.Image:
    return Image.fromarray(np.clip(grain[..., None] * np.asarray(tone, dtype=np.float32), 0, 255).astype(np.uint8))
