"""Type: a face is a font file and what is done to it; a line is its ink as a mask.

Only fonts that are surely there: Pillow's own Aileron and those that matplotlib carries. Weight, width and
slant are made here, which turns few files into many brands.
"""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_TALL = 160  # pixels of the master lines, from which every size is reduced


@dataclass(frozen=True, slots=True)
class Face:
    """A font file (empty: Pillow's Aileron) with weight, width, slant and letter spacing."""

    file: str = ""
    weight: float = 0.0  # extra stroke, share of the size
    width: float = 1.0  # horizontal scale
    slant: float = 0.0  # horizontal shift per unit of height
    spacing: float = 0.0  # between letters, share of the size


FACES: dict[str, Face] = {
    "plain": Face(),
    "medium": Face(weight=0.014),
    "round": Face(weight=0.045, spacing=0.05),
    "fat": Face(weight=0.075, spacing=0.1),
    "narrow": Face("DejaVuSans-Bold.ttf", width=0.68),
    "bold": Face("DejaVuSans-Bold.ttf", width=0.9, spacing=-0.01),
    "racing": Face("DejaVuSans-Bold.ttf", width=0.82, slant=0.24, weight=0.015),
    "airy": Face(spacing=0.22),
    "typewriter": Face("DejaVuSansMono-Bold.ttf", width=0.86),
    "book": Face("STIXGeneral.ttf", weight=0.008),
    "bookbold": Face("STIXGeneralBol.ttf", spacing=0.03),
    "script": Face("STIXGeneralBolIta.ttf", slant=0.08, weight=0.008),
    "slab": Face("DejaVuSerif-Bold.ttf", width=0.84),
    "italic": Face("DejaVuSerif-Italic.ttf", width=0.9),
    "poster": Face("DejaVuSerif-Bold.ttf", width=0.62, weight=0.012),
    "didot": Face("cmr10.ttf", spacing=0.04, weight=0.012),
}


def line(text: str, face: Face, *, height: int) -> Image.Image:
    """The ink of one line as an L mask, cut to its ink; `height` is that of a capital letter."""
    master, capital = _master(text, face)
    scale = height / capital
    size = (max(1, round(master.width * scale)), max(1, round(master.height * scale)))
    return master.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def fitted(text: str, face: Face, *, width: float, height: float) -> Image.Image:
    """The largest line whose ink fits into width x height pixels."""
    master, _ = _master(text, face)
    scale = min(width / master.width, height / master.height)
    size = (max(1, round(master.width * scale)), max(1, round(master.height * scale)))
    return master.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


@functools.lru_cache(maxsize=256)
def _master(text: str, face: Face) -> tuple[Image.Image, float]:
    """Large ink of a line and the height of its capitals, pixels."""
    font = _font(face.file, _TALL)
    stroke = round(face.weight * _TALL)
    spacing = face.spacing * _TALL
    reach = font.getlength(text) + abs(spacing) * len(text)
    sheet = Image.new("L", (round(reach) + 2 * _TALL, 2 * _TALL))
    draw = ImageDraw.Draw(sheet)
    x = _TALL / 2
    if face.spacing:
        for place, letter in enumerate(text):
            draw.text((x, _TALL / 4), letter, font=font, fill=255, stroke_width=stroke)
            # The kerned advance: the pair's length less the second letter's.
            pair = text[place : place + 2]
            x += font.getlength(pair) - (font.getlength(pair[1]) if len(pair) > 1 else 0) + spacing
    else:
        draw.text((x, _TALL / 4), text, font=font, fill=255, stroke_width=stroke)
    if face.slant or face.width != 1:
        wide = round(sheet.width * face.width + abs(face.slant) * sheet.height)
        shear = (1 / face.width, face.slant / face.width, -face.slant * sheet.height / face.width, 0, 1, 0)
        sheet = sheet.transform((wide, sheet.height), Image.Transform.AFFINE, shear, Image.Resampling.BICUBIC)
    box = sheet.getbbox()
    if box is None:
        raise ValueError(f"the face {face} has no ink for {text!r}")
    top, bottom = font.getbbox("H")[1], font.getbbox("H")[3]
    return sheet.crop(box), bottom - top + 2 * stroke


@functools.lru_cache(maxsize=32)
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    # The basic layout engine: the same advances whether or not libraqm is there.
    if not file:
        font = ImageFont.load_default(size)
        assert isinstance(font, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
        return font
    return ImageFont.truetype(_fonts() / file, size, layout_engine=ImageFont.Layout.BASIC)


@functools.cache
def _fonts() -> Path:
    """Where matplotlib keeps its fonts, without importing matplotlib."""
    spec = importlib.util.find_spec("matplotlib")
    assert spec is not None and spec.origin is not None, "matplotlib is a dependency of shelflens"
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
