"""Nuts, beans, cups, fish and other things of the pantry for labels."""

from __future__ import annotations

import math

from shelflens.demo.colour import tint
from shelflens.demo.motifs import Stamp, around, moved, polar, rounded


def almond(s: Stamp) -> None:
    for x, y, turn in ((0.3, -0.2, 62), (-0.28, 0.16, 112)):
        kernel = moved([(-0.66, 0), (-0.3, -0.34), (0.2, -0.36), (0.66, 0), (0.2, 0.36), (-0.3, 0.34)], x, y, turn)
        s.shape(rounded(kernel), (188, 116, 66))
        for bow in (-0.2, -0.07, 0.07, 0.2):
            s.stroke(moved([(-0.44, bow * 0.7), (0, bow), (0.44, bow * 0.6)], x, y, turn), 0.018, (150, 84, 44))


def hazelnut(s: Stamp) -> None:
    s.leaf(-0.1, -0.3, 0.9, 0.52, -40, (118, 154, 76))
    s.leaf(-0.1, -0.3, 0.8, 0.46, -140, (104, 140, 66))
    for x, y in ((-0.36, 0.16), (0.38, 0.3)):
        s.shape(polar(lambda a: 0.44 + 0.05 * math.cos(a * 2 - 1.5), x=x, y=y), (172, 112, 58))
        s.shape(
            rounded(
                [(x - 0.4, y - 0.08), (x - 0.2, y - 0.42), (x + 0.2, y - 0.42), (x + 0.4, y - 0.08), (x, y - 0.16)]
            ),
            (218, 178, 122),
        )
        s.oval(x - 0.12, y + 0.1, 0.07, 0.14, (216, 164, 108), turn=20)


def peanut(s: Stamp) -> None:
    for x, y, turn in ((-0.28, -0.1, -62), (0.32, 0.14, -40)):
        s.shape(polar(lambda a: 0.42 + 0.24 * math.cos(a) ** 2, x=x, y=y, turn=turn), (222, 176, 108))
        for place in range(-3, 4):
            for side in (-0.16, 0, 0.16):
                (dot,) = moved([(place * 0.16, side)], x, y, turn)
                s.oval(*dot, 0.04, 0.022, (184, 134, 72), turn=turn)


def pistachio(s: Stamp) -> None:
    for x, y, turn in ((-0.36, -0.16, 70), (0.36, 0.0, 112), (-0.02, 0.46, 8)):
        s.oval(x, y, 0.48, 0.32, (232, 208, 166), turn=turn)
        s.shape(rounded(moved([(-0.4, -0.02), (0, -0.14), (0.4, -0.02), (0, 0.1)], x, y, turn)), (142, 172, 70))
        s.shape(rounded(moved([(-0.3, 0.0), (0, -0.07), (0.3, 0.0), (0, 0.03)], x, y, turn)), (176, 200, 104))


def beans(s: Stamp) -> None:
    for x, y, turn, tone in (
        (-0.38, -0.3, 50, (92, 56, 36)),
        (0.4, -0.2, 118, (76, 44, 28)),
        (0, 0.42, 12, (104, 64, 40)),
    ):
        s.oval(x, y, 0.5, 0.35, tone, turn=turn)
        crease = [(t, 0.09 * math.sin(t * 7)) for t in (-0.46, -0.3, -0.15, 0, 0.15, 0.3, 0.46)]
        s.stroke(moved(crease, x, y, turn), 0.045, (44, 24, 16))
        s.shape(moved([(-0.3, -0.2), (0, -0.28), (0.26, -0.22), (0, -0.2)], x, y, turn), tint(tone, 0.25))


def cup(s: Stamp) -> None:
    for x in (-0.24, 0.06):
        s.stroke([(x, -0.86), (x + 0.1, -0.7), (x - 0.06, -0.52), (x + 0.05, -0.34)], 0.05, (214, 206, 200))
    s.oval(-0.06, 0.78, 0.86, 0.14, (222, 214, 204))
    s.stroke([(0.5, 0.0), (0.82, 0.04), (0.78, 0.36), (0.44, 0.46)], 0.1, (240, 234, 226))
    s.shape(rounded([(-0.66, -0.2), (0.56, -0.2), (0.5, 0.4), (0.2, 0.74), (-0.3, 0.74), (-0.6, 0.4)]), (248, 244, 238))
    s.oval(-0.05, -0.2, 0.62, 0.17, (230, 222, 212))
    s.oval(-0.05, -0.18, 0.54, 0.13, (112, 68, 40))
    s.oval(-0.05, -0.17, 0.3, 0.06, (206, 160, 110))


def cocoa(s: Stamp) -> None:
    pod = moved([(-0.9, 0), (-0.5, -0.38), (0.1, -0.44), (0.86, 0), (0.1, 0.44), (-0.5, 0.38)], 0.05, -0.12, -32)
    s.shape(rounded(pod), (150, 82, 40))
    for bow in (-0.28, -0.1, 0.1, 0.28):
        s.stroke(moved([(-0.76, bow * 0.5), (0, bow), (0.72, bow * 0.4)], 0.05, -0.12, -32), 0.035, (112, 56, 26))
    for x, y, turn in ((-0.4, 0.62, 20), (0.14, 0.7, -14), (0.6, 0.52, 40)):
        s.oval(x, y, 0.24, 0.15, (96, 54, 32), turn=turn)


def chocolate(s: Stamp) -> None:
    for row in range(3):
        for place in range(3):
            if (row, place) == (0, 2):
                continue
            block = [(-0.25, -0.25), (0.25, -0.25), (0.25, 0.25), (-0.25, 0.25)]
            inner = [(a * 0.62, b * 0.62) for a, b in block]
            ((x, y),) = moved([((place - 1) * 0.53, (row - 1) * 0.53)], 0, 0.04, -12)
            s.shape(moved(block, x, y, -12), (98, 58, 36))
            s.shape(moved(inner, x, y, -12), (122, 76, 48))
    s.stroke(moved([(0.36, -0.6), (0.5, -0.42), (0.72, -0.34)], 0, 0, 0), 0.05, (140, 92, 60))


def honey(s: Stamp) -> None:
    for x, y in ((-0.44, 0.3), (0, 0.56), (0.44, 0.3), (-0.44, -0.22), (0.44, -0.22), (0, 0.04), (0, -0.48)):
        hexagon = [(px, py) for px, py, _ in around(6, 0.28, x=x, y=y)]
        s.shape(hexagon, (196, 124, 22))
        s.shape([(px, py) for px, py, _ in around(6, 0.22, x=x, y=y)], (246, 184, 52))
    s.stroke([(0.76, -0.92), (0.24, -0.2)], 0.08, (148, 96, 52))
    for step in range(5):
        ((x, y),) = moved([(0.0, 0.0)], 0.26 - step * 0.07, -0.22 + step * 0.1, 0)
        s.oval(x, y, 0.24 - 0.03 * abs(step - 2), 0.07, (176, 116, 62), turn=36)
    s.oval(-0.04, 0.36, 0.08, 0.14, (252, 200, 80))


def milkdrop(s: Stamp) -> None:
    s.shape(
        rounded(
            [
                (0, -0.92),
                (0.2, -0.5),
                (0.5, -0.02),
                (0.56, 0.4),
                (0.3, 0.74),
                (0, 0.82),
                (-0.3, 0.74),
                (-0.56, 0.4),
                (-0.5, -0.02),
                (-0.2, -0.5),
            ]
        ),
        (238, 246, 252),
    )
    s.oval(0.1, 0.36, 0.3, 0.32, (212, 230, 244))
    s.oval(-0.22, 0.2, 0.09, 0.24, (255, 255, 255), turn=12)


def cow(s: Stamp) -> None:
    for side in (-1, 1):
        s.oval(side * 0.62, -0.2, 0.3, 0.15, (70, 60, 58), turn=side * 18)
        s.shape(rounded([(side * 0.3, -0.56), (side * 0.44, -0.9), (side * 0.5, -0.56)]), (226, 208, 172))
    s.shape(
        rounded([(-0.44, -0.54), (0.44, -0.54), (0.48, 0.0), (0.38, 0.5), (-0.38, 0.5), (-0.48, 0.0)]), (250, 250, 248)
    )
    s.shape(rounded([(0.1, -0.56), (0.44, -0.52), (0.47, 0.06), (0.18, 0.1), (0.04, -0.3)]), (70, 60, 58))
    s.oval(0, 0.52, 0.46, 0.32, (240, 178, 172))
    for side in (-1, 1):
        s.disc(side * 0.22, -0.12, 0.08, (255, 255, 255))
        s.disc(side * 0.22, -0.11, 0.055, (30, 26, 26))
        s.oval(side * 0.17, 0.48, 0.07, 0.09, (176, 104, 104))
    s.stroke([(-0.16, 0.68), (0, 0.73), (0.16, 0.68)], 0.03, (168, 92, 94))


def feather(s: Stamp) -> None:
    s.leaf(-0.62, 0.62, 1.75, 0.62, -46, (250, 232, 238))
    for reach in (0.3, 0.45, 0.6, 0.75):
        s.stroke(moved([(reach * 1.7, 0), (reach * 1.7 + 0.14, 0.2)], -0.62, 0.62, -46), 0.016, (216, 160, 178))
        s.stroke(moved([(reach * 1.7, 0), (reach * 1.7 + 0.14, -0.2)], -0.62, 0.62, -46), 0.016, (216, 160, 178))
    s.stroke([(-0.86, 0.88), (-0.5, 0.5)], 0.035, (196, 130, 150))


def fish(s: Stamp) -> None:
    s.shape(
        rounded([(-0.92, 0.02), (-0.5, -0.28), (0.1, -0.34), (0.6, -0.04), (0.1, 0.34), (-0.5, 0.3)]), (92, 138, 172)
    )
    s.shape(rounded([(-0.9, 0.06), (-0.5, 0.12), (0.1, 0.1), (0.58, -0.02), (0.1, 0.34), (-0.5, 0.3)]), (214, 226, 232))
    s.shape(rounded([(0.5, -0.04), (0.94, -0.42), (0.82, -0.02), (0.94, 0.38)]), (70, 112, 148))
    s.shape(rounded([(-0.2, -0.3), (0.14, -0.58), (0.2, -0.3)]), (70, 112, 148))
    s.shape(rounded([(-0.1, 0.28), (0.1, 0.5), (0.16, 0.26)]), (70, 112, 148))
    s.stroke([(-0.5, -0.16), (-0.44, 0.02), (-0.5, 0.2)], 0.03, (60, 98, 130))
    s.disc(-0.68, -0.04, 0.06, (250, 250, 250))
    s.disc(-0.68, -0.04, 0.035, (24, 30, 36))


def crisp(s: Stamp) -> None:
    for x, y, turn in ((-0.3, -0.3, 20), (0.36, 0.0, -30), (-0.14, 0.42, 70)):
        s.shape(polar(lambda a: 0.5 + 0.05 * math.cos(3 * a + 0.6), x=x, y=y, turn=turn), (222, 158, 48))
        s.shape(polar(lambda a: 0.44 + 0.05 * math.cos(3 * a + 0.6), x=x, y=y, turn=turn), (248, 204, 96))
        s.stroke(moved([(-0.3, -0.1), (0, -0.2), (0.3, -0.08)], x, y, turn), 0.03, (234, 178, 66))
        s.stroke(moved([(-0.28, 0.12), (0, 0.02), (0.3, 0.12)], x, y, turn), 0.03, (234, 178, 66))
        for px, py, _ in around(5, 0.24, start=turn, x=x, y=y):
            s.disc(px, py, 0.022, (196, 126, 36))


def nacho(s: Stamp) -> None:
    for x, y, turn in ((-0.3, -0.3, -24), (0.34, -0.02, 28), (-0.16, 0.46, 84)):
        for scale, tone in ((1.0, (204, 132, 38)), (0.86, (242, 190, 82))):
            corners = [
                (0, -0.56),
                (0.05, -0.5),
                (0.5, 0.3),
                (0.46, 0.37),
                (0, 0.4),
                (-0.46, 0.37),
                (-0.5, 0.3),
                (-0.05, -0.5),
            ]
            s.shape(moved([(a * scale, b * scale) for a, b in corners], x, y, turn), tone)
        for px, py, _ in around(6, 0.2, start=turn, x=x, y=y):
            s.disc(px, py, 0.028, (206, 138, 48))


def cheese(s: Stamp) -> None:
    s.shape([(-0.9, 0.12), (0.5, -0.62), (0.88, -0.12), (0.88, 0.12)], (252, 218, 96))
    s.shape([(-0.9, 0.12), (0.88, 0.02), (0.88, 0.62), (-0.9, 0.62)], (240, 184, 50))
    for x, y, r in ((-0.5, 0.38, 0.12), (0.02, 0.3, 0.09), (0.42, 0.44, 0.14), (0.74, 0.2, 0.07), (0.3, -0.2, 0.09)):
        s.oval(x, y, r, r * 0.86, (206, 142, 26))


def salt(s: Stamp) -> None:
    for x, y, size, turn in (
        (-0.34, -0.3, 0.4, 12),
        (0.4, -0.14, 0.34, 40),
        (-0.06, 0.42, 0.42, -20),
        (0.56, 0.56, 0.2, 10),
        (-0.62, 0.36, 0.2, 30),
    ):
        square = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
        s.shape(moved([(a * size * 0.72, b * size * 0.72) for a, b in square], x, y, turn), (214, 230, 240))
        s.shape(moved([(a * size * 0.72, b * size * 0.72) for a, b in square[:3]], x, y, turn), (240, 247, 251))
        s.shape(moved([(a * size * 0.36, b * size * 0.36) for a, b in square], x, y, turn), (255, 255, 255))


def loop(s: Stamp) -> None:
    for x, y, tone in ((-0.42, -0.3, (236, 168, 70)), (0.42, -0.14, (226, 150, 54)), (-0.1, 0.44, (244, 184, 88))):
        s.disc(x, y, 0.4, tone)
        s.disc(x, y, 0.31, tint(tone, 0.2))
        s.disc(x, y, 0.15, (150, 92, 40))


def wave(s: Stamp) -> None:
    for row, tone in ((-0.4, (96, 190, 220)), (0.0, (56, 152, 200)), (0.4, (30, 112, 170))):
        top = [(x / 20, row + 0.14 * math.sin(x / 20 * 6 + row * 5)) for x in range(-17, 18)]
        s.shape([*top, *((x, y + 0.34) for x, y in reversed(top))], tone)
        s.stroke(top, 0.04, (232, 248, 252))
    s.disc(0.42, -0.74, 0.17, (252, 212, 92))


def sun(s: Stamp) -> None:
    for _, _, turn in around(16, 1):
        s.shape(moved([(0.52, -0.06), (0.9, 0), (0.52, 0.06)], 0, 0, turn), (240, 172, 60))
    s.disc(0, 0, 0.48, (250, 200, 88))
    s.disc(-0.06, -0.06, 0.34, (253, 218, 124))


def moon(s: Stamp) -> None:
    outer = [(0.7 * math.cos(a / 10), 0.7 * math.sin(a / 10)) for a in range(6, 58)]
    inner = [(0.3 + 0.58 * math.cos(a / 10), 0.58 * math.sin(a / 10)) for a in range(52, 10, -1)]
    s.shape([*outer, *inner], (246, 226, 164))
    for x, y, size in ((0.36, -0.1, 0.15), (0.62, -0.5, 0.09), (0.6, 0.34, 0.07)):
        star = [
            p
            for k, (a, b, _) in enumerate(around(8, 1))
            for p in [(x + a * size * (1 if k % 2 == 0 else 0.35), y + b * size * (1 if k % 2 == 0 else 0.35))]
        ]
        s.shape(star, (252, 240, 200))


def flame(s: Stamp) -> None:
    s.shape(
        rounded(
            [
                (0.06, -0.95),
                (0.3, -0.5),
                (0.6, -0.1),
                (0.56, 0.5),
                (0.2, 0.86),
                (-0.26, 0.84),
                (-0.58, 0.46),
                (-0.5, 0.0),
                (-0.26, -0.24),
                (-0.14, -0.6),
            ]
        ),
        (222, 74, 40),
    )
    s.shape(
        rounded([(0.04, -0.4), (0.26, 0.0), (0.36, 0.4), (0.1, 0.8), (-0.2, 0.76), (-0.36, 0.4), (-0.2, 0.1)]),
        (246, 150, 48),
    )
    s.shape(rounded([(0.0, 0.1), (0.16, 0.4), (0.02, 0.74), (-0.16, 0.5)]), (254, 222, 110))


MOTIFS = {
    f.__name__: f
    for f in (
        almond,
        hazelnut,
        peanut,
        pistachio,
        beans,
        cup,
        cocoa,
        chocolate,
        honey,
        milkdrop,
        cow,
        feather,
        fish,
        crisp,
        nacho,
        cheese,
        salt,
        loop,
        wave,
        sun,
        moon,
        flame,
    )
}  # fmt: skip
