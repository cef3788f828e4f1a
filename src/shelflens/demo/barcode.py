"""EAN-13: twelve digits to 95 modules, drawn as bars that scanners read.

The code tables are those of the GS1 General Specifications, section 5.2.
"""

from __future__ import annotations

import functools

from PIL import Image, ImageDraw

from shelflens.demo.lettering import Face, line
from shelflens.feed.gtin import check_digit

_L = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")
_R = tuple(code.translate(str.maketrans("01", "10")) for code in _L)
_G = tuple(code[::-1] for code in _R)
_PARITY = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")
_QUIET = (11, 7)  # modules of white left and right that the standard asks for
_GUARDS = frozenset((0, 2, 46, 48, 92, 94))


def modules(ean: str) -> str:
    """The 95 modules of a 13-digit EAN, "1" is a bar."""
    if len(ean) != 13 or not ean.isdecimal() or check_digit(ean[:12]) != ean[12]:
        raise ValueError(f"an EAN-13 has 13 digits, the last a valid check digit, not {ean!r}")
    left = "".join(
        (_L if parity == "L" else _G)[int(digit)] for digit, parity in zip(ean[1:7], _PARITY[int(ean[0])], strict=True)
    )
    right = "".join(_R[int(digit)] for digit in ean[7:])
    return f"101{left}01010{right}101"


@functools.lru_cache(maxsize=8)
def symbol(ean: str, *, module: int = 5, height: int = 58) -> Image.Image:
    """The printed symbol on its white ground, quiet zones and digits included; `height` in modules."""
    left, right = _QUIET
    code = modules(ean)
    image = Image.new("RGB", ((left + len(code) + right) * module, (height + 12) * module), "white")
    draw = ImageDraw.Draw(image)
    for place, bar in enumerate(code):
        if bar == "1":
            x = (left + place) * module
            foot = height + (5 if place in _GUARDS else 0)
            draw.rectangle((x, 3 * module, x + module - 1, foot * module - 1), fill="black")
    face = Face("DejaVuSansMono.ttf")
    for digit, start, width in ((ean[0], 2, 7), *_digit_slots(ean)):
        ink = line(digit, face, height=7 * module)
        x = round((start + width / 2) * module - ink.width / 2)
        image.paste((0, 0, 0), (x, (height + 2) * module), ink)
    return image


def _digit_slots(ean: str) -> tuple[tuple[str, float, float], ...]:
    """(digit, first module, width in modules) of the twelve digits under the bars."""
    left = _QUIET[0]
    first = tuple((digit, left + 3 + 7 * place, 7.0) for place, digit in enumerate(ean[1:7]))
    second = tuple((digit, left + 50 + 7 * place, 7.0) for place, digit in enumerate(ean[7:]))
    return first + second
