"""Where a package is met: on a studio's paper, on the shelf, on a table, in a hand, on the belt."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from shelflens.demo import hands, surfaces
from shelflens.demo.colour import WHITE, Colour, mix, tint
from shelflens.demo.label import Area
from shelflens.demo.lettering import FACES, fitted
from shelflens.demo.motifs import stamp
from shelflens.demo.package import Package


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in the picture."""

    hero: Package
    neighbours: tuple[Package, ...]  # fronts of other products; at least one
    price: float
    clutter: tuple[str, ...]  # motifs to lie about
    steady: bool  # nothing may cover the hero, and it stays large: its barcode is to be read


Scene: TypeAlias = Callable[[Cast, tuple[int, int], np.random.Generator], Image.Image]


def studio(package: Package, side: int, tone: Colour) -> Image.Image:
    """The pack shot: white or pale paper, a soft shadow, a hint of a mirrored floor."""
    ramp = np.linspace(0, 1, side, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, side, dtype=np.float32)[None, :]
    shade = (0.028 * np.clip((ramp - 0.72) / 0.28, 0, 1) + 0.016 * x**2)[..., None]
    ground = Image.fromarray((np.asarray(tone, dtype=np.float32) * (1 - shade)).astype(np.uint8))
    image = _sized(package.image, height=0.8 * side, width=0.82 * side)
    place = ((side - image.width) // 2, round(0.5 * side - 0.5 * image.height))
    _stand(ground, image, place, strength=0.34)
    return ground


def shelf(cast: Cast, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """In its row, between its neighbours, over the price tags."""
    width, height = size
    tone = (*surfaces.WOODS, (214, 218, 222), (236, 236, 232))[rng.integers(7)]
    scene = surfaces.wall(size, mix(surfaces.WALLS[rng.integers(6)], (70, 66, 70), rng.uniform(0.1, 0.5)), rng)
    floor, lip = 0.84 * height, 0.1 * height
    hero = _sized(cast.hero.image, height=rng.uniform(0.6, 0.7) * height, width=0.62 * width)
    scale = hero.height / cast.hero.tall  # pixels per centimetre
    row = [_scaled(neighbour, scale, most=0.72 * height) for neighbour in cast.neighbours]
    x = (width - hero.width) / 2 + rng.uniform(-0.05, 0.05) * width
    places: list[tuple[Image.Image, float]] = []
    for direction in (-1, 1):
        edge, turn = (x, 0) if direction < 0 else (x + hero.width, 1)
        while -0.3 * width < edge < 1.3 * width:
            other = row[turn % len(row)]
            edge += direction * rng.uniform(0.0, 0.03) * width
            places.append((other, edge - other.width if direction < 0 else edge))
            edge += direction * other.width
            turn += 2
    upper = round(rng.uniform(0.05, 0.1) * height)
    _rows_behind(scene, [*places, (hero, x)], floor, rng)
    for other, left in places:
        _stand(scene, other, (round(left), round(floor - other.height + rng.uniform(0, 0.012) * height)), strength=0.5)
    _stand(scene, hero, (round(x), round(floor - hero.height + 0.01 * height)), strength=0.5)
    scene.paste(surfaces.board((width, round(lip)), tone), (0, round(floor + 0.008 * height)))
    _tag(
        scene,
        Area(x + 0.06 * hero.width, floor + 0.02 * height, x + 0.06 * hero.width + 0.2 * width, floor + 0.098 * height),
        cast.price,
    )
    taken = [x]
    for _, left in places:
        # Prices hang under the left edge of what they are for, and never over each other.
        if all(abs(left - other) > 0.24 * width for other in taken) and rng.random() < 0.7:
            taken.append(left)
            _tag(
                scene,
                Area(left + 8, floor + 0.02 * height, left + 8 + 0.2 * width, floor + 0.098 * height),
                cast.price + rng.integers(-90, 200) / 100,
            )
    below = round(floor + 0.008 * height + lip)
    ImageDraw.Draw(scene).rectangle((0, below, width, height), fill=(52, 48, 50))
    if upper > 0.07 * height:
        scene.paste(surfaces.board((width, upper), tone), (0, 0))
        _shade(scene, (0, upper, width, upper + round(0.12 * height)), 0.4)
    if not cast.steady and rng.random() < 0.3:
        corner = (x + hero.width * rng.uniform(0.02, 0.16), floor - hero.height * rng.uniform(0.05, 0.14))
        _sticker(scene, corner, 0.085 * width, rng)
    return scene


def table(cast: Cast, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """At home, with what else stands there."""
    width, height = size
    scene = surfaces.kitchen(size, rng)
    edge = round(rng.uniform(0.6, 0.68) * height)
    wood = surfaces.WOODS[rng.integers(len(surfaces.WOODS))]
    top = (
        surfaces.wood((width, height - edge), wood, rng, planks=4)
        if rng.random() < 0.7
        else surfaces.stone((width, height - edge), rng)
    )
    scene.paste(top, (0, edge))
    _shade(scene, (0, edge, width, edge + 30), 0.25)
    hero = _sized(
        cast.hero.image, height=rng.uniform(0.66, 0.76) * height, width=(0.76 if cast.steady else 0.68) * width
    )
    scale = 0.82 * hero.height / cast.hero.tall
    for place, neighbour in enumerate(cast.neighbours[: int(rng.integers(1, 4))]):
        other = _scaled(neighbour, scale, most=0.55 * height).filter(ImageFilter.GaussianBlur(2.2))
        left = (-0.12, 0.72, 0.2)[place] * width + rng.uniform(-0.08, 0.08) * width
        _stand(scene, other, (round(left), round(edge + 0.08 * height - other.height)), strength=0.4)
    x = (width - hero.width) / 2 + rng.uniform(-0.07, 0.07) * width
    foot = rng.uniform(0.88, 0.92) * height
    _stand(scene, hero, (round(x), round(foot - hero.height)), strength=0.55)
    for place, name in enumerate(cast.clutter):
        side = rng.uniform(0.13, 0.2) * width
        left = (
            (x - 0.75 * side, x + hero.width - 0.25 * side)[place % 2]
            if not cast.steady
            else (-0.2 * side, width - 0.8 * side)[place % 2]
        )
        _drop(
            scene,
            name,
            (left + side / 2, foot - 0.2 * side + rng.uniform(0, 0.04) * height),
            side,
            rng.uniform(-40, 40),
        )
    return scene


def hand(cast: Cast, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Held up in the aisle."""
    width, height = size
    aisle = shelf(
        Cast(cast.neighbours[0], cast.neighbours, cast.price, (), steady=True), (width // 2, height // 2), rng
    )
    scene = aisle.filter(ImageFilter.GaussianBlur(rng.uniform(4, 8))).resize(size, Image.Resampling.BICUBIC)
    skin = hands.SKINS[rng.integers(len(hands.SKINS))]
    hero = _sized(cast.hero.image, height=rng.uniform(0.7, 0.8) * height, width=(0.76 if cast.steady else 0.7) * width)
    right = rng.random() < 0.6
    # In every shape here the ink ends before its edge: fingers may lie over a tenth of it.
    x, y = (width - hero.width) / 2 + rng.uniform(-0.04, 0.04) * width, 0.46 * height - hero.height / 2
    body = (x + hero.width, x) if right else (x, x + hero.width)
    out = 1 if right else -1
    grip = y + hero.height * rng.uniform(0.6, 0.7)
    thick = 0.052 * width
    hands.draw(
        scene,
        hands.Limb(
            (body[0] + out * 0.34 * width, height * 1.1),
            (body[0] - out * 0.06 * width, grip + 0.06 * height),
            (0.13 * width, 0.115 * width),
        ),
        skin,
    )
    turned = hero.rotate(rng.uniform(-10, 10), Image.Resampling.BICUBIC, expand=True)
    centre = (x + hero.width / 2, y + hero.height / 2)
    scene.paste(turned, (round(centre[0] - turned.width / 2), round(centre[1] - turned.height / 2)), turned)
    # A finger's round end reaches a radius further than its tip: who shows a barcode keeps off the print.
    lap = -0.84 * thick if cast.steady else 0.07 * hero.width
    for finger in range(4):
        fy = grip - 0.1 * height + finger * 1.95 * thick
        start = (body[1] - out * 0.11 * width, fy + 0.02 * height)
        hands.draw(
            scene, hands.Limb(start, (body[1] + out * (lap - 0.012 * finger * width), fy), (thick, 0.84 * thick)), skin
        )
    tip = (body[0] - out * (0.5 * lap + 0.05 * width), grip - 0.13 * height)
    if cast.steady:
        tip = (body[0] + out * 0.9 * thick, grip - 0.1 * height)
    hands.draw(
        scene,
        hands.Limb((body[0] + out * 0.09 * width, grip + 0.1 * height), tip, (1.35 * thick, 0.95 * thick), nail=True),
        skin,
    )
    return scene


def above(cast: Cast, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Lying down, seen from above, at any angle."""
    width, height = size
    scene = surfaces.table_top(size, rng)
    closer = 0.07 if cast.steady else 0
    hero = _sized(cast.hero.image, height=(rng.uniform(0.66, 0.76) + closer) * height, width=(0.72 + closer) * width)
    turn = rng.uniform(-38, 38) if not cast.steady else rng.uniform(-16, 16)
    scale = hero.height / cast.hero.tall
    for place, neighbour in enumerate(cast.neighbours[:2]):
        other = _scaled(neighbour, scale, most=0.7 * height).rotate(
            rng.uniform(-70, 70), Image.Resampling.BICUBIC, expand=True
        )
        spot = ((-0.02, 0.06), (1.02, 0.94))[place]
        _lie(scene, other, (spot[0] * width, spot[1] * height))
    for place, name in enumerate(cast.clutter):
        side = rng.uniform(0.14, 0.21) * width
        spot = ((0.93, 0.08), (0.07, 0.93), (0.94, 0.6))[place % 3]
        _drop(scene, name, (spot[0] * width, spot[1] * height), side, rng.uniform(-90, 90))
    turned = hero.rotate(turn, Image.Resampling.BICUBIC, expand=True)
    fit = min(1, 0.94 * width / turned.width, 0.92 * height / turned.height)
    turned = turned.resize((round(turned.width * fit), round(turned.height * fit)), Image.Resampling.LANCZOS)
    _lie(scene, turned, (width / 2 + rng.uniform(-0.02, 0.02) * width, height / 2))
    if not cast.steady and rng.random() < 0.35:
        skin = hands.SKINS[rng.integers(len(hands.SKINS))]
        side = rng.choice((-1, 1))
        x, y = width * (0.5 + side * 0.62), height * rng.uniform(0.6, 0.9)
        for finger in range(3):
            base = (x, y + finger * 0.1 * width)
            hands.draw(
                scene,
                hands.Limb(
                    base,
                    (x - side * rng.uniform(0.24, 0.3) * width, y - 0.05 * height + finger * 0.095 * width),
                    (0.056 * width, 0.045 * width),
                    nail=True,
                ),
                skin,
            )
    return scene


SCENES: dict[str, Scene] = {"shelf": shelf, "table": table, "hand": hand, "above": above}


def _sized(image: Image.Image, *, height: float, width: float) -> Image.Image:
    """As large as fits."""
    scale = min(height / image.height, width / image.width)
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)


def _scaled(package: Package, scale: float, *, most: float) -> Image.Image:
    """At `scale` pixels per centimetre, not taller than `most` pixels."""
    height = min(package.tall * scale, most)
    width = package.image.width * height / package.image.height
    # Neighbours need no Lanczos: they are many, and not looked at.
    return package.image.resize((max(1, round(width)), max(1, round(height))), Image.Resampling.BILINEAR)


def _stand(scene: Image.Image, image: Image.Image, place: tuple[int, int], *, strength: float) -> None:
    """Put down with a soft shadow to the right and a dark one where it touches."""
    x, y = place
    width, height = image.size
    pad = max(12, width // 6)
    touch = Image.new("L", (width + 2 * pad, 2 * pad))
    draw = ImageDraw.Draw(touch)
    draw.ellipse((pad * 0.8, 0.72 * pad, width + 1.3 * pad, 1.3 * pad), fill=round(255 * strength))
    touch = touch.filter(ImageFilter.GaussianBlur(pad / 4))
    scene.paste((24, 20, 24), (x - pad, y + height - pad - round(0.16 * pad)), touch)
    cast = Image.new("L", (width + 2 * pad, height + 2 * pad))
    cast.paste(image.getchannel("A").point(lambda a: round(a * strength * 0.3)), (pad, pad))
    cast = cast.resize((cast.width // 4, cast.height // 4)).filter(ImageFilter.GaussianBlur(pad / 12)).resize(cast.size)
    scene.paste((30, 26, 32), (x - pad + pad // 5, y - pad + pad // 10), cast)
    scene.paste(image, place, image)


def _lie(scene: Image.Image, image: Image.Image, centre: tuple[float, float]) -> None:
    place = (round(centre[0] - image.width / 2), round(centre[1] - image.height / 2))
    pad = 24
    cast = Image.new("L", (image.width + 2 * pad, image.height + 2 * pad))
    cast.paste(image.getchannel("A").point(lambda a: round(a * 0.5)), (pad, pad))
    cast = cast.resize((cast.width // 3, cast.height // 3)).filter(ImageFilter.GaussianBlur(3.2)).resize(cast.size)
    scene.paste((22, 18, 22), (place[0] - pad + 9, place[1] - pad + 12), cast)
    scene.paste(image, place, image)


def _drop(scene: Image.Image, name: str, centre: tuple[float, float], side: float, turn: float) -> None:
    mark = (
        stamp(name).resize((round(side), round(side)), Image.Resampling.LANCZOS).rotate(turn, Image.Resampling.BICUBIC)
    )
    _lie(scene, mark, centre)


def _rows_behind(
    scene: Image.Image, places: Sequence[tuple[Image.Image, float]], floor: float, rng: np.random.Generator
) -> None:
    """The second of each kind, in the shadow of the first."""
    for image, left in places:
        if rng.random() < 0.7:
            small = image.resize((round(image.width * 0.95), round(image.height * 0.95)), Image.Resampling.BILINEAR)
            dark = small.convert("RGB").point(lambda value: round(value * 0.55))
            spot = (round(left + 0.025 * image.width), round(floor - small.height - 0.07 * image.width))
            scene.paste(dark, spot, small.getchannel("A"))


def _shade(scene: Image.Image, box: tuple[int, int, int, int], strength: float) -> None:
    """Darker at the top of the box, nothing at its foot."""
    width, height = box[2] - box[0], box[3] - box[1]
    ramp = np.linspace(255 * strength, 0, max(1, height)).astype(np.uint8)[:, None]
    scene.paste((20, 16, 20), box[:2], Image.fromarray(np.ascontiguousarray(np.broadcast_to(ramp, (height, width)))))


def _tag(scene: Image.Image, area: Area, price: float) -> None:
    """A price in the rail."""
    draw = ImageDraw.Draw(scene)
    draw.rounded_rectangle(area.bounds, 4, fill=(252, 250, 242))
    draw.rectangle(area.part(0, 0, 0.07, 1).bounds, fill=(206, 62, 50))
    inside = area.part(0.16, 0.2, 0.92, 0.8)
    ink = fitted(f"{max(0.49, price):.2f}", FACES["narrow"], width=inside.width, height=inside.height)
    scene.paste((40, 36, 40), (round(inside.centre[0] - ink.width / 2), round(inside.centre[1] - ink.height / 2)), ink)


def _sticker(scene: Image.Image, centre: tuple[float, float], radius: float, rng: np.random.Generator) -> None:
    """A round offer that somebody stuck on a corner."""
    x, y = centre
    fill: Colour = ((214, 44, 52), (240, 190, 30), (36, 130, 90))[rng.integers(3)]
    size = math.ceil(radius) * 4
    disc = Image.new("L", (size, size))
    ImageDraw.Draw(disc).ellipse((2, 2, size - 3, size - 3), fill=255)
    disc = disc.reduce(2)
    place = (round(x - disc.width / 2), round(y - disc.height / 2))
    scene.paste(fill, place, disc)
    ink = fitted(f"-{rng.integers(1, 6) * 10}%", FACES["narrow"], width=1.5 * radius, height=0.7 * radius)
    scene.paste(
        WHITE if fill[1] < 180 else tint((60, 30, 10), 0), (round(x - ink.width / 2), round(y - ink.height / 2)), ink
    )
