"""Photos as a quality camera takes them: one product always in its place, sound or with a fault drawn on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageStat

from shelflens.demo.assortment import Item
from shelflens.demo.colour import WHITE, Colour
from shelflens.demo.package import Package, View, lit
from shelflens.demo.scene import studio
from shelflens.demo.shapes import package

SIDE = 480  # pixels of a photo
_SPARE = 1.06  # the scene is larger than the frame

Fault: TypeAlias = Callable[[Image.Image, np.random.Generator], Image.Image]  # RGBA cutout to RGBA cutout


def inspected(item: Item, *, seed: int, fault: str | None = None) -> Image.Image:
    """One photo of the product's front; `fault` is a name in FAULTS. Equal seeds give equal pictures."""
    rng = np.random.default_rng((seed, item.number, 0 if fault is None else 1 + list(FAULTS).index(fault)))
    sound = _front(item)
    image = FAULTS[fault](sound.image.copy(), rng) if fault else sound.image
    return _taken(studio(Package(image, sound.tall), round(SIDE * _SPARE), WHITE), rng)


@lru_cache(maxsize=8)
def _front(item: Item) -> Package:
    return package(item, View.FRONT, np.random.default_rng((item.number,)))


def _taken(scene: Image.Image, rng: np.random.Generator) -> Image.Image:
    """By a camera on a stand, under steady light: a little turned and shifted, a little brighter or darker, grain."""
    turned = scene.rotate(rng.uniform(-1.5, 1.5), Image.Resampling.BICUBIC, fillcolor=scene.getpixel((2, 2)))
    left, top = (round(rng.uniform(0, scene.width - SIDE)) for _ in range(2))
    photo = turned.crop((left, top, left + SIDE, top + SIDE)).filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.7)))
    pixels = np.asarray(photo, dtype=np.float32) * rng.uniform(0.95, 1.03)
    grain = rng.normal(scale=rng.uniform(1, 3), size=pixels.shape)
    return Image.fromarray(np.clip(pixels + grain + 0.5, 0, 255).astype(np.uint8))


def draw_inspection(folder: Path, item: Item, *, good: int, checked: int, seed: int = 7) -> Path:
    """`good/` to learn from; `check/good/` and `check/FAULT/`, `checked` photos each, to be judged by."""
    wanted: list[tuple[Path, str | None, int]] = [(folder / "good", None, number) for number in range(good)]
    for kind in (None, *FAULTS):
        wanted += [(folder / "check" / (kind or "good"), kind, 10_000 + number) for number in range(checked)]
    for place, kind, number in wanted:
        place.mkdir(parents=True, exist_ok=True)
        inspected(item, seed=seed * 100_003 + number, fault=kind).save(place / f"{number:05}.jpg", quality=90)
    return folder


def _scratch(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A thin line, light on what is dark there, dark on what is light."""
    x, y = _spot(image, rng)
    reach = rng.uniform(0.14, 0.28) * min(image.size)
    turn = rng.uniform(0, np.pi)
    steps = np.linspace(-1, 1, 9)
    bend = rng.normal(scale=0.04, size=9).cumsum() * reach
    points = [
        (x + reach * s * np.cos(turn) - b * np.sin(turn), y + reach * s * np.sin(turn) + b * np.cos(turn))
        for s, b in zip(steps, bend, strict=True)
    ]
    mark = Image.new("L", image.size)
    ImageDraw.Draw(mark).line(points, fill=225, width=max(2, round(0.008 * min(image.size))))
    return _painted(
        image, mark.filter(ImageFilter.GaussianBlur(0.6)), _against(image, mark, (92, 88, 84), (232, 230, 226))
    )


def _stain(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A soft-edged spot that the print shows through: dark on what is light there, pale on what is dark."""
    mark = _blob(image, rng, share=rng.uniform(0.06, 0.11)).filter(ImageFilter.GaussianBlur(0.008 * min(image.size)))
    colour = _against(image, mark, (74, 52, 30), (206, 190, 160))
    return _painted(image, mark.point(lambda value: round(0.6 * value)), colour)


def _tear(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A ragged piece of the print is gone; the paper under it shows."""
    mark = _blob(image, rng, share=rng.uniform(0.06, 0.11), ragged=0.5)
    return _painted(image, mark, _against(image, mark, (168, 150, 124), (238, 233, 224)))


def _misprint(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A band of the print has slipped sideways."""
    height = image.height
    tall = round(rng.uniform(0.07, 0.12) * height)
    top = round(rng.uniform(0.3, 0.6) * height)
    solid = np.asarray(image.getchannel("A"))[top : top + tall].min(axis=0) > 250
    left, right = np.flatnonzero(solid)[[0, -1]].tolist()
    slip = int(rng.choice((-1, 1))) * round(rng.uniform(0.1, 0.16) * (right - left))
    pixels = np.asarray(image).copy()
    pixels[top : top + tall, left:right] = np.roll(pixels[top : top + tall, left:right], slip, axis=1)
    return Image.fromarray(pixels)


def _dent(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Pressed in: the print is drawn towards the middle, one flank darker, the other lighter."""
    pixels = np.asarray(image, dtype=np.float32)
    height, width = pixels.shape[:2]
    x, y = _spot(image, rng)
    radius = rng.uniform(0.13, 0.19) * min(image.size)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    dx, dy = (columns - x) / radius, (rows - y) / radius
    depth = np.exp(-(dx**2 + dy**2) * 1.6)
    source_x = np.clip(columns + 0.45 * radius * dx * depth, 0, width - 1).astype(int)
    source_y = np.clip(rows + 0.45 * radius * dy * depth, 0, height - 1).astype(int)
    turn = rng.uniform(0, 2 * np.pi)
    light = 1 + 0.5 * depth * (np.cos(turn) * dx + np.sin(turn) * dy)
    rgb = np.clip(lit(pixels[source_y, source_x, :3], light), 0, 255)
    return Image.fromarray(np.dstack([rgb, pixels[..., 3]]).astype(np.uint8))


FAULTS: Final[Mapping[str, Fault]] = {
    "scratch": _scratch,
    "stain": _stain,
    "tear": _tear,
    "misprint": _misprint,
    "dent": _dent,
}


def _spot(image: Image.Image, rng: np.random.Generator) -> tuple[float, float]:
    """A place well inside the package."""
    inside = np.argwhere(np.asarray(image.getchannel("A").filter(ImageFilter.MinFilter(31))) > 250)
    assert len(inside), "the package is too thin to be marked"
    low, high = np.quantile(inside, [0.15, 0.85], axis=0)
    middle = inside[((inside >= low) & (inside <= high)).all(axis=1)]
    row, column = middle[rng.integers(len(middle))]
    return float(column), float(row)


def _blob(image: Image.Image, rng: np.random.Generator, *, share: float, ragged: float = 0.2) -> Image.Image:
    """A mask: a round patch with an uneven edge, `share` of the short side in radius."""
    x, y = _spot(image, rng)
    radius = share * min(image.size)
    turns = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    reach = radius * (1 + ragged * rng.uniform(-1, 1, 28))
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).polygon(
        [(x + r * np.cos(t), y + r * np.sin(t)) for r, t in zip(reach, turns, strict=True)], 255
    )
    return mask


def _against(image: Image.Image, mark: Image.Image, dark: Colour, light: Colour) -> Colour:
    """The colour of the two that can be seen where the mark is."""
    under = ImageStat.Stat(image.convert("L"), mark.point(lambda value: 255 if value > 127 else 0)).mean[0]
    return dark if under > 120 else light


def _painted(image: Image.Image, mask: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """The colour laid on by the mask, on the package alone."""
    out = Image.composite(Image.new("RGB", image.size, colour), image.convert("RGB"), mask).convert("RGBA")
    out.putalpha(image.getchannel("A"))
    return out
