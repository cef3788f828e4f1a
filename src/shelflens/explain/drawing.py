"""Two pictures side by side, and lines between the points that agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from PIL import Image, ImageDraw

from shelflens.verify.base import Line

Colour: TypeAlias = tuple[int, int, int]

WIDTH: Final = 900  # pixels
GAP: Final = 20  # between the pictures
TALLEST: Final = 620
LINES: Final = 60  # that are drawn of each kind; more hide the pictures
SCALE: Final = 2  # drawn so much larger and made smaller: Pillow's lines have no soft edges
#: Okabe & Ito's colours, which colour-blind eyes tell apart; by the evidence's name.
COLOURS: Final[Mapping[str, Colour]] = {"local": (86, 180, 233), "words": (230, 159, 0)}
OTHER: Final[Colour] = (0, 158, 115)
GROUND: Final[Colour] = (239, 239, 235)


def joined(query: Image.Image, photo: Image.Image, lines: Mapping[str, Sequence[Line]]) -> Image.Image:
    """WIDTH pixels wide: the query on the left, the photo on the right, each whole, in the middle of its half."""
    half = (WIDTH - GAP) // 2
    height = min(TALLEST, max(round(half * max(1e-3, one.height / one.width)) for one in (query, photo)))
    canvas = Image.new("RGB", (WIDTH * SCALE, height * SCALE), GROUND)
    places = [
        _placed(canvas, picture, left=left, width=half, height=height)
        for picture, left in ((query, 0), (photo, half + GAP))
    ]
    over = Image.new("RGBA", canvas.size, (0, 0, 0, 0))
    for name, its_lines in lines.items():
        for line in spread(its_lines, LINES):
            _draw(over, _at(line.query, places[0]), _at(line.photo, places[1]), COLOURS.get(name, OTHER), name)
    drawn = Image.alpha_composite(canvas.convert("RGBA"), over).convert("RGB")
    return drawn.resize((WIDTH, height), Image.Resampling.LANCZOS)


def spread(lines: Sequence[Line], most: int) -> list[Line]:
    """At most so many, from everywhere in the query rather than from its busiest place."""
    if len(lines) <= most:
        return list(lines)
    in_order = sorted(lines, key=lambda line: (line.query[1], line.query[0]))
    return [in_order[index * len(in_order) // most] for index in range(most)]


Place: TypeAlias = tuple[int, int, int, int]  # left, top, width, height on the canvas


def _placed(canvas: Image.Image, picture: Image.Image, *, left: int, width: int, height: int) -> Place:
    share = min(width * SCALE / picture.width, height * SCALE / picture.height)
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    x, y = left * SCALE + (width * SCALE - size[0]) // 2, (height * SCALE - size[1]) // 2
    canvas.paste(picture.convert("RGB").resize(size, Image.Resampling.LANCZOS), (x, y))
    return x, y, *size


def _at(point: tuple[float, float], place: Place) -> tuple[float, float]:
    left, top, width, height = place
    return left + point[0] * width, top + point[1] * height


def _draw(over: Image.Image, start: tuple[float, float], end: tuple[float, float], colour: Colour, name: str) -> None:
    """A dark hem keeps a light line in sight on a light picture."""
    pen = ImageDraw.Draw(over)
    broad = name != "local"  # few lines, each worth reading
    width, ring = (4, 12) if broad else (2, 6)
    pen.line((start, end), fill=(0, 0, 0, 70), width=width + 2)
    pen.line((start, end), fill=(*colour, 230 if broad else 165), width=width)
    for x, y in (start, end):
        pen.ellipse((x - ring, y - ring, x + ring, y + ring), outline=(0, 0, 0, 150), width=5)
        pen.ellipse((x - ring + 1, y - ring + 1, x + ring - 1, y + ring - 1), outline=(*colour, 255), width=3)
