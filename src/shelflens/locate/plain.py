"""What stands out from a plain background: for pack shots, which leave more or less room around the product.

A background is plain when nearly all of the picture's rim has one lightness and colour, but for slow changes from side
to side. Soft shadows differ from it in lightness alone, and slowly; JPEG noise stays below the threshold or in specks.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.locate.base import NOTHING, Located, Look, refuse_reference
from shelflens.locate.region import box_of, largest
from shelflens.types import Box

SIDE: Final = 160  # pixels of the long side that is looked at
RIM: Final = 0.03  # of the side, where the background is learnt
DIFFERENT: Final = 24  # of 255, the largest of the channels' differences from which a pixel is no background
SHADOW: Final = 60  # of 255, that a pixel may be darker than the background while its colour and surroundings agree
EDGE: Final = 10  # of 255 a pixel: a shadow is softer
AGREE: Final = 0.75  # of the rim that must look like background
LEAST: Final = 0.02  # of the picture that a body must fill; less is dust, or a mark in a corner
MARGIN: Final = 0.01  # of the picture, left around the body


class PlainLocator:
    """A Locator for pack shots; pictures without a plain background are whole."""

    name = "plain"
    identity = "plain 1"

    def locate(self, picture: Image.Image) -> Located:
        scale = min(1.0, SIDE / max(picture.size))
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        if min(size) < 8:
            return NOTHING
        levels = np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BOX), dtype=np.int16)
        rim = _rim(size)
        background = np.median(levels[rim], axis=0).astype(np.int16)
        differences = levels - background
        different = np.abs(differences).max(axis=2) > DIFFERENT
        plain = 1 - float(different[rim].mean())
        if plain < AGREE:
            return NOTHING
        body = different & ~_shadow(levels, differences)
        # A body is one thing or several (four tangerines): all that is no speck belongs to it.
        found = largest(body, all_above=LEAST / 4)
        if found.mean() < LEAST:
            return NOTHING
        return Located(_with_margin(box_of(found)), plain)


def from_name(reference: str, _look: Look | None) -> PlainLocator:
    refuse_reference("plain", reference)
    return PlainLocator()


def _rim(size: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W): the outermost pixels, at least one on each side."""
    thick = max(1, round(RIM * max(size)))
    rim = np.ones((size[1], size[0]), dtype=np.bool_)
    rim[thick:-thick, thick:-thick] = False
    return rim


def _shadow(levels: NDArray[np.int16], differences: NDArray[np.int16]) -> NDArray[np.bool_]:
    """(H, W): a little darker than the background, of its colour, and without an edge."""
    darker = -differences.mean(axis=2)
    tint = differences.max(axis=2) - differences.min(axis=2)
    grey = levels.mean(axis=2)
    down, across = np.gradient(grey)
    shadow: NDArray[np.bool_] = (darker > 0) & (darker < SHADOW) & (tint < DIFFERENT / 2)
    shadow &= np.hypot(down, across) < EDGE
    return shadow


def _with_margin(box: Box) -> Box:
    return Box(
        max(0.0, box.left - MARGIN),
        max(0.0, box.top - MARGIN),
        min(1.0, box.right + MARGIN),
        min(1.0, box.bottom + MARGIN),
    )
