"""Two pictures side by side, lines between the points that agree, and frames around what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from PIL import Image, ImageDraw, ImageFont

from shelflens.types import Box
from shelflens.verify.base import Line, Region

Colour: TypeAlias = tuple[int, int, int]

WIDTH: Final = 900  # pixels
GAP: Final = 20  # between the pictures
TALLEST: Final = 620
LINES: Final = 60  # that are drawn of each kind; more hide the pictures
SCALE: Final = 2  # drawn so much larger and made smaller: Pillow's lines have no soft edges
#: Okabe & Ito's colours, which colour-blind eyes tell apart; by the evidence's name.
COLOURS: Final[Mapping[str, Colour]] = {"local": (86, 180, 233), "words": (230, 159, 0), "barcode": (204, 121, 167)}
OTHER: Final[Colour] = (0, 158, 115)
GROUND: Final[Colour] = (239, 239, 235)
FRAMES: Final = 12  # that are drawn, the most telling
LETTERS: Final = 13  # pixels
LONGEST: Final = 24  # letters of a word on a picture
DRAWN_UP_TO: Final = "\u0530"  # letters from there on are not in the font; a frame's number stands for them


def joined(
    query: Image.Image,
    photo: Image.Image,
    lines: Mapping[str, Sequence[Line]],
    regions: Sequence[tuple[str, Region]] = (),
) -> Image.Image:
    """WIDTH pixels wide: the query on the left, the photo on the right, each whole, in the middle of its half.

    `regions`, with their evidence's name, get a frame in both pictures with the number that they have in the sequence,
    from 1; their evidence's lines are left out, since the frames are joined.
    """
    half = (WIDTH - GAP) // 2
    height = min(TALLEST, max(round(half * max(1e-3, one.height / one.width)) for one in (query, photo)))
    canvas = Image.new("RGB", (WIDTH * SCALE, height * SCALE), GROUND)
    places = [
        _placed(canvas, picture, left=left, width=half, height=height)
        for picture, left in ((query, 0), (photo, half + GAP))
    ]
    over = Image.new("RGBA", canvas.size, (0, 0, 0, 0))
    shown = list(enumerate(regions[:FRAMES], 1))
    framed = {name for _, (name, _) in shown}
    for name, its_lines in lines.items():
        if name in framed:
            continue
        for line in spread(its_lines, LINES):
            _draw(over, _at(line.query, places[0]), _at(line.photo, places[1]), colour_of(name), name)
    for _, (name, region) in shown:
        if region.photo:
            start, end = _around(region.query, places[0]), _around(region.photo, places[1])
            _connect(over, (start[2], (start[1] + start[3]) / 2), (end[0], (end[1] + end[3]) / 2), colour_of(name))
    for number, (name, region) in reversed(shown):  # the most telling on top
        _frame(over, _around(region.query, places[0]), f"{number} {_legible(region.text)}", colour_of(name))
        if region.photo:
            _frame(over, _around(region.photo, places[1]), f"{number}", colour_of(name))
    drawn = Image.alpha_composite(canvas.convert("RGBA"), over).convert("RGB")
    return drawn.resize((WIDTH, height), Image.Resampling.LANCZOS)


def colour_of(evidence: str) -> Colour:
    return COLOURS.get(evidence, OTHER)


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


def _around(box: Box, place: Place) -> tuple[float, float, float, float]:
    """Left, top, right, bottom on the canvas; a little air, since letters reach their box's edge."""
    (left, top), (right, bottom) = _at((box.left, box.top), place), _at((box.right, box.bottom), place)
    return left - 3, top - 3, right + 3, bottom + 3


def _connect(over: Image.Image, start: tuple[float, float], end: tuple[float, float], colour: Colour) -> None:
    pen = ImageDraw.Draw(over)
    pen.line((start, end), fill=(0, 0, 0, 60), width=5)
    pen.line((start, end), fill=(*colour, 190), width=3)


def _frame(over: Image.Image, box: tuple[float, float, float, float], text: str, colour: Colour) -> None:
    """The text on a strip above the frame, or below it where the picture's edge is too near."""
    pen = ImageDraw.Draw(over)
    pen.rectangle((box[0] - 2, box[1] - 2, box[2] + 2, box[3] + 2), outline=(0, 0, 0, 120), width=2)
    pen.rectangle(box, outline=(*colour, 255), width=5)
    font = _font()
    width, height = font.getlength(text.strip()) + 12, LETTERS * SCALE + 8
    top = box[1] - height if box[1] > height else box[3]
    left = min(max(0.0, box[0]), over.width - width)
    pen.rectangle((left, top, left + width, top + height), fill=(*colour, 235))
    pen.text((left + 6, top + height / 2), text.strip(), fill=(20, 20, 20, 255), font=font, anchor="lm")


def _legible(text: str) -> str:
    """Cut to what a picture bears; nothing where the font lacks a letter."""
    if any(letter >= DRAWN_UP_TO for letter in text):
        return ""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


@cache
def _font() -> ImageFont.FreeTypeFont:
    import matplotlib as mpl

    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", LETTERS * SCALE)
