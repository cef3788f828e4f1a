"""Where a flavour's picture comes from: each motif is a few vector shapes, lit once, stamped many times."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from shelflens.demo.colour import Colour, colour, deep

SIDE = 420  # of a finished stamp, pixels
_OVER = 2  # supersampling while drawing
Point: TypeAlias = tuple[float, float]


class Stamp:
    """A transparent square, -1..1 in both axes, y down; what is drawn later lies on top."""

    def __init__(self) -> None:
        self.image = Image.new("RGBA", (SIDE * _OVER, SIDE * _OVER))
        self._draw = ImageDraw.Draw(self.image)
        self._half = SIDE * _OVER / 2

    def shape(self, points: Sequence[Point], fill: str | Colour) -> None:
        half = self._half
        self._draw.polygon([(half + x * half * 0.96, half + y * half * 0.96) for x, y in points], fill=_rgb(fill))

    def disc(self, x: float, y: float, radius: float, fill: str | Colour) -> None:
        self.shape(oval(x, y, radius, radius), fill)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: str | Colour, *, turn: float = 0) -> None:
        self.shape(oval(x, y, rx, ry, turn=turn), fill)

    def stroke(self, points: Sequence[Point], width: float, fill: str | Colour) -> None:
        """A line with round ends through the points."""
        half = self._half
        dots = [(half + x * half * 0.96, half + y * half * 0.96) for x, y in points]
        self._draw.line(dots, fill=_rgb(fill), width=max(1, round(width * half)), joint="curve")
        radius = width * half / 2
        for x, y in (dots[0], dots[-1]):
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_rgb(fill))

    def leaf(  # noqa: PLR0917  # the trade's drawing order: where, how large, which way, what colour
        self, x: float, y: float, length: float, width: float, turn: float, fill: str | Colour
    ) -> None:
        """Stalk at (x, y), tip `length` away in direction `turn` (degrees, 0 is right)."""
        base = _rgb(fill)
        side = [(t * length, math.sin(math.pi * t**0.85) * width / 2) for t in np.linspace(0, 1, 30).tolist()]
        outline = side + [(a, -b) for a, b in reversed(side)]
        self.shape(moved(outline, x, y, turn), base)
        self.shape(moved([*side, (0, 0)], x, y, turn), deep(base, 0.1))
        self.stroke(moved([(0, 0), (length * 0.93, 0)], x, y, turn), 0.018, (236, 244, 214))


def _rgb(fill: str | Colour) -> Colour:
    return colour(fill) if isinstance(fill, str) else fill


def oval(x: float, y: float, rx: float, ry: float, *, turn: float = 0) -> list[Point]:
    ring = [(rx * math.cos(a), ry * math.sin(a)) for a in np.linspace(0, 2 * math.pi, 72).tolist()]
    return moved(ring, x, y, turn)


def polar(radius: Callable[[float], float], *, x: float = 0, y: float = 0, turn: float = 0) -> list[Point]:
    """The closed curve whose distance from (x, y) is radius(angle), angle 0..2 pi, 0 is right, clockwise."""
    angles = np.linspace(0, 2 * math.pi, 120).tolist()
    return moved([(radius(a) * math.cos(a), radius(a) * math.sin(a)) for a in angles], x, y, turn)


def rounded(points: Sequence[Point]) -> list[Point]:
    """The closed Catmull-Rom curve through the points."""
    knots = np.asarray(points, dtype=np.float64)
    before, after, beyond = (np.roll(knots, shift, axis=0)[:, None] for shift in (1, -1, -2))
    here, t = knots[:, None], np.linspace(0, 1, 10, endpoint=False)[None, :, None]
    curve = 0.5 * (
        2 * here
        + (after - before) * t
        + (2 * before - 5 * here + 4 * after - beyond) * t**2
        + (3 * here - before - 3 * after + beyond) * t**3
    )
    return [(x, y) for x, y in curve.reshape(-1, 2).tolist()]


def moved(points: Sequence[Point], x: float, y: float, turn: float) -> list[Point]:
    """Turned about the origin by `turn` degrees clockwise, then moved."""
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    return [(x + a * c - b * s, y + a * s + b * c) for a, b in points]


def around(
    count: int, radius: float, *, start: float = 0, x: float = 0, y: float = 0
) -> list[tuple[float, float, float]]:
    """(x, y, degrees) of `count` places on a circle."""
    turns = [start + 360 * place / count for place in range(count)]
    return [
        (x + radius * math.cos(math.radians(turn)), y + radius * math.sin(math.radians(turn)), turn) for turn in turns
    ]


@functools.lru_cache(maxsize=96)
def stamp(name: str) -> Image.Image:
    """The finished motif, SIDE x SIDE RGBA."""
    from shelflens.demo import fruits, pantry, plants

    drawers: dict[str, Callable[[Stamp], None]] = {**fruits.MOTIFS, **plants.MOTIFS, **pantry.MOTIFS}
    sheet = Stamp()
    drawers[name](sheet)
    return _lit(sheet.image.reduce(_OVER))


def names() -> tuple[str, ...]:
    from shelflens.demo import fruits, pantry, plants

    return (*fruits.MOTIFS, *plants.MOTIFS, *pantry.MOTIFS)


def _lit(flat: Image.Image) -> Image.Image:
    """Rounds flat shapes off: the blurred outline is taken for a height, lit from the upper left."""
    alpha = flat.getchannel("A")
    height = np.asarray(alpha.filter(ImageFilter.GaussianBlur(SIDE * 0.07)), dtype=np.float32) / 255
    slope_y, slope_x = np.gradient(height)
    light = np.clip(1 + (slope_x + 1.25 * slope_y) * 14 * SIDE / 420, 0.66, 1.28)
    grey = np.asarray(flat.convert("RGB").convert("L").filter(ImageFilter.GaussianBlur(2.5)), dtype=np.float32)
    relief_y, relief_x = np.gradient(grey)
    light = light + np.clip((relief_x + relief_y) * 0.004, -0.08, 0.08)
    rgb = np.asarray(flat, dtype=np.float32)[..., :3]
    shade = np.minimum(light, 1)[..., None]
    gloss = np.maximum(light - 1, 0)[..., None]
    lit = rgb * shade + (255 - rgb) * gloss
    return Image.merge("RGBA", (*Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8)).split(), alpha))
