"""The designers of the demo shop: each style is one hand, which a brand keeps over all its flavours."""

from __future__ import annotations

import math
from collections.abc import Callable

from shelflens.demo.colour import WHITE, Colour, deep, ink_on, luminance, mix, tint
from shelflens.demo.label import Area, Label
from shelflens.demo.motifs import around


def _foot(label: Label, area: Area, *, ink: Colour | None = None) -> None:
    label.text(f"{label.brand.tagline}  ·  {label.brand.size}", area, ink=ink)


def splash(label: Label) -> None:
    """Fruit bursting from the flavour's colour, the brand on a leaf-green arch."""
    lay, tone = label.layout(), label.flavour.colour
    label.pour((tint(tone, 0.72), tone))
    x, y = lay.hero.centre
    label.glow(x, y, 0.62 * lay.hero.width, WHITE, strength=0.85)
    for place in range(26):
        turn = place * 137.5
        reach = label.width * (0.3 + 0.13 * (place % 4))
        size = label.width * (0.012 + 0.012 * (place % 3))
        px, py = x + reach * math.cos(math.radians(turn)), y + 0.9 * reach * math.sin(math.radians(turn))
        label.draw.ellipse((px - size, py - size, px + size, py + size), fill=tint(tone, 0.25 + 0.2 * (place % 2)))
    arch = lay.kind.bottom + 0.04 * label.height
    label.draw.ellipse((-0.35 * label.width, -arch, 1.35 * label.width, arch), fill=label.brand.house)
    label.heap(lay.hero)
    label.text(label.brand.name, lay.brand, face=label.face, ink=WHITE, shadow=deep(label.brand.house, 0.4))
    label.text(label.brand.kind.upper(), lay.kind, ink=tint(tone, 0.45))
    label.plate(lay.flavour, WHITE, radius=lay.flavour.height / 2)
    label.text(label.flavour.name, lay.flavour.part(0.08, 0.2, 0.92, 0.8), face=label.face, ink=deep(tone, 0.38))
    _foot(label, lay.foot)


def burst(label: Label) -> None:
    """Rays, a slanted name, a heap in the middle: loud, for shelves at child height."""
    lay, tone = label.layout(), label.flavour.colour
    label.pour((tint(tone, 0.18), deep(tone, 0.12)))
    x, y = lay.hero.centre
    far = 1.6 * max(label.width, label.height)
    for place in range(18):
        a, b = (math.radians(20 * place + half) for half in (-4.6, 4.6))
        ray = [(x, y), (x + far * math.cos(a), y + far * math.sin(a)), (x + far * math.cos(b), y + far * math.sin(b))]
        label.draw.polygon(ray, fill=mix(tone, label.brand.paper, 0.34))
    label.glow(x, y, 0.58 * min(lay.hero.width, lay.hero.height) * 1.25, label.brand.paper, strength=0.95)
    band = Area(0, lay.brand.top - 0.02 * label.height, label.width, lay.brand.bottom + 0.01 * label.height)
    if label.wide:
        label.plate(lay.brand, label.brand.house, radius=0.12 * lay.brand.height)
    else:
        tilt = 0.02 * label.height
        label.draw.polygon(
            [
                (0, band.top + tilt),
                (label.width, band.top - tilt),
                (label.width, band.bottom - tilt),
                (0, band.bottom + tilt),
            ],
            fill=label.brand.house,
        )
    label.heap(lay.hero, crowd=True)
    label.text(label.brand.name, lay.brand.part(0.04, 0.14, 0.96, 0.86), face=label.face, ink=label.brand.paper)
    kind_ground = lay.kind if label.wide else lay.kind.part(0.05, 0.36, 0.95, 1.3)
    label.text(label.brand.kind.upper(), kind_ground, ink=ink_on(tone, dark=deep(label.brand.house, 0.2)))
    label.plate(lay.flavour, label.brand.paper, radius=0.18 * lay.flavour.height, edge=label.brand.house, line=7)
    label.text(label.flavour.name, lay.flavour.part(0.06, 0.2, 0.94, 0.8), face=label.face, ink=deep(tone, 0.36))
    _foot(label, lay.foot, ink=ink_on(tone, dark=deep(label.brand.house, 0.2)))


def hills(label: Label) -> None:
    """Layered hills under a morning sky."""
    lay, tone, width, height = label.layout(), label.flavour.colour, label.width, label.height
    label.pour((tint(tone, 0.62), label.brand.paper))
    x, y = lay.hero.centre
    label.glow(x, y, 0.8 * lay.hero.width, WHITE, strength=0.95)
    for layer, share in enumerate((0.55, 0.3, 0.0)):
        start = (0.56 + 0.09 * layer) * height if not label.wide else (0.5 + 0.17 * layer) * height
        swell = 0.035 * height
        crest = [
            (
                px,
                start
                + swell * math.sin(px / width * (5 + layer) + layer * 2.1)
                + 0.4 * swell * math.sin(px / width * 13),
            )
            for px in range(0, width + 12, 12)
        ]
        label.draw.polygon([*crest, (width, height), (0, height)], fill=tint(tone, share))
    for place in range(22):
        px, py = width * ((place * 0.618) % 1), height * (0.79 + 0.16 * ((place * 0.377) % 1))
        if not lay.flavour.top - 24 < py < lay.foot.bottom + 16:
            label.motif("daisy" if place % 3 else "leaf", px, py, 0.05 * height, turn=place * 40, shadow=0)
    label.heap(lay.hero)
    label.text(label.brand.name, lay.brand, face=label.face, ink=label.brand.house, shadow=tint(tone, 0.8))
    label.text(label.brand.kind, lay.kind, ink=deep(label.brand.house, 0.1))
    label.text(label.flavour.name, lay.flavour.part(0, 0.1, 1, 0.95), face=label.face, ink=ink_on(tone))
    _foot(label, lay.foot, ink=ink_on(tone))


def heritage(label: Label) -> None:
    """Dark ground, gold rules, a lozenge in the flavour's colour."""
    lay, tone, house = label.layout(), label.flavour.colour, label.brand.house
    gold = (206, 170, 104)
    label.pour((tint(house, 0.1), deep(house, 0.25)))
    for inset, line in ((0.35, 5), (0.75, 2)):
        gap = inset * 0.06 * min(label.width, label.height)
        frame = Area(label.safe.left - gap / 2, gap + 4, label.safe.right + gap / 2, label.height - gap - 4)
        label.plate(frame, label.ground(frame.part(0.01, 0.01, 0.02, 0.02)), radius=gap, edge=gold, line=line)
    label.pour((tint(house, 0.1), deep(house, 0.25)), label.safe.part(0.015, 0.015, 0.985, 0.985))
    x, y = lay.hero.centre
    side = min(lay.hero.width, lay.hero.height)
    for radius, fill in ((0.5, gold), (0.487, house), (0.465, gold), (0.458, tone)):
        reach = radius * side
        label.draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=fill)
    label.glow(x, y - 0.1 * side, 0.3 * side, tint(tone, 0.8), strength=0.55)
    label.heap(Area(x - 0.34 * side, y - 0.34 * side, x + 0.34 * side, y + 0.34 * side))
    for px, py, turn in around(40, 0.476 * side, x=x, y=y):
        label.draw.ellipse((px - 2, py - 2, px + 2, py + 2), fill=gold if round(turn) % 2 else house)
    label.text(label.brand.name, lay.brand.part(0.04, 0.12, 0.96, 0.9), face=label.face, ink=gold)
    label.text(label.brand.kind.upper(), lay.kind, ink=tint(gold, 0.45))
    ribbon = lay.flavour
    notch = 0.3 * ribbon.height
    label.draw.polygon(
        [(ribbon.left, ribbon.top), (ribbon.right, ribbon.top), (ribbon.right - notch, ribbon.centre[1]),
         (ribbon.right, ribbon.bottom), (ribbon.left, ribbon.bottom), (ribbon.left + notch, ribbon.centre[1])],
        fill=tone,
    )  # fmt: skip
    label.text(label.flavour.name, ribbon.part(0.1, 0.22, 0.9, 0.78), face=label.face, ink=ink_on(tone))
    _foot(label, lay.foot, ink=tint(gold, 0.3))


def pattern(label: Label) -> None:
    """Wallpaper of the motif, a paper plate in the middle."""
    lay, tone = label.layout(), label.flavour.colour
    label.image.paste(tint(tone, 0.58), (0, 0, label.width, label.height))
    step = 0.17 * max(360, min(label.width, label.height * 1.3))
    for row in range(-1, int(label.height / step) + 2):
        for place in range(-1, int(label.width / step) + 2):
            name = label.flavour.motifs[(row + place) % len(label.flavour.motifs)]
            x = (place + 0.5 * (row % 2)) * step
            label.motif(name, x, row * step * 0.92, 0.74 * step, turn=(row * 47 + place * 31) % 60 - 30, shadow=0.12)
    plate = label.safe.part(0.02, 0.04, 0.98, 0.96)
    label.plate(plate, label.brand.paper, radius=0.09 * plate.width if not label.wide else 0.2 * plate.height)
    inner = Area(plate.left + 12, plate.top + 12, plate.right - 12, plate.bottom - 12)
    label.plate(inner, label.brand.paper, radius=0.08 * plate.width, edge=deep(tone, 0.1), line=4)
    x, y = lay.hero.centre
    side = min(lay.hero.width, lay.hero.height)
    reach = 0.44 * side
    label.draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=tint(tone, 0.66))
    label.heap(Area(x - 0.42 * side, y - 0.42 * side, x + 0.42 * side, y + 0.42 * side))
    shrink = (0.13, 0.22, 0.97, 0.98) if label.wide else (0.08, 0.2, 0.92, 0.98)
    label.text(label.brand.name, lay.brand.part(*shrink), face=label.face, ink=label.brand.house)
    label.text(label.brand.kind, lay.kind.part(0.13, 0, 0.97, 1), ink=deep(tone, 0.3))
    band = (
        Area(plate.left, lay.flavour.top, plate.right, lay.flavour.bottom)
        if not label.wide
        else lay.flavour.part(0.13, 0, 0.97, 0.92)
    )
    label.plate(band, tone, radius=0 if not label.wide else 0.2 * band.height)
    label.text(label.flavour.name, band.part(0.1, 0.2, 0.9, 0.82), face=label.face, ink=ink_on(tone))
    _foot(label, lay.foot.part(0.14, -0.62, 0.94, 0.12), ink=label.brand.house)


def craft(label: Label) -> None:
    """Cream paper, thin double frame, a round medallion, a printed band."""
    lay, tone, house = label.layout(), label.flavour.colour, label.brand.house
    label.image.paste(label.brand.paper, (0, 0, label.width, label.height))
    edge = 0.07 * label.height
    for top in (0.0, label.height - edge):
        label.draw.rectangle((0, top, label.width, top + edge), fill=tone)
        for place in range(0, label.width, 36):
            label.draw.ellipse((place, top + edge / 2 - 6, place + 12, top + edge / 2 + 6), fill=tint(tone, 0.6))
    for top in (edge + 10, label.height - edge - 14):
        label.draw.rectangle((0, top, label.width, top + 4), fill=house)
    x, y = lay.hero.centre
    side = min(lay.hero.width, lay.hero.height) * (0.9 if label.wide else 1.0)
    for _, _, turn in around(28, 1):
        a = math.radians(turn)
        px, py = x + 0.455 * side * math.cos(a), y + 0.455 * side * math.sin(a)
        reach = 0.055 * side
        label.draw.ellipse((px - reach, py - reach, px + reach, py + reach), fill=house)
    for radius, fill in ((0.455, house), (0.435, label.brand.paper), (0.42, tint(tone, 0.5))):
        reach = radius * side
        label.draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=fill)
    label.heap(
        Area(x - 0.36 * side, y - 0.36 * side, x + 0.36 * side, y + 0.36 * side), crowd=len(label.flavour.motifs) > 1
    )
    shift = (0.02, 0.34, 0.98, 1.08) if not label.wide else (0, 0.16, 1, 1)
    label.text(label.brand.name, lay.brand.part(*shift), face=label.face, ink=house)
    label.text(label.brand.kind.upper(), lay.kind.part(0, 0.2, 1, 1.1), ink=deep(tone, 0.3))
    band = lay.flavour if label.wide else Area(0, lay.flavour.top - 4, label.width, lay.flavour.bottom - 8)
    label.draw.rectangle(band.bounds, fill=house)
    inside = lay.flavour.part(0.04, 0.2, 0.96, 0.74) if not label.wide else band.part(0.05, 0.18, 0.95, 0.82)
    label.text(label.flavour.name, inside, face=label.face, ink=label.brand.paper)
    line = lay.foot.part(0, -1.15, 1, -0.15) if not label.wide else lay.foot.part(0, -0.55, 1, 0.3)
    _foot(label, line, ink=house)


def wave(label: Label) -> None:
    """White above, the flavour's colour rolling in below."""
    lay, tone, house = label.layout(), label.flavour.colour, label.brand.house
    width, height = label.width, label.height
    label.pour((WHITE, label.brand.paper))
    level = 0.6 if label.wide else 0.42
    for offset, fill, phase in ((0.0, tint(tone, 0.55), 0.0), (0.045, tint(tone, 0.25), 0.8), (0.09, tone, 1.7)):
        crest = [
            (px, height * (level + offset) + 0.055 * height * math.sin(px / width * 2 * math.pi + phase))
            for px in range(0, width + 12, 12)
        ]
        label.draw.polygon([*crest, (width, height), (0, height)], fill=fill)
    label.draw.rectangle((0, 0, width, 0.026 * height), fill=house)
    label.heap(lay.hero, crowd=not label.wide)
    label.text(label.brand.name, lay.brand.part(0, 0.05, 1, 1), face=label.face, ink=house)
    if label.wide:
        label.plate(lay.flavour, WHITE, radius=lay.flavour.height / 2)
        label.text(label.brand.kind.upper(), lay.kind.part(0, -0.3, 1, 0.75), ink=house)
        label.text(label.flavour.name, lay.flavour.part(0.08, 0.2, 0.92, 0.8), face=label.face, ink=deep(tone, 0.4))
    else:
        label.text(label.brand.kind, lay.kind, ink=mix(house, WHITE, 0.15))
        label.text(
            label.flavour.name,
            lay.flavour.part(0.02, 0.05, 0.98, 0.95),
            face=label.face,
            ink=ink_on(tone, dark=deep(house, 0.3)),
        )
    _foot(label, lay.foot, ink=ink_on(tone, dark=deep(house, 0.3)))


def stripes(label: Label) -> None:
    """Awning stripes and a badge."""
    lay, tone, house = label.layout(), label.flavour.colour, label.brand.house
    label.image.paste(label.brand.paper, (0, 0, label.width, label.height))
    pitch = label.width / 17
    for place in range(0, 17, 2):
        label.draw.rectangle(
            (place * pitch, 0, (place + 1) * pitch, label.height), fill=mix(tone, label.brand.paper, 0.12)
        )
    block = Area(0, lay.brand.top - 0.03 * label.height, label.width, lay.kind.bottom + 0.02 * label.height)
    if label.wide:
        block = Area(lay.brand.left - 16, lay.brand.top - 8, lay.brand.right + 8, lay.kind.bottom + 14)
    label.plate(block, house, radius=0 if not label.wide else 18)
    label.text(label.brand.name, lay.brand.part(0.04, 0.04, 0.96, 0.94), face=label.face, ink=label.brand.paper)
    label.text(label.brand.kind.upper(), lay.kind, ink=tint(tone, 0.5))
    x, y = lay.hero.centre
    side = min(lay.hero.width, lay.hero.height)
    for radius, fill in ((0.52, house), (0.5, label.brand.paper), (0.475, tint(tone, 0.62))):
        reach = radius * side
        label.draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=fill)
    label.heap(Area(x - 0.42 * side, y - 0.42 * side, x + 0.42 * side, y + 0.42 * side))
    strip = Area(0, lay.flavour.top, label.width, lay.flavour.bottom) if not label.wide else lay.flavour
    label.plate(strip, tone)
    label.draw.rectangle((strip.left, strip.top, strip.right, strip.top + 6), fill=house)
    label.draw.rectangle((strip.left, strip.bottom - 6, strip.right, strip.bottom), fill=house)
    label.text(label.flavour.name, lay.flavour.part(0.05, 0.22, 0.95, 0.8), face=label.face, ink=ink_on(tone))
    slip = Area(lay.foot.left - 18, lay.foot.top - 10, lay.foot.right + 18, lay.foot.bottom + 10)
    label.plate(slip, label.brand.paper, radius=slip.height / 2)
    _foot(label, lay.foot.part(0.02, 0, 0.98, 1), ink=house)


def minimal(label: Label) -> None:
    """Pale, airy, one motif, one block of colour."""
    lay, tone, house = label.layout(), label.flavour.colour, label.brand.house
    label.pour((label.brand.paper, mix(label.brand.paper, tone, 0.16)))
    x, y = lay.hero.centre
    side = min(lay.hero.width, lay.hero.height)
    if label.wide:
        label.draw.rectangle((lay.hero.left - 0.02 * label.width, 0, label.width, label.height), fill=tint(tone, 0.25))
    else:
        top = lay.hero.top + 0.45 * lay.hero.height
        label.draw.rectangle((0, top, label.width, label.height), fill=tint(tone, 0.12))
    reach = 0.47 * side
    label.draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=tint(tone, 0.74))
    label.heap(Area(x - 0.39 * side, y - 0.39 * side, x + 0.39 * side, y + 0.39 * side))
    label.text(label.brand.name, lay.brand.part(0.05, 0.16, 0.95, 0.84), face=label.face, ink=house)
    label.draw.rectangle(
        (
            lay.kind.centre[0] - 40,
            lay.kind.top - 0.14 * lay.kind.height - 3,
            lay.kind.centre[0] + 40,
            lay.kind.top - 0.14 * lay.kind.height,
        ),
        fill=tone,
    )
    label.text(label.brand.kind.lower(), lay.kind.part(0.04, 0.12, 0.96, 1.02), ink=house)
    ground = tint(tone, 0.12) if not label.wide else label.brand.paper
    label.text(
        label.flavour.name, lay.flavour.part(0.05, 0.12, 0.95, 0.86), face=label.face, ink=ink_on(ground, dark=house)
    )
    _foot(label, lay.foot, ink=ink_on(ground, dark=house))


def geometric(label: Label) -> None:
    """Quarter circles on a grid, after the poster schools of the twenties."""
    lay, tone, house = label.layout(), label.flavour.colour, label.brand.house
    tones = (tone, tint(tone, 0.45), mix(house, tone, 0.18), label.brand.paper, deep(tone, 0.2))
    columns = max(4, round(label.width / 150))
    cell = label.width / columns
    for row in range(int(label.height / cell) + 1):
        for place in range(columns):
            key = (row * 7 + place * 3 + row * place) % 20
            x, y = place * cell, row * cell
            label.draw.rectangle((x, y, x + cell, y + cell), fill=tones[key % 5])
            corner = ((x, y), (x - cell, y), (x, y - cell), (x - cell, y - cell))[key % 4]
            box = (corner[0], corner[1], corner[0] + 2 * cell, corner[1] + 2 * cell)
            start = (180, 270, 90, 0)[key % 4]
            label.draw.pieslice(box, start, start + 90, fill=tones[(key + 2 + key // 5) % 5])
    block = Area(0, 0, label.width, lay.kind.bottom + 0.02 * label.height)
    if label.wide:
        block = Area(0, 0, lay.brand.right + 0.03 * label.width, label.height)
    label.draw.rectangle(block.bounds, fill=label.brand.paper)
    x, y = lay.hero.centre
    side = min(lay.hero.width, lay.hero.height)
    reach = 0.5 * side
    label.draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=label.brand.paper)
    label.heap(Area(x - 0.43 * side, y - 0.43 * side, x + 0.43 * side, y + 0.43 * side))
    label.text(label.brand.name, lay.brand, face=label.face, ink=house)
    label.text(
        label.brand.kind.upper(),
        lay.kind.part(0, 0.05, 1, 0.95),
        ink=deep(tone, 0.3) if luminance(tone) > 0.5 else tone,
    )
    strip = Area(0, lay.flavour.top - 6, label.width, label.height) if not label.wide else lay.flavour
    label.draw.rectangle(strip.bounds, fill=house)
    label.text(label.flavour.name, lay.flavour.part(0.04, 0.18, 0.96, 0.84), face=label.face, ink=tint(tone, 0.35))
    _foot(label, lay.foot, ink=label.brand.paper if not label.wide else house)


STYLES: dict[str, Callable[[Label], None]] = {
    style.__name__: style
    for style in (splash, burst, hills, heritage, pattern, craft, wave, stripes, minimal, geometric)
}
