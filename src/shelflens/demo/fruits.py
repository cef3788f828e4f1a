"""Fruit for labels."""

from __future__ import annotations

import math

from shelflens.demo.colour import Colour, deep, tint
from shelflens.demo.motifs import Stamp, around, moved, polar, rounded


def _citrus(s: Stamp, rind: Colour, flesh: Colour) -> None:
    s.disc(0, 0, 0.9, rind)
    s.disc(0, 0, 0.81, (255, 248, 226))
    for _, _, turn in around(9, 1):
        wedge = [(0.08, 0.0), (0.6, -0.215), (0.72, -0.15), (0.755, 0), (0.72, 0.15), (0.6, 0.215)]
        s.shape(moved(wedge, 0, 0, turn), flesh)
        s.shape(moved([(0.15, 0.0), (0.6, -0.16), (0.68, -0.08), (0.69, 0)], 0, 0, turn), tint(flesh, 0.25))
        for reach in (0.35, 0.5, 0.62):
            s.stroke(moved([(reach, 0.02), (reach + 0.06, 0.03)], 0, 0, turn), 0.018, tint(flesh, 0.5))


def orange(s: Stamp) -> None:
    _citrus(s, (236, 120, 16), (250, 152, 32))


def lemon(s: Stamp) -> None:
    _citrus(s, (238, 196, 20), (252, 222, 74))


def lime(s: Stamp) -> None:
    _citrus(s, (84, 150, 40), (176, 210, 84))


def apple(s: Stamp) -> None:
    s.shape(polar(lambda a: 0.72 + 0.1 * math.cos(2 * a) - 0.16 * math.exp(-((a - 4.712) ** 2) / 0.12)
                  - 0.07 * math.exp(-((a - 1.571) ** 2) / 0.08), y=0.14), (206, 52, 44))  # fmt: skip
    s.oval(-0.3, 0.05, 0.16, 0.36, (226, 96, 72), turn=18)
    s.oval(-0.36, -0.08, 0.06, 0.16, (250, 196, 176), turn=18)
    s.stroke([(0, -0.42), (0.03, -0.6), (0.12, -0.78)], 0.07, (96, 62, 36))
    s.leaf(0.08, -0.6, 0.62, 0.3, -22, (96, 164, 60))


def cherry(s: Stamp) -> None:
    s.stroke([(-0.38, 0.3), (-0.26, -0.2), (0.1, -0.78)], 0.05, (92, 124, 48))
    s.stroke([(0.42, 0.36), (0.36, -0.2), (0.1, -0.78)], 0.05, (92, 124, 48))
    s.leaf(0.08, -0.74, 0.72, 0.34, 16, (92, 158, 60))
    for x, y in ((-0.4, 0.42), (0.42, 0.5)):
        s.disc(x, y, 0.38, (176, 24, 52))
        s.oval(x - 0.1, y - 0.1, 0.2, 0.22, (206, 44, 74), turn=30)
        s.oval(x - 0.16, y - 0.16, 0.07, 0.1, (248, 190, 200), turn=30)


def strawberry(s: Stamp) -> None:
    body = [(-0.02, 0.92), (-0.36, 0.62), (-0.62, 0.16), (-0.66, -0.18), (-0.46, -0.42), (0, -0.46),
            (0.46, -0.42), (0.66, -0.18), (0.62, 0.16), (0.36, 0.62)]  # fmt: skip
    s.shape(rounded(body), (216, 40, 56))
    for row in range(5):
        y = -0.24 + row * 0.21
        for place in range(5 - row):
            x = (place - (4 - row) / 2) * 0.25
            s.oval(x, y, 0.03, 0.048, (252, 214, 112))
    for _, _, turn in around(7, 1, start=0):
        s.leaf(0, -0.46, 0.46, 0.2, turn * 0.56 - 10, (84, 152, 56))
        s.leaf(0, -0.46, 0.4, 0.18, 180 - turn * 0.5 + 10, (96, 166, 62))
    s.stroke([(0, -0.48), (0.06, -0.82)], 0.06, (92, 142, 56))


def raspberry(s: Stamp) -> None:
    for row, count in enumerate((5, 5, 4, 3, 2)):
        for place in range(count):
            x = (place - (count - 1) / 2) * 0.27
            y = -0.3 + row * 0.24
            s.disc(x, y, 0.165, (196, 30, 78))
            s.disc(x - 0.03, y - 0.03, 0.11, (218, 62, 104))
            s.disc(x - 0.05, y - 0.06, 0.035, (250, 190, 206))
    for _, _, turn in around(6, 1):
        s.leaf(0, -0.5, 0.4, 0.17, -170 + turn * 0.53, (96, 160, 66))


def blueberry(s: Stamp) -> None:
    s.leaf(-0.1, -0.1, 0.95, 0.42, -60, (96, 152, 78))
    s.leaf(-0.1, -0.1, 0.85, 0.38, -120, (112, 168, 84))
    for x, y, r in ((-0.4, 0.1, 0.4), (0.42, 0.06, 0.38), (0.02, 0.5, 0.42)):
        s.disc(x, y, r, (62, 78, 150))
        s.oval(x - 0.08, y - 0.1, r * 0.66, r * 0.6, (92, 110, 180))
        for cx, cy, turn in around(5, r * 0.22, start=20, x=x, y=y - 0.06):
            s.leaf(cx, cy, 0.11, 0.09, turn, (36, 44, 92))
        s.disc(x, y - 0.06, r * 0.2, (44, 52, 104))


def grape(s: Stamp) -> None:
    s.stroke([(0, -0.5), (0.04, -0.9)], 0.06, (112, 92, 52))
    s.leaf(0.02, -0.66, 0.8, 0.5, -8, (112, 168, 68))
    for row, count in enumerate((4, 5, 4, 3, 2, 1)):
        for place in range(count):
            x, y = (place - (count - 1) / 2) * 0.3, -0.42 + row * 0.25
            s.disc(x, y, 0.18, (104, 54, 130))
            s.disc(x - 0.03, y - 0.03, 0.12, (134, 84, 160))
            s.disc(x - 0.06, y - 0.07, 0.04, (222, 196, 234))


def peach(s: Stamp) -> None:
    s.disc(0.02, 0.14, 0.74, (244, 150, 88))
    s.shape(rounded([(0, -0.58), (0.36, -0.5), (0.68, -0.1), (0.74, 0.3), (0.5, 0.7), (0.16, 0.84), (0.3, 0.4),
                     (0.24, -0.1)]), (232, 108, 82))  # fmt: skip
    s.oval(-0.34, -0.06, 0.16, 0.3, (252, 196, 136), turn=25)
    s.stroke([(0.02, -0.54), (0.22, -0.1), (0.26, 0.3), (0.16, 0.74)], 0.03, (206, 92, 62))
    s.leaf(0.02, -0.56, 0.76, 0.34, -28, (104, 164, 70))
    s.leaf(0.02, -0.56, 0.62, 0.28, 196, (118, 178, 78))


def mango(s: Stamp) -> None:
    s.shape(polar(lambda a: 0.66 + 0.16 * math.cos(a - 0.5) + 0.06 * math.cos(3 * a), x=-0.06, y=0.12, turn=20),
            (246, 178, 40))  # fmt: skip
    s.shape(rounded([(0.1, -0.46), (0.52, -0.3), (0.78, 0.2), (0.6, 0.56), (0.42, 0.2), (0.2, -0.1)]), (232, 112, 54))
    s.oval(-0.34, 0.0, 0.12, 0.3, (253, 220, 122), turn=30)
    s.stroke([(-0.1, -0.52), (-0.12, -0.7)], 0.07, (104, 74, 42))
    s.leaf(-0.1, -0.62, 0.84, 0.3, -14, (90, 152, 66))


def pineapple(s: Stamp) -> None:
    for length, turn in ((0.62, -150), (0.62, -30), (0.72, -122), (0.72, -58), (0.8, -90)):
        s.leaf(0, -0.22, length, 0.2, turn, (84, 148, 74))
    s.oval(0, 0.34, 0.48, 0.6, (226, 160, 36))
    for k in range(-5, 6):
        for lean in (1, -1):
            line = [(k * 0.17 + lean * t * 0.55, 0.34 + t) for t in (-0.62, 0.62)]
            inside = [p for p in _along(line, 24) if (p[0] / 0.46) ** 2 + ((p[1] - 0.34) / 0.58) ** 2 < 1]
            if len(inside) > 1:
                s.stroke(inside, 0.022, (188, 116, 24))
    for row in range(-3, 4):
        for place in range(-3, 4):
            x, y = place * 0.155 + (row % 2) * 0.0775, 0.34 + row * 0.165
            if (x / 0.42) ** 2 + ((y - 0.34) / 0.54) ** 2 < 1:
                s.disc(x, y, 0.032, (250, 206, 92))


def banana(s: Stamp) -> None:
    outer = [(-0.82, -0.1), (-0.7, 0.3), (-0.3, 0.62), (0.2, 0.6), (0.66, 0.22), (0.84, -0.36)]
    inner = [(0.72, -0.4), (0.46, -0.02), (0.1, 0.2), (-0.26, 0.2), (-0.58, 0.0), (-0.72, -0.2)]
    s.shape(rounded([*outer, *inner]), (248, 208, 58))
    s.stroke([(-0.7, 0.02), (-0.4, 0.36), (0.1, 0.4), (0.52, 0.1), (0.74, -0.3)], 0.03, (222, 172, 36))
    s.stroke([(0.78, -0.38), (0.84, -0.6)], 0.11, (122, 92, 44))
    s.disc(-0.78, -0.14, 0.07, (112, 84, 44))


def coconut(s: Stamp) -> None:
    s.leaf(0.3, -0.3, 0.8, 0.34, -50, (96, 160, 80))
    s.disc(0, 0.06, 0.8, (112, 74, 48))
    for _, _, turn in around(36, 1):
        s.stroke(moved([(0.7, 0), (0.82, 0.03)], 0, 0.06, turn), 0.03, (146, 104, 70))
    s.oval(0, 0.06, 0.66, 0.64, (252, 250, 244))
    s.oval(0.04, 0.12, 0.5, 0.46, (226, 230, 230))
    s.oval(0.0, 0.18, 0.42, 0.34, (240, 244, 244))


def fig(s: Stamp) -> None:
    s.shape(rounded([(0, -0.9), (0.12, -0.6), (0.42, -0.2), (0.66, 0.3), (0.42, 0.74), (0, 0.86), (-0.42, 0.74),
                     (-0.66, 0.3), (-0.42, -0.2), (-0.12, -0.6)]), (102, 62, 104))  # fmt: skip
    s.oval(0, 0.24, 0.46, 0.5, (248, 222, 196))
    s.oval(0, 0.26, 0.38, 0.42, (196, 62, 82))
    for radius, count in ((0.3, 14), (0.2, 9), (0.1, 5)):
        for x, y, turn in around(count, radius, y=0.26):
            s.oval(x, y * 1.05, 0.035, 0.02, (250, 206, 160), turn=turn)


def _along(line: list[tuple[float, float]], steps: int) -> list[tuple[float, float]]:
    (x0, y0), (x1, y1) = line
    return [(x0 + (x1 - x0) * t / steps, y0 + (y1 - y0) * t / steps) for t in range(steps + 1)]


def tomato(s: Stamp) -> None:
    s.shape(polar(lambda a: 0.76 + 0.05 * math.cos(2 * a) + 0.025 * math.cos(5 * a), y=0.14), (214, 48, 36))
    s.oval(-0.32, -0.02, 0.16, 0.26, (236, 104, 82), turn=35)
    s.oval(-0.4, -0.1, 0.05, 0.1, (252, 206, 190), turn=35)
    for _, _, turn in around(5, 1, start=-90):
        s.leaf(0, -0.44, 0.42, 0.17, turn * 0.9 + 10, (82, 146, 58))
    s.stroke([(0, -0.46), (0.06, -0.76)], 0.07, (82, 132, 54))


def olive(s: Stamp) -> None:
    s.stroke([(-0.8, -0.7), (-0.2, -0.4), (0.6, -0.5)], 0.04, (118, 104, 62))
    for x, y, turn in ((-0.4, -0.5, 110), (-0.1, -0.42, -60), (0.4, -0.48, -30), (0.5, -0.48, 40), (-0.7, -0.64, -50)):
        s.leaf(x, y, 0.62, 0.18, turn, (122, 146, 84))
    for x, y, green in ((-0.22, 0.24, (128, 142, 50)), (0.32, 0.36, (86, 98, 40))):
        s.oval(x, y, 0.3, 0.4, green, turn=14)
        s.oval(x - 0.08, y - 0.1, 0.13, 0.2, tint(green, 0.3), turn=20)
        s.oval(x - 0.02, y + 0.3, 0.06, 0.04, deep(green, 0.4))


MOTIFS = {
    f.__name__: f
    for f in (
        orange,
        lemon,
        lime,
        apple,
        cherry,
        strawberry,
        raspberry,
        blueberry,
        grape,
        peach,
        mango,
        pineapple,
        banana,
        coconut,
        fig,
        tomato,
        olive,
    )
}  # fmt: skip
