"""Bags, pouches, wrapped bars and tubes: a printed film over a height field, lit from the upper left."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from shelflens.demo import panels
from shelflens.demo.assortment import Item
from shelflens.demo.colour import deep, mix, tint
from shelflens.demo.package import OVER, Floats, Package, View, shaded, smooth_noise


@dataclass(frozen=True, slots=True)
class Film:
    width: int  # pixels as drawn
    height: int
    tall: float  # centimetres
    outline: Callable[[Floats, Floats], Floats]  # (x, y), both -1..1 -> how deep inside, shares of the half width
    relief: Callable[[Floats, Floats], Floats]  # (x, y) -> height, shares of the half width
    crumple: float


def _bag(x: Floats, y: Floats) -> Floats:
    waist = 1 - 0.035 * np.cos(y * math.pi / 2) - 0.012 * np.cos(9 * y)
    zigzag = 0.006 * (np.abs((x * 42) % 2 - 1) - 0.5)  # pinked ends
    depth: Floats = np.minimum(waist - 0.02 - np.abs(x), (0.985 + zigzag - np.abs(y)) * 1.35)
    return depth


def _pillow(x: Floats, y: Floats) -> Floats:
    inside = np.clip(1 - np.abs(y / 0.9) ** 3.2, 0, 1) * np.clip(1 - np.abs(x) ** 2.6, 0, 1)
    depth: Floats = 0.5 * np.sqrt(inside) + 0.012 * np.sin(y * 200) * (np.abs(y) > 0.91)
    return depth


def _pouch(x: Floats, y: Floats) -> Floats:
    corner = np.hypot(np.maximum(np.abs(x) - 0.9, 0), np.maximum(np.abs(y) - 0.93, 0)) - 0.07
    waist = 1 - 0.03 * np.clip(-y, 0, 1) - 0.012
    sides = waist - np.abs(x)
    ends = (0.99 + 0.02 * (x**2 - 1) * (y > 0) - np.abs(y)) * 1.4
    depth: Floats = np.minimum(np.minimum(sides, ends), 0.02 - corner)
    return depth


def _standing(x: Floats, y: Floats) -> Floats:
    swell = np.clip((y + 0.86) / 1.75, 0, 1)
    body = 0.46 * np.sqrt(np.clip(1 - np.abs(x) ** 3, 0, 1)) * swell**0.6 * np.clip(1.02 - np.abs(y) ** 8, 0, 1)
    zip_line = 0.02 * np.exp(-(((y + 0.8) / 0.012) ** 2)) + 0.014 * np.exp(-(((y + 0.76) / 0.01) ** 2))
    depth: Floats = body + zip_line
    return depth


def _bar(x: Floats, y: Floats) -> Floats:
    zigzag = 0.008 * (np.abs((y * 26) % 2 - 1) - 0.5)
    depth: Floats = np.minimum((0.985 + zigzag - np.abs(x)), (0.93 + 0.03 * (np.abs(x) > 0.92) - np.abs(y)) * 0.44)
    return depth


def _tablet(x: Floats, y: Floats) -> Floats:
    slab = np.clip((0.9 - np.abs(x)) * 9, 0, 1) * np.clip((0.9 - np.abs(y)) * 4, 0, 1)
    grooves = 0.004 * (np.cos(x * math.pi * 5) > 0.97)
    depth: Floats = 0.05 * np.sqrt(slab) - grooves * (slab > 0.9) + 0.008 * np.sin(x * 300) * (np.abs(x) > 0.93)
    return depth


def _tube(x: Floats, y: Floats) -> Floats:
    half = np.interp(y, [-1, 0.6, 0.74, 0.78, 0.785, 1], [0.98, 0.8, 0.66, 0.5, 0.56, 0.53]).astype(np.float32)
    depth: Floats = np.minimum(half - np.abs(x), (0.995 - np.abs(y)) * 2.6)
    return depth


def _squeezed(x: Floats, y: Floats) -> Floats:
    half = np.interp(y, [-1, 0.6, 0.78, 1], [0.98, 0.8, 0.5, 0.53]).astype(np.float32)
    swell = np.clip((y + 0.93) / 1.3, 0, 1) ** 0.7
    ribs = 0.012 * np.sin(np.arcsin(np.clip(x / half, -1, 1)) * 34) * (y > 0.79)
    crimp = 0.014 * np.sin(y * 300) * (y < -0.92)
    depth: Floats = 0.72 * half * np.sqrt(np.clip(1 - (x / half) ** 2, 0, 1)) * swell + ribs + crimp
    return depth


FILMS: dict[str, Film] = {
    "bag": Film(800, 1090, 27, _bag, _pillow, 0.02),
    "pouch": Film(760, 1100, 22, _pouch, _standing, 0.013),
    "bar": Film(1240, 560, 8, _bar, _tablet, 0.004),
    "tube": Film(440, 1230, 16, _tube, _squeezed, 0.006),
}
_PRINT = {
    "bag": (0.0, 0.085, 1.0, 0.915),
    "pouch": (0.0, 0.1, 1.0, 0.97),
    "bar": (0.06, 0.03, 0.94, 0.97),
    "tube": (0.0, 0.05, 1.0, 0.78),
}


def draw(item: Item, view: View, rng: np.random.Generator) -> Package:
    film = FILMS[item.brand.shape]
    x, y = _grid(film, 1)
    alpha = np.clip(film.outline(x, y) * film.width / 2 + 0.5, 0, 1).astype(np.float32)
    x, y = _grid(film, OVER)  # the relief is smooth: half the resolution will do
    size = (x.shape[1], x.shape[0])
    creases = smooth_noise(rng, size, cells=(5, 6)) + 0.5 * np.abs(smooth_noise(rng, size, cells=(9, 12)))
    height = film.relief(x, y) + film.crumple * creases
    slope_y, slope_x = np.gradient(height.astype(np.float32) * size[0] / 2)
    light = np.clip(0.98 - 0.34 * slope_x - 0.2 * slope_y, 0.5, 1.12)
    # Film mirrors the window where it leans towards it.
    light = light + 0.3 * np.exp(-(((slope_x + 0.42) / 0.13) ** 2)) * (0.6 + 0.4 * creases)
    art = np.asarray(_printed(item, film, view), dtype=np.uint8)
    bend = 14 * film.crumple / 0.02
    drift_y, drift_x = (
        np.repeat(np.repeat(np.clip(bend * slope, -9, 9), OVER, 0), OVER, 1) for slope in (slope_y, slope_x)
    )
    rows = np.clip(np.arange(film.height)[:, None] + drift_y, 0, film.height - 1).astype(np.int32)
    columns = np.clip(np.arange(film.width)[None, :] + drift_x, 0, film.width - 1).astype(np.int32)
    image = shaded(art[rows, columns], alpha, np.clip(light, 0.45, 1.4).astype(np.float32))
    if view is View.TURNED:  # a flat thing seen from the side is a narrower one
        image = image.resize((round(image.width * rng.uniform(0.86, 0.92)), image.height), Image.Resampling.LANCZOS)
    return Package(image, film.tall)


def _grid(film: Film, step: int) -> tuple[Floats, Floats]:
    """x and y, each (H, W) / step, -1..1."""
    across = np.linspace(-1, 1, film.width // step, dtype=np.float32)
    down = np.linspace(-1, 1, film.height // step, dtype=np.float32)
    x, y = np.meshgrid(across, down)
    return x, y


def _printed(item: Item, film: Film, view: View) -> Image.Image:
    """The film unfolded: the panel within its margins, the seals in the house colour."""
    left, top, right, bottom = _PRINT[item.brand.shape]
    box = (round(left * film.width), round(top * film.height), round(right * film.width), round(bottom * film.height))
    size = (box[2] - box[0], box[3] - box[1])
    tube = item.brand.shape == "tube"
    safe = 0.15 if tube else 0.05
    if view is View.CODE:
        panel = panels.back(item, size, safe=safe, ladder=tube)
    else:
        panel = panels.front(item, size, safe=safe)
    edge = panel.resize((1, 1), Image.Resampling.BOX, box=(0, 0, size[0], 10)).getpixel((0, 0))
    assert isinstance(edge, tuple)
    ground = (int(edge[0]), int(edge[1]), int(edge[2]))
    sheet = Image.new("RGB", (film.width, film.height), mix(ground, item.brand.house, 0.25))
    sheet.paste(panel, box[:2])
    if tube:
        pen = ImageDraw.Draw(sheet)
        cap = tint(item.brand.house, 0.1)
        pen.rectangle((0, box[3], film.width, 0.89 * film.height), fill=mix(item.brand.paper, item.flavour.colour, 0.3))
        pen.rectangle((0, 0.8875 * film.height, film.width, film.height), fill=cap)
        pen.rectangle((0, 0.8875 * film.height, film.width, 0.893 * film.height), fill=deep(cap, 0.3))
        pen.rectangle((0, 0, film.width, 0.05 * film.height), fill=tint(item.flavour.colour, 0.3))
    return sheet
