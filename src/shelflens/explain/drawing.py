"""Two pictures side by side, lines between the points that agree, and frames around what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from PIL import Image, ImageDraw, ImageFont

from shelflens.picture import edges
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
BODY: Final[Colour] = (240, 228, 66)  # around what was located
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
    frames = [
        (_around(box, place), label, colour_of(name))
        for number, (name, region) in shown
        for box, place, label in (
            (region.query, places[0], f"{number} {_legible(region.text)}".strip()),
            (region.photo, places[1], f"{number}"),
        )
        if box
    ]
    for frame, _, colour in frames:
        _frame(over, frame, colour)
    taken = [frame for frame, _, _ in frames]
    for frame, label, colour in frames:
        taken.append(_label(over, frame, label, colour, taken))
    drawn = Image.alpha_composite(canvas.convert("RGBA"), over).convert("RGB")
    return drawn.resize((WIDTH, height), Image.Resampling.LANCZOS)


def outlined(picture: Image.Image, box: Box) -> Image.Image:
    """A copy with a frame around the main body."""
    drawn = picture.convert("RGB").copy()
    pen, width = ImageDraw.Draw(drawn), max(2, round(max(drawn.size) / 140))
    left, top, right, bottom = edges(box, drawn.size)
    pen.rectangle((left, top, right - 1, bottom - 1), outline=(0, 0, 0), width=width + 2)  # in sight on light pictures
    pen.rectangle((left + 1, top + 1, right - 2, bottom - 2), outline=BODY, width=width)
    return drawn


def colour_of(evidence: str) -> Colour:
    return COLOURS.get(evidence, OTHER)


def spread(lines: Sequence[Line], most: int) -> list[Line]:
    """At most so many, from everywhere in the query rather than from its busiest place."""
    if len(lines) <= most:
        return list(lines)
    in_order = sorted(lines, key=lambda line: (line.query[1], line.query[0]))
    return [in_order[index * len(in_order) // most] for index in range(most)]


Place: TypeAlias = tuple[int, int, int, int]  # left, top, width, height on the canvas
Edges: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom on the canvas


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


def _around(box: Box, place: Place) -> Edges:
    """A little air, since letters reach their box's edge."""
    (left, top), (right, bottom) = _at((box.left, box.top), place), _at((box.right, box.bottom), place)
    return left - 3, top - 3, right + 3, bottom + 3


def _connect(over: Image.Image, start: tuple[float, float], end: tuple[float, float], colour: Colour) -> None:
    pen = ImageDraw.Draw(over)
    pen.line((start, end), fill=(0, 0, 0, 60), width=5)
    pen.line((start, end), fill=(*colour, 190), width=3)


def _frame(over: Image.Image, box: Edges, colour: Colour) -> None:
    pen = ImageDraw.Draw(over)
    pen.rectangle((box[0] - 2, box[1] - 2, box[2] + 2, box[3] + 2), outline=(0, 0, 0, 120), width=2)
    pen.rectangle(box, outline=(*colour, 255), width=5)


def _label(over: Image.Image, frame: Edges, text: str, colour: Colour, taken: Sequence[Edges]) -> Edges:
    """Writes beside the frame, where no other frame or label is, if there is such a place; returns where."""
    font = _font()
    width, height = font.getlength(text) + 12, LETTERS * SCALE + 8
    left, top, right, bottom = frame
    corners = ((left, top - height), (left, bottom), (left - width, top), (right, top), (right - width, top - height))
    spots = [(x, y, x + width, y + height) for x, y in corners]
    inside = [spot for spot in spots if min(spot[:2]) >= 0 and spot[2] <= over.width and spot[3] <= over.height]
    free = [spot for spot in inside if not any(_overlap(spot, other) for other in taken)]
    spot = (free or inside or spots)[0]
    pen = ImageDraw.Draw(over)
    pen.rectangle(spot, fill=(*colour, 235))
    pen.text((spot[0] + 6, spot[1] + height / 2), text, fill=(20, 20, 20, 255), font=font, anchor="lm")
    return spot


def _overlap(one: Edges, other: Edges) -> bool:
    """By more than a touch."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > 1 and down > 1


def _legible(text: str) -> str:
    """Cut to what a picture bears; nothing where the font lacks a letter."""
    if any(letter >= DRAWN_UP_TO for letter in text):
        return ""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


@cache
def _font() -> ImageFont.FreeTypeFont:
    import matplotlib as mpl

    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", LETTERS * SCALE)
