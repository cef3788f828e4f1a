"""Cans, tins, jars, bottles, tubs: a profile turned about its axis, the label rolled round it.

Seen from slightly above, a level circle shows as an ellipse: a pixel at height y shows the body at
y - bow * sqrt(1 - u^2), u its distance from the axis in radii.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from shelflens.demo import panels
from shelflens.demo.assortment import Item
from shelflens.demo.colour import Colour, deep, mix, tint
from shelflens.demo.package import OVER, Floats, Package, View, bell, shaded

_SAFE = 0.19  # of the half turn that a front covers: beyond, it bends away
_MARGIN = 12


@dataclass(frozen=True, slots=True)
class Solid:
    """Pixels are those of the drawing, OVER times the final ones; heights run from 0, top, to 1."""

    height: int
    radius: int
    tall: float  # centimetres
    profile: tuple[tuple[float, float], ...]  # (height, share of the radius)
    label: tuple[float, float]
    body: Literal["metal", "glass", "plastic"]
    cap: tuple[float, float] | None = None
    ribs: int = 0  # on the cap, round the whole circle
    lid: bool = False  # an open view of the top
    pump: bool = False


SOLIDS: dict[str, Solid] = {
    "can": Solid(
        1180,
        300,
        11.5,
        ((0, 0.8), (0.02, 0.84), (0.035, 0.82), (0.11, 1), (0.92, 1), (0.98, 0.84), (1, 0.8)),
        (0.075, 0.955),
        "metal",
        lid=True,
    ),
    "tin": Solid(
        860,
        360,
        11,
        ((0, 1), (0.022, 1), (0.03, 0.965), (0.97, 0.965), (0.978, 1), (1, 1)),
        (0.045, 0.955),
        "metal",
        lid=True,
    ),
    "tin_flat": Solid(
        470,
        460,
        5,
        ((0, 1), (0.05, 1), (0.065, 0.97), (0.935, 0.97), (0.95, 1), (1, 1)),
        (0.09, 0.91),
        "metal",
        lid=True,
    ),
    "tin_tall": Solid(
        1060,
        330,
        14,
        ((0, 0.97), (0.012, 1), (0.17, 1), (0.172, 0.965), (1, 0.965)),
        (0.18, 0.985),
        "metal",
        (0, 0.17),
        lid=True,
    ),
    "jar": Solid(
        1020,
        330,
        14,
        ((0, 0.78), (0.01, 0.8), (0.12, 0.8), (0.125, 0.74), (0.16, 0.76), (0.27, 1), (0.95, 1), (1, 0.93)),
        (0.31, 0.92),
        "glass",
        (0, 0.12),
        60,
        lid=True,
    ),
    "jar_low": Solid(
        800,
        350,
        10,
        ((0, 0.84), (0.012, 0.86), (0.16, 0.86), (0.165, 0.8), (0.2, 0.82), (0.3, 1), (0.93, 1), (1, 0.92)),
        (0.33, 0.91),
        "glass",
        (0, 0.16),
        70,
        lid=True,
    ),
    "jar_tall": Solid(
        1120,
        310,
        16,
        ((0, 0.86), (0.01, 0.88), (0.15, 0.88), (0.155, 0.84), (0.22, 1), (0.96, 1), (1, 0.94)),
        (0.25, 0.93),
        "glass",
        (0, 0.15),
        lid=True,
    ),
    "jar_cream": Solid(
        620,
        400,
        6,
        ((0, 0.95), (0.02, 1), (0.36, 1), (0.365, 0.93), (0.38, 0.97), (0.95, 0.97), (1, 0.9)),
        (0.4, 0.96),
        "plastic",
        (0, 0.36),
        lid=True,
    ),
    "tub": Solid(
        760, 370, 11, ((0, 1), (0.05, 1), (0.055, 0.96), (1, 0.8)), (0.07, 0.985), "plastic", (0, 0.05), lid=True
    ),
    "tub_low": Solid(
        600, 430, 9, ((0, 1), (0.06, 1), (0.066, 0.96), (1, 0.84)), (0.085, 0.98), "plastic", (0, 0.06), lid=True
    ),
    "bottle": Solid(
        1250,
        255,
        20,
        ((0, 0.44), (0.09, 0.44), (0.092, 0.37), (0.12, 0.38), (0.2, 0.6), (0.31, 1), (0.9, 0.98), (0.97, 1), (1, 0.9)),
        (0.33, 0.93),
        "plastic",
        (0, 0.09),
        44,
    ),
    "bottle_glass": Solid(
        1270,
        225,
        22,
        ((0, 0.4), (0.08, 0.4), (0.082, 0.33), (0.22, 0.36), (0.36, 1), (0.97, 1), (1, 0.93)),
        (0.42, 0.93),
        "glass",
        (0, 0.08),
        36,
    ),
    "bottle_oval": Solid(
        1230,
        290,
        22,
        (
            (0, 0.26),
            (0.04, 0.3),
            (0.05, 0.46),
            (0.13, 0.46),
            (0.135, 0.4),
            (0.16, 0.5),
            (0.27, 0.93),
            (0.5, 1),
            (0.94, 0.93),
            (1, 0.82),
        ),
        (0.27, 0.95),
        "plastic",
        (0, 0.13),
        30,
    ),
    "pump": Solid(
        1230,
        280,
        19,
        (
            (0, 0.13),
            (0.13, 0.13),
            (0.132, 0.42),
            (0.215, 0.42),
            (0.217, 0.36),
            (0.235, 0.4),
            (0.3, 0.97),
            (0.33, 1),
            (0.96, 1),
            (1, 0.93),
        ),
        (0.34, 0.95),
        "plastic",
        (0, 0.215),
        40,
        pump=True,
    ),
}


def draw(item: Item, view: View, rng: np.random.Generator) -> Package:
    solid = SOLIDS[item.brand.shape]
    turn = {
        View.FRONT: rng.uniform(-6, 6),
        View.TURNED: rng.choice((-1, 1)) * rng.uniform(28, 40),
        View.CODE: 180 + rng.uniform(-9, 9),
    }
    bow = (0.1 if solid.lid else 0.055) * solid.radius
    width = 2 * (solid.radius + _MARGIN)
    above = round(bow) + _MARGIN + (150 if solid.pump else 0)
    height = solid.height + round(2 * bow) + _MARGIN + above - round(bow)
    x = np.arange(width, dtype=np.float32)[None, :] - width / 2 + 0.5
    y = np.arange(height, dtype=np.float32)[:, None] - above
    level = (y - bow * np.sqrt(np.maximum(0, 1 - (x / solid.radius) ** 2))) / solid.height  # 0..1 on the body
    heights, shares = (np.asarray(column, dtype=np.float32) for column in zip(*solid.profile, strict=True))
    radius = np.interp(level, heights, shares).astype(np.float32) * solid.radius
    u = np.clip(x / radius, -1, 1)
    alpha = np.clip(radius - np.abs(x) + 0.5, 0, 1) * np.clip(level * solid.height + 0.5, 0, 1)
    alpha = alpha * np.clip((1 - level) * solid.height + 0.5, 0, 1)

    rgb = _body(item, level, u)
    top, bottom = solid.label
    wrap = np.asarray(_wrap(item), dtype=np.uint8)
    around = (np.arcsin(u) / (2 * math.pi) + turn[view] / 360 + 0.25) % 1  # the front's middle lies at a quarter
    column = np.minimum((around * wrap.shape[1]).astype(np.int32), wrap.shape[1] - 1)
    row = np.clip((level - top) / (bottom - top) * wrap.shape[0], 0, wrap.shape[0] - 1).astype(np.int32)
    on_label = (level >= top) & (level < bottom)
    rgb[on_label] = wrap[row[on_label], column[on_label]]
    # Light varies slowly: it is worked out at the final size.
    package = shaded(rgb, alpha, _light(item, u[::OVER, ::OVER], level[::OVER, ::OVER]))
    if solid.lid:
        package = _with_lid(package, item, solid, above=above, bow=bow)
    if solid.pump:
        package = _with_pump(package, item, above=above)
    return Package(package, solid.tall * package.height * OVER / solid.height)


@functools.lru_cache(maxsize=2)
def _wrap(item: Item) -> Image.Image:
    """Front then back, half a turn each."""
    solid = SOLIDS[item.brand.shape]
    half = round(math.pi * solid.radius)
    size = (half, round((solid.label[1] - solid.label[0]) * solid.height))
    wrap = Image.new("RGB", (2 * half, size[1]))
    wrap.paste(panels.front(item, size, safe=_SAFE), (0, 0))
    wrap.paste(panels.back(item, size, safe=_SAFE, ladder=size[1] > 0.52 * half), (half, 0))
    return wrap


def _cap(item: Item) -> Colour:
    return {"heritage": (190, 156, 96), "craft": item.brand.house, "minimal": deep(item.brand.paper, 0.08)}.get(
        item.brand.style, mix(item.brand.house, item.flavour.colour, 0.15)
    )


def _body(item: Item, level: Floats, u: Floats) -> NDArray[np.uint8]:
    """The naked package under label and light, (H, W, 3)."""
    solid, tone = SOLIDS[item.brand.shape], item.flavour.colour
    base: Colour = {"metal": (196, 199, 203), "glass": deep(tone, 0.3), "plastic": tint(tone, 0.55)}[solid.body]
    if item.brand.category in ("Yoghurt", "Cosmetics"):
        base = item.brand.paper
    rgb = np.empty((*level.shape, 3), dtype=np.uint8)
    rgb[:] = base
    if solid.body == "glass":  # light gathers at the rim of what is inside
        inside = np.asarray(base, dtype=np.float32) + (46 * u**4 + 30 * (level - 0.5))[..., None]
        rgb = np.clip(inside, 0, 255).astype(np.uint8)
    if solid.cap:
        rgb[(level >= solid.cap[0]) & (level <= solid.cap[1])] = _cap(item)
    return rgb


def _light(item: Item, u: Floats, level: Floats) -> Floats:
    """A window to the left, a weaker one to the right; metal mirrors more of the room."""
    solid = SOLIDS[item.brand.shape]
    top, bottom = solid.label
    on_label = (level >= top) & (level < bottom)
    round_off = 0.5 + 0.53 * np.sqrt(np.maximum(0, 1 - (0.92 * u + 0.12) ** 2))
    shine = 0.16 * bell(u, -0.52, 0.12) + 0.05 * bell(u, 0.68, 0.08)
    if solid.body == "metal":
        bare = (
            0.42 * bell(u, -0.45, 0.2) + 0.3 * bell(u, 0.5, 0.12) - 0.3 * bell(u, 0.1, 0.2) - 0.2 * bell(u, 0.85, 0.1)
        )
        shine = np.where(on_label, 1.3 * shine, bare)
    elif solid.body == "glass":
        shine = np.where(on_label, 0.6 * shine, 2.6 * shine)
    light = round_off + shine
    grooves = sum(
        (0.1 * bell((level - height) * solid.height, 0, 4) for height, _ in solid.profile[1:-1]), np.zeros_like(level)
    )
    light = light - np.where(on_label, 0, grooves)
    edge = np.minimum(np.abs(level - top), np.abs(level - bottom)) * solid.height
    light = light * (1 - 0.22 * bell(edge, 0, 3.5))  # the label's edge casts a hair of shadow
    if solid.ribs and solid.cap:
        on_cap = (level > solid.cap[0] + 0.012) & (level < solid.cap[1] - 0.006)
        light = light + 0.09 * np.sin(np.arcsin(u) * solid.ribs) * on_cap
    result: Floats = light.astype(np.float32)
    return result


def _with_lid(package: Image.Image, item: Item, solid: Solid, *, above: float, bow: float) -> Image.Image:
    """The top's ellipse, laid under the body so that the near rim stays in front."""
    sheet = Image.new("RGBA", (package.width * OVER, package.height * OVER))
    draw_ = ImageDraw.Draw(sheet)
    centre, middle = sheet.width / 2, above
    tone = _cap(item) if solid.cap else (188, 191, 196)
    for share, fill in (
        (1.0, tint(tone, 0.3)),
        (0.93, deep(tone, 0.18)),
        (0.9, tint(tone, 0.12)),
        (0.7, tint(tone, 0.2)),
    ):
        rx, ry = solid.profile[0][1] * solid.radius * share, bow * solid.profile[0][1] * share
        draw_.ellipse((centre - rx, middle - ry, centre + rx, middle + ry), fill=fill)
    if solid.body == "metal" and not solid.cap:
        draw_.ellipse((centre - 70, middle - 9, centre + 70, middle + 9), fill=(150, 152, 158))
        draw_.ellipse((centre - 52, middle - 5, centre + 52, middle + 5), fill=(206, 208, 212))
    lid = sheet.reduce(OVER)
    lid.alpha_composite(package)
    return lid


def _with_pump(package: Image.Image, item: Item, *, above: float) -> Image.Image:
    sheet = Image.new("RGBA", (package.width * OVER, package.height * OVER))
    draw_ = ImageDraw.Draw(sheet)
    x, y = sheet.width / 2, above + 20
    tone = _cap(item)
    draw_.polygon(
        [
            (x + 30, y - 96),
            (x - 210, y - 88),
            (x - 236, y - 66),
            (x - 236, y - 20),
            (x - 212, y - 20),
            (x - 208, y - 46),
            (x + 30, y - 34),
        ],
        fill=deep(tone, 0.08),
    )
    draw_.rounded_rectangle((x - 74, y - 112, x + 74, y + 6), 22, fill=tone)
    draw_.rounded_rectangle((x - 62, y - 104, x - 30, y), 14, fill=tint(tone, 0.5))
    draw_.rounded_rectangle((x + 44, y - 106, x + 74, y + 4), 14, fill=deep(tone, 0.14))
    head = sheet.reduce(OVER)
    base = package.copy()
    base.alpha_composite(head)
    return base
