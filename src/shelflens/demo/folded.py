"""Boxes, bricks and gable-top cartons: flat faces in space, seen through a pinhole."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from shelflens.demo import panels
from shelflens.demo.assortment import Item
from shelflens.demo.colour import deep, mix, tint
from shelflens.demo.package import OVER, Package, View
from shelflens.demo.warp import perspective

_MARGIN = 14
_PLAIN = 4  # side of unprinted art


@dataclass(frozen=True, slots=True)
class Fold:
    """Pixels as in the drawing, OVER times the final ones."""

    width: int
    height: int
    depth: int
    tall: float  # centimetres
    gable: int = 0  # height of the sloped top


FOLDS: dict[str, Fold] = {
    "box": Fold(760, 1080, 240, 29),
    "box_small": Fold(840, 640, 330, 8),
    "box_flat": Fold(840, 460, 300, 6),
    "brick": Fold(480, 1100, 330, 20),
    "carton": Fold(530, 960, 500, 24, gable=230),
}


def draw(item: Item, view: View, rng: np.random.Generator) -> Package:
    fold = FOLDS[item.brand.shape]
    sign = rng.choice((-1.0, 1.0))
    yaw = {
        View.FRONT: sign * rng.uniform(5, 12),
        View.TURNED: sign * rng.uniform(26, 36),
        View.CODE: sign * rng.uniform(48, 58),
    }[view]
    pitch = rng.uniform(6, 11)
    faces = _faces(item, fold, right=yaw < 0, code=view is View.CODE)
    spin = _rotation(yaw, pitch)
    away = 5.2 * max(fold.height + fold.gable, fold.width)
    flat: list[tuple[NDArray[np.float64], Image.Image, float]] = []
    for corners, art, shade in faces:
        seen = corners @ spin.T
        scale = away / (away - seen[:, 2:3])
        points = np.column_stack([seen[:, 0:1] * scale, -seen[:, 1:2] * scale])
        flat.append((points, art, shade))
    everything = np.vstack([points for points, _, _ in flat])
    low, high = everything.min(axis=0) - _MARGIN, everything.max(axis=0) + _MARGIN
    # Even sides, so that reducing cuts nothing.
    size = tuple(OVER * math.ceil(side / OVER) for side in (high - low).tolist())
    sheet = Image.new("RGBA", size)
    for points, art, shade in flat:
        _lay(sheet, art, points - low, shade)
    image = sheet.reduce(OVER)
    return Package(image, fold.tall * image.height * OVER / (fold.height + fold.gable))


@functools.lru_cache(maxsize=2)
def _front(item: Item) -> Image.Image:
    fold = FOLDS[item.brand.shape]
    return panels.front(item, (fold.width, fold.height), safe=0.015)


def _rotation(yaw: float, pitch: float) -> NDArray[np.float64]:
    """Yaw about the upright axis, then pitch towards the eye; degrees."""
    a, b = math.radians(yaw), math.radians(pitch)
    about_y = np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(b), -math.sin(b)], [0, math.sin(b), math.cos(b)]])
    matrix: NDArray[np.float64] = about_x @ about_y
    return matrix


def _faces(item: Item, fold: Fold, *, right: bool, code: bool) -> list[tuple[NDArray[np.float64], Image.Image, float]]:
    """(corners from top left clockwise as seen, artwork, light), far faces first."""
    w, h, d = fold.width / 2, fold.height / 2, fold.depth / 2
    front = np.array([[-w, h, d], [w, h, d], [w, -h, d], [-w, -h, d]])
    if right:
        side = np.array([[w, h, d], [w, h, -d], [w, -h, -d], [w, -h, d]])
    else:
        side = np.array([[-w, h, -d], [-w, h, d], [-w, -h, d], [-w, -h, -d]])
    side_light = 0.74 if right else 0.9  # the window is on the left
    art = _front(item)
    faces = [(front, art, 1.0), (side, panels.side(item, (fold.depth, fold.height), code=code), side_light)]
    tone = art.resize((1, 1), Image.Resampling.BOX, box=(0, 0, fold.width, 12)).getpixel((0, 0))
    assert isinstance(tone, tuple)
    top_tone = (int(tone[0]), int(tone[1]), int(tone[2]))
    if not fold.gable:
        top = np.array([[-w, h, -d], [w, h, -d], [w, h, d], [-w, h, d]])
        return [(top, Image.new("RGB", (_PLAIN, _PLAIN), tint(top_tone, 0.12)), 1.06), *faces]
    return [*_gable(item, fold, top_tone, right=right), *faces]


def _gable(
    item: Item, fold: Fold, tone: tuple[int, int, int], *, right: bool
) -> list[tuple[NDArray[np.float64], Image.Image, float]]:
    """Two slopes meeting in a fin, a tucked-in triangle on the side that shows."""
    w, h, d = fold.width / 2, fold.height / 2, fold.depth / 2
    ridge, fin, sign = h + 0.66 * fold.gable, h + fold.gable, 1 if right else -1
    slope_art = Image.new("RGB", (fold.width, 260), tone)
    pen = ImageDraw.Draw(slope_art)
    pen.rectangle((0, 236, fold.width, 260), fill=deep(tone, 0.08))
    cap = item.flavour.colour
    for reach, fill in (
        (74, deep(cap, 0.35)),
        (68, mix(cap, (255, 255, 255), 0.2)),
        (50, cap),
        (40, mix(cap, (255, 255, 255), 0.35)),
    ):
        x, y = fold.width / 2, 140
        pen.ellipse((x - reach, y - 0.95 * reach, x + reach, y + 0.95 * reach), fill=fill)
    slope = np.array([[-w, ridge, 0], [w, ridge, 0], [w, h, d], [-w, h, d]])
    fin_quad = np.array([[-w, fin, 0], [w, fin, 0], [w, ridge, 0], [-w, ridge, 0]])
    far = np.array([[sign * w, h, d], [sign * w, ridge, 0], [sign * w, ridge, 0], [sign * w, h, -d]])
    tuck = np.array(
        [[sign * w, h, d], [sign * 0.72 * w, ridge - 6, 0], [sign * 0.72 * w, ridge - 6, 0], [sign * w, h, -d]]
    )
    plain = Image.new("RGB", (_PLAIN, _PLAIN), tone)
    fin_art = Image.new("RGB", (fold.width, 60), tint(tone, 0.25))
    ImageDraw.Draw(fin_art).line((0, 40, fold.width, 40), fill=deep(tone, 0.12), width=5)
    return [
        (far, plain, 0.55),
        (tuck, plain, 0.84 if right else 0.97),
        (slope, slope_art, 1.05),
        (fin_quad, fin_art, 0.97),
    ]


def _lay(sheet: Image.Image, art: Image.Image, points: NDArray[np.float64], shade: float) -> None:
    """One face: warped, lit from its upper left, its folds rubbed a little."""
    left, top = np.floor(points.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(points.max(axis=0)).astype(int).tolist()
    size = (max(1, right - left), max(1, bottom - top))
    local = [(float(x) - left, float(y) - top) for x, y in points]
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).polygon(local, fill=255)
    # A plain face is a few pixels of one colour, and may be a triangle, which no perspective map reaches.
    face = art.resize(size) if art.width <= _PLAIN else perspective(art, local, size)
    ramp = np.linspace(1.03, 0.93, size[1], dtype=np.float32)[:, None] * np.linspace(
        1.015, 0.975, size[0], dtype=np.float32
    )
    pixels = np.asarray(face, dtype=np.float32) * (ramp * shade)[..., None]
    face = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    rub = Image.new("L", size)
    ImageDraw.Draw(rub).line([*local, local[0]], fill=60, width=4)
    face.paste((255, 255, 255), (0, 0), rub)
    sheet.paste(face, (left, top), mask)
