"""A flat label while it is being printed: boxes to fill, type that fits them, motifs, gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from shelflens.demo.assortment import Item
from shelflens.demo.colour import DARK, WHITE, Colour, ink_on
from shelflens.demo.lettering import FACES, Face, fitted
from shelflens.demo.motifs import stamp


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle on the label, pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def part(self, left: float, top: float, right: float, bottom: float) -> Area:
        """The part between these shares of width and height."""
        return Area(
            self.left + left * self.width, self.top + top * self.height,
            self.left + right * self.width, self.top + bottom * self.height,
        )  # fmt: skip

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        return round(self.left), round(self.top), round(self.right), round(self.bottom)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things go inside the safe area: one for tall labels, one for wide ones."""

    brand: Area
    kind: Area
    hero: Area
    flavour: Area
    foot: Area


class Label:
    """The sheet of one label with its item's words and colours."""

    def __init__(self, item: Item, size: tuple[int, int], *, safe: float) -> None:
        """`safe` is the share of the width, left and right, that bends out of sight."""
        self.item = item
        self.brand, self.flavour = item.brand, item.flavour
        self.width, self.height = size
        self.image = Image.new("RGB", size, item.brand.paper)
        self.draw = ImageDraw.Draw(self.image)
        self.all = Area(0, 0, self.width, self.height)
        margin = 0.045 * min(size)
        self.safe = Area(safe * self.width + margin, margin, (1 - safe) * self.width - margin, self.height - margin)
        self.face, self.small = (FACES[name] for name in item.brand.faces)

    @property
    def wide(self) -> bool:
        return self.safe.width > 1.2 * self.safe.height

    def layout(self) -> Layout:
        safe = self.safe
        if self.wide:
            return Layout(
                brand=safe.part(0, 0.07, 0.58, 0.42),
                kind=safe.part(0, 0.47, 0.58, 0.57),
                flavour=safe.part(0, 0.63, 0.58, 0.85),
                foot=safe.part(0, 0.9, 0.58, 0.97),
                hero=safe.part(0.61, 0.06, 1, 0.94),
            )
        return Layout(
            brand=safe.part(0.02, 0.05, 0.98, 0.215),
            kind=safe.part(0.12, 0.235, 0.88, 0.285),
            hero=safe.part(0.06, 0.32, 0.94, 0.735),
            flavour=safe.part(0.04, 0.765, 0.96, 0.885),
            foot=safe.part(0.06, 0.925, 0.94, 0.965),
        )

    def text(
        self, words: str, area: Area, *, face: Face | None = None, ink: Colour | None = None,
        shadow: Colour | None = None, align: str = "centre",
    ) -> Area:  # fmt: skip
        """The largest line that fits; returns where its ink lies. Without `ink`, what reads on the ground there."""
        mask = fitted(words, face or self.small, width=area.width, height=area.height)
        left = {"left": area.left, "centre": area.centre[0] - mask.width / 2, "right": area.right - mask.width}[align]
        x, y = round(left), round(area.centre[1] - mask.height / 2)
        box = Area(x, y, x + mask.width, y + mask.height)
        if ink is None:
            ink = ink_on(self.ground(box))
        if shadow is not None:
            drop = max(2, round(0.035 * mask.height))
            self.image.paste(shadow, (x + drop, y + drop), mask)
        self.image.paste(ink, (x, y), mask)
        return box

    def lines(self, rows: list[str], area: Area, *, face: Face | None = None, ink: Colour | None = None) -> None:
        """Rows of equal height under each other."""
        for place, row in enumerate(rows):
            self.text(row, area.part(0, place / len(rows), 1, (place + 0.72) / len(rows)), face=face, ink=ink)

    def ground(self, area: Area) -> Colour:
        """The mean colour that is there now."""
        left, top, right, bottom = area.bounds
        patch = self.image.crop((max(0, left), max(0, top), min(self.width, right), min(self.height, bottom)))
        red, green, blue = patch.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]  # RGB has three bands
        return int(red), int(green), int(blue)

    def motif(self, name: str, x: float, y: float, size: float, *, turn: float = 0, shadow: float = 0.35) -> None:
        """One stamp of `size` pixels centred on (x, y), with a soft shadow of that strength."""
        side = max(8, round(size))
        mark = stamp(name).resize((side, side), Image.Resampling.BICUBIC)
        if turn:
            mark = mark.rotate(-turn, Image.Resampling.BILINEAR)
        place = (round(x - side / 2), round(y - side / 2))
        if shadow:
            reach = max(1, side // 28)
            dark = mark.getchannel("A").filter(ImageFilter.GaussianBlur(reach)).point(lambda a: round(a * shadow))
            self.image.paste(DARK, (place[0] + reach, place[1] + reach + reach // 2), dark)
        self.image.paste(mark, place, mark)

    def heap(self, area: Area, *, crowd: bool = False) -> None:
        """The flavour's motifs arranged in the area: the hero in front, the rest and more of it behind."""
        (x, y), side = area.centre, min(area.width, area.height)
        hero, *others = self.flavour.motifs
        spread = max(0.0, (area.width - side) / 2)
        back = others or [hero]
        if crowd or others:
            for place, (dx, dy, scale, turn) in enumerate(
                ((-0.3, -0.2, 0.5, -24), (0.31, -0.17, 0.52, 28), (0.3, 0.24, 0.44, 12), (-0.33, 0.22, 0.42, -40))
            ):
                name = back[place % len(back)]
                self.motif(name, x + dx * side + np.sign(dx) * spread * 0.7, y + dy * side, scale * side, turn=turn)
        front = 0.74 if crowd or others else 0.94
        self.motif(hero, x, y + (0.04 * side if others else 0), front * side, shadow=0.45)

    def pour(self, colours: tuple[Colour, Colour], area: Area | None = None, *, sideways: bool = False) -> None:
        """A smooth gradient, first colour at the top (left when sideways)."""
        left, top, right, bottom = (area or self.all).bounds
        first, second = (np.asarray(tone, dtype=np.float32) for tone in colours)
        count = (right - left) if sideways else (bottom - top)
        ramp = np.linspace(0, 1, max(2, count), dtype=np.float32)[:, None]
        strip = Image.fromarray((first + (second - first) * ramp).round().astype(np.uint8)[None])
        if not sideways:
            strip = strip.transpose(Image.Transpose.ROTATE_270)
        self.image.paste(strip.resize((right - left, bottom - top)), (left, top))

    def glow(self, x: float, y: float, radius: float, tone: Colour = WHITE, *, strength: float = 0.6) -> None:
        """A soft round light."""
        ys, xs = np.ogrid[0 : self.height : 4, 0 : self.width : 4]
        far: NDArray[np.float64] = ((xs - x) ** 2 + (ys - y) ** 2) / radius**2
        mask = Image.fromarray((np.exp(-2 * far) * 255 * strength).astype(np.uint8)).resize(self.image.size)
        self.image.paste(tone, (0, 0), mask)

    def plate(self, area: Area, fill: Colour, *, radius: float = 0, edge: Colour | None = None, line: int = 0) -> None:
        """A rounded plate, anti-aliased by the package's later reduction."""
        self.draw.rounded_rectangle(area.bounds, radius, fill=fill, outline=edge, width=line)
