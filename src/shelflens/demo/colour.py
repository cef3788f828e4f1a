"""Colours as the drawing hands them round: RGB triples, 0..255."""

from __future__ import annotations

import colorsys
from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
DARK: Colour = (38, 34, 36)

_NAMES: dict[str, Colour] = {
    "red": (200, 40, 45),
    "orange": (240, 135, 35),
    "yellow": (245, 205, 60),
    "green": (75, 150, 75),
    "teal": (30, 140, 140),
    "blue": (50, 105, 185),
    "purple": (115, 75, 155),
    "pink": (235, 130, 165),
    "brown": (115, 75, 50),
    "beige": (225, 200, 165),
    "grey": (135, 140, 145),
    "black": (45, 42, 45),
    "white": (240, 240, 236),
}


def colour(text: str) -> Colour:
    """From "f08c1e"."""
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` of the second, 0..1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def tint(base: Colour, share: float) -> Colour:
    return mix(base, WHITE, share)


def deep(base: Colour, share: float) -> Colour:
    """Darker by `share`, a little more saturated, as printers shade."""
    hue, value, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in base))
    red, green, blue = colorsys.hls_to_rgb(hue, value * (1 - share), min(1.0, saturation * (1 + 0.15 * share)))
    return round(red * 255), round(green * 255), round(blue * 255)


def luminance(base: Colour) -> float:
    """0..1, as the eye weighs the channels (ITU-R BT.601)."""
    return (0.299 * base[0] + 0.587 * base[1] + 0.114 * base[2]) / 255


def ink_on(ground: Colour, *, dark: Colour = DARK, light: Colour = WHITE) -> Colour:
    """The ink that stays readable on `ground`."""
    return light if luminance(ground) < 0.62 else dark


def name_of(base: Colour) -> str:
    """The nearest word a shopper would use."""
    return min(_NAMES, key=lambda name: sum((a - b) ** 2 for a, b in zip(base, _NAMES[name], strict=True)))
