"""The printed sides of a package: the front in the brand's style, the back and the narrow side with the barcode."""

from __future__ import annotations

import zlib

from PIL import Image

from shelflens.demo.assortment import Item
from shelflens.demo.barcode import symbol
from shelflens.demo.colour import DARK, WHITE, deep, ink_on, mix, tint
from shelflens.demo.label import Area, Label
from shelflens.demo.lettering import FACES
from shelflens.demo.styles import STYLES

_FACTS = (("Energy", "kJ"), ("Fat", "g"), ("of which saturates", "g"), ("Carbohydrate", "g"), ("of which sugars", "g"),
          ("Protein", "g"), ("Salt", "g"))  # fmt: skip


def front(item: Item, size: tuple[int, int], *, safe: float) -> Image.Image:
    """The face that sells; `safe` as in Label."""
    label = Label(item, size, safe=safe)
    STYLES[item.brand.style](label)
    return label.image


def back(item: Item, size: tuple[int, int], *, safe: float, ladder: bool = False) -> Image.Image:
    """Brand and flavour again, facts, and the barcode as large as it may be.

    `ladder` turns the bars across the height, as on cans: what bends then only shortens them.
    """
    label = _panel(item, size, safe=safe)
    area = label.safe
    if label.wide:
        _head(label, area.part(0, 0.02, 1, 0.26), low=True)
        _code(label, area.part(0.04, 0.3, 0.96, 1), ladder=ladder)
        return label.image
    _head(label, area.part(0, 0, 1, 0.17))
    if area.height > 1.25 * area.width and not ladder:
        _story(label, area.part(0, 0.19, 1, 0.33))
        _facts(label, area.part(0, 0.36, 1, 0.62))
        _code(label, area.part(0, 0.65, 1, 0.99))
    elif area.height > 0.9 * area.width:
        mark = area.part(0, 0.2, 1, 0.38)
        label.motif(item.flavour.motifs[0], *mark.centre, mark.height)
        _code(label, area.part(0, 0.41, 1, 1), ladder=ladder)
    else:
        _code(label, area.part(0, 0.21, 1, 1), ladder=ladder)
    return label.image


def side(item: Item, size: tuple[int, int], *, code: bool) -> Image.Image:
    """A narrow side, its name running upwards: over the barcode with bars like the rungs of a ladder, or the facts."""
    label = _panel(item, size, safe=0)
    width, height = size
    room = Area(0.07 * width, 0.42 * height, 0.93 * width, 0.98 * height)
    if code:
        _code(label, room, ladder=True)
    else:
        _facts(label, room.part(0.04, 0.35, 0.96, 0.95))
    upright = Label(item, (round(0.36 * height), round(0.66 * width)), safe=0)
    upright.image.paste(label.ground(label.all.part(0.3, 0.1, 0.7, 0.4)), (0, 0, upright.width, upright.height))
    upright.text(item.brand.name, upright.all.part(0.02, 0.02, 0.98, 0.56), face=upright.face)
    upright.text(item.flavour.name, upright.all.part(0.02, 0.66, 0.98, 0.97), face=upright.face)
    label.image.paste(upright.image.rotate(90, expand=True), (round(0.17 * width), round(0.03 * height)))
    return label.image


def _panel(item: Item, size: tuple[int, int], *, safe: float) -> Label:
    label = Label(item, size, safe=safe)
    tone = item.flavour.colour
    if item.brand.style == "heritage":
        label.pour((tint(item.brand.house, 0.1), deep(item.brand.house, 0.25)))
    elif item.brand.style in ("burst", "splash", "hills", "wave"):
        label.pour((tone, deep(tone, 0.1)))
    else:
        label.pour((mix(item.brand.paper, tone, 0.35), mix(item.brand.paper, tone, 0.5)))
    return label


def _head(label: Label, area: Area, *, low: bool = False) -> None:
    ink = ink_on(label.ground(area))
    if low:  # in one line, for low labels
        motif = min(area.height, 0.12 * area.width)
        label.motif(label.flavour.motifs[0], area.left + motif / 2, area.centre[1], 1.1 * motif)
        label.text(label.brand.name, area.part(0.16, 0.1, 0.52, 0.9), face=label.face, ink=ink)
        label.text(label.flavour.name, area.part(0.58, 0.16, 0.98, 0.84), face=label.face, ink=ink)
        return
    label.text(label.brand.name, area.part(0.02, 0.04, 0.98, 0.58), face=label.face, ink=ink)
    label.text(f"{label.brand.kind} {label.flavour.name}", area.part(0.04, 0.68, 0.96, 0.96), ink=ink)


def _story(label: Label, area: Area) -> None:
    motif = label.flavour.motifs[0]
    side_ = min(area.height, 0.3 * area.width)
    label.motif(motif, area.left + side_ / 2, area.centre[1], side_)
    words = [label.brand.tagline, f"{label.flavour.name} · {label.brand.size}", "keep cool and dry"]
    label.lines(words, Area(area.left + 1.15 * side_, area.top, area.right, area.bottom), face=FACES["plain"])


def _facts(label: Label, area: Area) -> None:
    """The table of the law, with invented but steady figures."""
    label.plate(area, WHITE, radius=8, edge=DARK, line=3)
    label.text("Typical values per 100 g", area.part(0.06, 0.03, 0.94, 0.12), face=FACES["bold"], ink=DARK)
    seed = zlib.crc32(label.item.product_id.encode())
    for row, (fact, unit) in enumerate(_FACTS):
        line = area.part(0.06, 0.16 + 0.118 * row, 0.94, 0.16 + 0.118 * row + 0.08)
        figure = seed >> (3 * row)
        amount = f"{150 + figure % 1900} {unit}" if unit == "kJ" else f"{figure % 40 / 4:.1f} {unit}"
        label.text(fact, line.part(0, 0, 0.66, 1), face=FACES["plain"], ink=DARK, align="left")
        label.text(amount, line.part(0.68, 0, 1, 1), face=FACES["plain"], ink=DARK, align="right")
        label.draw.line(
            (line.left, line.bottom + 0.02 * area.height, line.right, line.bottom + 0.02 * area.height),
            fill=(190, 190, 190),
            width=2,
        )


def _code(label: Label, area: Area, *, ladder: bool = False) -> None:
    """The symbol as large as the area allows, up to 6 pixels a module; narrow areas get shorter bars."""
    along, across = (area.height, area.width) if ladder else (area.width, area.height)
    bars = 58
    while bars > 22 and (bars + 12) / 113 > across / along:
        bars -= 2
    code = symbol(label.item.gtin, height=bars)
    scale = min(along / code.width, across / code.height, 1.2)
    code = code.resize((round(code.width * scale), round(code.height * scale)), Image.Resampling.BICUBIC)
    if ladder:
        code = code.transpose(Image.Transpose.ROTATE_90)
    x, y = area.centre
    label.image.paste(code, (round(x - code.width / 2), round(y - code.height / 2)))
