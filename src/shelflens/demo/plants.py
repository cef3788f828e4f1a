"""Leaves, flowers, herbs and vegetables for labels."""

from __future__ import annotations

import math

from shelflens.demo.colour import Colour, deep, tint
from shelflens.demo.motifs import Stamp, around, moved, polar, rounded


def leaf(s: Stamp) -> None:
    s.leaf(-0.7, 0.5, 1.7, 0.8, -36, (104, 168, 68))


def tealeaf(s: Stamp) -> None:
    s.stroke([(0, 0.9), (0.02, 0.2)], 0.05, (92, 140, 66))
    s.leaf(0, 0.5, 0.95, 0.42, -30, (92, 156, 72))
    s.leaf(0, 0.5, 0.95, 0.42, -150, (78, 142, 64))
    s.leaf(0.02, 0.3, 1.2, 0.4, -88, (124, 184, 88))


def mint(s: Stamp) -> None:
    s.stroke([(0, 0.92), (0, -0.3)], 0.05, (64, 130, 90))
    for y, length in ((0.62, 0.8), (0.16, 0.72), (-0.24, 0.55)):
        for turn in (-28, -152):
            s.leaf(0, y, length, length * 0.55, turn, (72, 164, 112) if turn == -28 else (58, 146, 98))
    s.leaf(0, -0.24, 0.6, 0.34, -90, (104, 190, 138))


def basil(s: Stamp) -> None:
    s.stroke([(0, 0.9), (0, 0)], 0.05, (86, 138, 56))
    for turn, length, tone in ((-12, 0.85, (74, 140, 54)), (-168, 0.85, (66, 130, 50)), (-55, 0.9, (96, 166, 66)),
                               (-125, 0.9, (86, 154, 60)), (-90, 0.95, (112, 182, 76))):  # fmt: skip
        s.leaf(0, 0.2, length, length * 0.6, turn, tone)


def _flower(s: Stamp, petal: Colour, heart: Colour, *, petals: int, wide: float) -> None:
    for layer, shade in ((0.0, deep(petal, 0.1)), (180 / petals, petal)):
        for _, _, turn in around(petals, 1, start=layer):
            s.oval(0.5 * math.cos(math.radians(turn)), 0.5 * math.sin(math.radians(turn)), 0.4, wide, shade, turn=turn)
    s.disc(0, 0, 0.25, heart)
    for x, y, _ in around(8, 0.15):
        s.disc(x, y, 0.03, tint(heart, 0.5))


def daisy(s: Stamp) -> None:
    _flower(s, (252, 251, 244), (240, 184, 40), petals=10, wide=0.11)


def jasmine(s: Stamp) -> None:
    s.leaf(0.1, 0.2, 0.85, 0.36, 45, (92, 152, 76))
    s.leaf(-0.1, 0.2, 0.85, 0.36, 140, (84, 142, 70))
    for _, _, turn in around(5, 1, start=-90):
        s.leaf(0, 0, 0.86, 0.46, turn, (246, 243, 226))
    s.disc(0, 0, 0.14, (236, 206, 92))


def hibiscus(s: Stamp) -> None:
    for _, _, turn in around(5, 1, start=-90):
        a = math.radians(turn)
        s.oval(0.46 * math.cos(a), 0.46 * math.sin(a), 0.44, 0.34, (204, 50, 98), turn=turn)
        s.oval(0.34 * math.cos(a), 0.34 * math.sin(a), 0.26, 0.16, (164, 26, 72), turn=turn)
    s.stroke([(0, 0), (0.3, -0.34), (0.52, -0.52)], 0.07, (248, 208, 120))
    for x, y, _ in around(6, 0.1, x=0.52, y=-0.52):
        s.disc(x, y, 0.045, (248, 190, 60))


def rose(s: Stamp) -> None:
    s.leaf(0.2, 0.4, 0.78, 0.4, 40, (96, 148, 84))
    s.leaf(-0.2, 0.4, 0.78, 0.4, 140, (86, 136, 76))
    tones: tuple[Colour, ...] = ((196, 84, 112), (212, 104, 130), (224, 126, 148), (234, 150, 168), (242, 176, 188))
    for ring, tone in enumerate(tones):
        radius = 0.66 - ring * 0.13
        s.shape(polar(lambda a, r=radius, k=ring: r * (1 + 0.07 * math.cos(5 * a + k * 1.3)), y=-0.06), tone)  # type: ignore[misc]  # a lambda's defaults have no types
        arc = [
            (radius * 0.72 * math.cos(a / 10), -0.06 + radius * 0.72 * math.sin(a / 10))
            for a in range(ring * 9, ring * 9 + 32)
        ]
        s.stroke(arc, 0.03, deep(tone, 0.14))


def lavender(s: Stamp) -> None:
    for foot, lean in ((-0.1, -20), (0.1, 20), (0, 0)):
        stem = moved([(0, 0), (0, -1.5)], foot, 0.9, lean)
        s.stroke(stem, 0.035, (112, 142, 96))
        for step in range(8):
            ((x, y),) = moved([(0, -0.62 - step * 0.125)], foot, 0.9, lean)
            for side in (-1, 1):
                s.oval(
                    x + side * 0.065,
                    y,
                    0.085,
                    0.058,
                    (142, 116, 190) if side > 0 else (120, 94, 170),
                    turn=lean - side * 35,
                )


def aloe(s: Stamp) -> None:
    for turn, length, tone in ((-160, 0.9, (94, 150, 110)), (-20, 0.9, (94, 150, 110)), (-135, 1.2, (108, 168, 122)),
                               (-45, 1.2, (108, 168, 122)), (-110, 1.45, (124, 184, 136)), (-70, 1.45, (124, 184, 136)),
                               (-90, 1.55, (144, 200, 150))):  # fmt: skip
        spike = [(0, -0.13), (length * 0.5, -0.1), (length, 0), (length * 0.5, 0.1), (0, 0.13)]
        s.shape(moved(spike, 0, 0.72, turn), tone)
        for reach in (0.3, 0.45, 0.6, 0.75):
            for x, y in moved([(length * reach, 0.02)], 0, 0.72, turn):
                s.oval(x, y, 0.03, 0.012, (222, 240, 220), turn=turn)


def vanilla(s: Stamp) -> None:
    s.stroke([(-0.75, 0.85), (-0.3, 0.3), (0.5, -0.8)], 0.075, (84, 54, 34))
    s.stroke([(-0.45, 0.9), (-0.05, 0.4), (0.8, -0.6)], 0.06, (104, 70, 44))
    for _, _, turn in around(5, 1, start=-90):
        s.leaf(-0.1, 0.05, 0.72, 0.4, turn, (253, 246, 216))
    for _, _, turn in around(3, 1, start=30):
        s.leaf(-0.1, 0.05, 0.36, 0.2, turn, (246, 214, 112))
    s.disc(-0.1, 0.05, 0.1, (222, 166, 56))


def wheat(s: Stamp) -> None:
    for lean in (-24, 24, 0):
        s.stroke(moved([(0, 0), (0, -1.0)], 0, 0.92, lean), 0.035, (190, 138, 58))
        for step in range(6):
            for side in (-1, 1):
                ((x, y),) = moved([(side * 0.085, -0.72 - step * 0.17)], 0, 0.92, lean)
                s.oval(x, y, 0.062, 0.125, (228, 176, 82) if side < 0 else (208, 152, 62), turn=lean + side * 22)
                s.stroke(
                    moved([(side * 0.13, -0.8 - step * 0.17), (side * 0.22, -1.0 - step * 0.17)], 0, 0.92, lean),
                    0.012,
                    (222, 178, 96),
                )


def corn(s: Stamp) -> None:
    s.oval(0, -0.1, 0.36, 0.84, (232, 172, 34))
    for row in range(11):
        for place in range(5):
            x, y = (place - 2) * 0.14, -0.78 + row * 0.135
            if (x / 0.36) ** 2 + ((y + 0.1) / 0.82) ** 2 < 0.95:
                s.oval(x, y, 0.064, 0.062, (252, 208, 70))
                s.oval(x - 0.015, y - 0.02, 0.025, 0.022, (255, 236, 160))
    s.leaf(-0.02, 0.92, 1.35, 0.5, -118, (104, 160, 66))
    s.leaf(0.02, 0.92, 1.35, 0.5, -62, (88, 144, 58))


def peas(s: Stamp) -> None:
    pod = [(-0.92, -0.1), (-0.5, 0.34), (0, 0.46), (0.5, 0.34), (0.92, -0.14), (0.4, -0.1), (0, -0.04), (-0.4, -0.08)]
    s.shape(rounded(pod), (84, 150, 54))
    for place in range(5):
        x = (place - 2) * 0.29
        s.disc(x, 0.06 + 0.06 * (2 - abs(place - 2)), 0.18 - 0.02 * abs(place - 2), (134, 194, 74))
        s.disc(x - 0.04, 0.0 + 0.06 * (2 - abs(place - 2)), 0.05, (206, 234, 160))
    s.stroke([(0.9, -0.14), (1.0, -0.36)], 0.05, (84, 140, 54))
    s.leaf(-0.2, -0.2, 0.7, 0.36, -50, (104, 168, 66))
    s.leaf(-0.1, -0.2, 0.6, 0.32, -130, (92, 156, 60))


def bean(s: Stamp) -> None:
    for x, y, turn, tone in (
        (-0.36, -0.28, 30, (138, 38, 50)),
        (0.4, -0.16, -40, (158, 52, 62)),
        (-0.04, 0.42, 10, (122, 30, 44)),
    ):
        shape = polar(
            lambda a: 0.4 + 0.12 * math.cos(2 * a) - 0.12 * math.exp(-((a - 4.71) ** 2) / 0.2), x=x, y=y, turn=turn
        )
        s.shape(shape, tone)
        s.oval(x - 0.08, y + 0.02, 0.2, 0.09, tint(tone, 0.28), turn=turn)


def soya(s: Stamp) -> None:
    s.leaf(-0.1, -0.1, 0.9, 0.46, -60, (118, 168, 74))
    s.leaf(-0.1, -0.1, 0.8, 0.42, -130, (100, 150, 64))
    for x, y, r in ((-0.4, 0.36, 0.32), (0.34, 0.2, 0.34), (0.1, 0.64, 0.3)):
        s.oval(x, y, r, r * 0.9, (234, 208, 142))
        s.oval(x + 0.04, y - r * 0.5, 0.09, 0.035, (150, 116, 70))
        s.oval(x - 0.1, y - 0.06, 0.08, 0.12, (250, 236, 196), turn=30)


def chilli(s: Stamp) -> None:
    pod = [
        (-0.5, -0.5),
        (-0.2, -0.62),
        (0.1, -0.4),
        (0.3, 0.1),
        (0.5, 0.5),
        (0.9, 0.72),
        (0.4, 0.74),
        (0, 0.5),
        (-0.36, 0.1),
    ]
    s.shape(rounded(pod), (206, 38, 34))
    s.stroke([(-0.22, -0.36), (0, 0.1), (0.26, 0.5)], 0.05, (238, 116, 96))
    s.shape(rounded([(-0.56, -0.5), (-0.36, -0.74), (-0.1, -0.66), (-0.16, -0.5), (-0.34, -0.46)]), (86, 146, 58))
    s.stroke([(-0.34, -0.66), (-0.5, -0.92)], 0.08, (86, 136, 54))


def pepper(s: Stamp) -> None:
    body = [(-0.3, -0.5), (0.3, -0.5), (0.68, -0.3), (0.6, 0.3), (0.36, 0.82), (0.06, 0.74), (-0.2, 0.84), (-0.52, 0.5)]
    s.shape(rounded([*body, (-0.68, -0.2)]), (212, 46, 36))
    s.stroke([(-0.1, -0.4), (-0.16, 0.2), (-0.08, 0.66)], 0.03, (166, 26, 26))
    s.stroke([(0.24, -0.4), (0.3, 0.2), (0.2, 0.66)], 0.03, (166, 26, 26))
    s.oval(-0.42, -0.06, 0.09, 0.26, (244, 140, 112), turn=8)
    s.shape(rounded([(-0.3, -0.52), (0, -0.66), (0.3, -0.52), (0, -0.4)]), (78, 138, 54))
    s.stroke([(0, -0.56), (0.1, -0.9)], 0.1, (84, 144, 58))


def onion(s: Stamp) -> None:
    s.stroke([(0, -0.5), (-0.1, -0.92)], 0.06, (134, 168, 76))
    s.stroke([(0, -0.5), (0.08, -0.96)], 0.06, (150, 184, 86))
    bulb = [
        (0, -0.6),
        (0.24, -0.36),
        (0.7, 0.0),
        (0.66, 0.46),
        (0.2, 0.74),
        (-0.2, 0.74),
        (-0.66, 0.46),
        (-0.7, 0.0),
        (-0.24, -0.36),
    ]
    s.shape(rounded(bulb), (206, 144, 70))
    for bow in (-0.5, -0.25, 0, 0.25, 0.5):
        s.stroke([(0, -0.5), (bow * 0.9, -0.1), (bow * 1.2, 0.24), (bow * 0.7, 0.64)], 0.022, (170, 104, 44))
    for x in (-0.12, 0, 0.12):
        s.stroke([(x * 0.4, 0.74), (x, 0.92)], 0.02, (150, 120, 84))


def garlic(s: Stamp) -> None:
    bulb = [
        (0, -0.85),
        (0.12, -0.5),
        (0.5, -0.16),
        (0.74, 0.3),
        (0.5, 0.7),
        (0, 0.78),
        (-0.5, 0.7),
        (-0.74, 0.3),
        (-0.5, -0.16),
        (-0.12, -0.5),
    ]
    s.shape(rounded(bulb), (240, 232, 218))
    for bow in (-0.42, 0.42):
        s.stroke([(0, -0.52), (bow * 0.8, -0.02), (bow, 0.34), (bow * 0.7, 0.7)], 0.025, (196, 170, 180))
    s.oval(0, 0.24, 0.24, 0.48, (250, 246, 238))
    s.oval(0, 0.74, 0.16, 0.06, (176, 152, 124))


def ginger(s: Stamp) -> None:
    for x, y, rx, ry, turn in (
        (-0.1, 0.2, 0.68, 0.3, -14),
        (-0.46, -0.22, 0.36, 0.2, 60),
        (0.26, -0.26, 0.42, 0.21, -68),
        (0.56, 0.2, 0.34, 0.22, 30),
    ):
        s.oval(x, y, rx, ry, (206, 156, 92), turn=turn)
    for x in (-0.5, -0.24, 0.04, 0.3):
        s.stroke([(x, 0.02), (x + 0.05, 0.22), (x + 0.02, 0.42)], 0.02, (164, 114, 60))
    s.oval(0.4, -0.6, 0.17, 0.13, (248, 220, 140))
    s.oval(0.4, -0.6, 0.1, 0.07, (240, 200, 104))


def mushroom(s: Stamp) -> None:
    s.shape(rounded([(-0.2, 0.0), (0.2, 0.0), (0.24, 0.5), (0.3, 0.82), (-0.3, 0.82), (-0.24, 0.5)]), (240, 226, 204))
    s.shape(
        rounded(
            [
                (-0.84, 0.06),
                (-0.7, -0.4),
                (-0.3, -0.72),
                (0.3, -0.72),
                (0.7, -0.4),
                (0.84, 0.06),
                (0.4, 0.16),
                (-0.4, 0.16),
            ]
        ),
        (168, 124, 84),
    )
    s.oval(0, 0.09, 0.6, 0.1, (222, 200, 168))
    for place in range(-6, 7):
        s.stroke([(place * 0.09, 0.03), (place * 0.08, 0.15)], 0.012, (170, 140, 104))
    s.oval(-0.36, -0.36, 0.2, 0.1, (206, 168, 128), turn=-35)


MOTIFS = {
    f.__name__: f
    for f in (
        leaf,
        tealeaf,
        mint,
        basil,
        daisy,
        jasmine,
        hibiscus,
        rose,
        lavender,
        aloe,
        vanilla,
        wheat,
        corn,
        peas,
        bean,
        soya,
        chilli,
        pepper,
        onion,
        garlic,
        ginger,
        mushroom,
    )
}  # fmt: skip
