"""A product's main colours, by the words that people use for them, without what is behind the product.

A colour weighs by its share of the product and by its chroma to the power VIVID: people call a white bag with a broad
red band red. What is before clutter is seen in that room's light, which is taken away first: the highlights of the
picture and of the product tell it (Land and McCann 1971), as far as they were right on drawn photos whose light is
known.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.attributes.names import NAMES, chinese, fits
from shelflens.attributes.outline import SIDE
from shelflens.attributes.subject import Weights, find_subject
from shelflens.errors import CatalogueError
from shelflens.verify.oklab import oklab

Levels: TypeAlias = NDArray[np.uint8]  # (H, W, 3), sRGB

VIVID: Final = 1.5
FAINT: Final = 0.02  # OKLab chroma: nothing counts as fainter, so that greys weigh something
LEAST: Final = 0.05  # of the product's weighted colours that one must have to be listed
SPOT: Final = 0.01  # of its area
MOST: Final = 5  # colours listed
HIGHLIGHT: Final = 99  # percentile of each channel
LIGHT: Final = (0.68, 0.09, -0.018)  # of the picture's highlight, of the product's, and always: tools/learn_outline.py

DIM: Final = (-0.45, 0.1)  # logarithm: darker or brighter no room is taken to be
TINGED: Final = 0.15  # logarithm: that a channel of a room's light may be off their mean


@dataclass(frozen=True, slots=True)
class Colour:
    """One of a product's main colours."""

    name: str  # in English, of names.NAMES
    share: float  # of the product's area, 0..1
    weight: float  # of its colours as people would weigh them, 0..1
    hex: str  # sRGB, "d12a33"

    @property
    def name_zh(self) -> str:
        return chinese(self.name)


Palette: TypeAlias = tuple[Colour, ...]  # by weight, the heaviest first; of a grey picture at least one


def palette(picture: Image.Image) -> Palette:
    """Of an upright sRGB picture of one product; equal pictures have equal palettes."""
    levels = looked_at(picture)
    subject = find_subject(oklab(levels))
    if not subject.plain:
        levels = in_white_light(levels, subject.weights > 0.5)
    return weigh(levels, subject.weights)


def looked_at(picture: Image.Image) -> Levels:
    """The small picture that is all there is to see."""
    scale = min(1.0, SIDE / max(picture.size))
    size = (max(8, round(picture.width * scale)), max(8, round(picture.height * scale)))
    return np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def highlight(levels: Levels) -> NDArray[np.float64]:
    """(..., 3) -> (3,): the logarithm of each channel's highlight; 0 is white."""
    found: NDArray[np.float64] = np.log(np.maximum(np.percentile(levels.reshape(-1, 3), HIGHLIGHT, axis=0), 1) / 255)
    return found


def weigh(levels: Levels, weights: Weights) -> Palette:
    """(H, W, 3) sRGB and (H, W) how much each pixel counts, 0..1."""
    counted = weights > 0.02
    if not counted.any():
        counted, weights = np.ones_like(counted), np.ones_like(weights)
    rgb, area = levels[counted], weights[counted].astype(np.float64)
    lab = oklab(rgb)
    vivid = area * np.maximum(np.hypot(lab[:, 1], lab[:, 2]), FAINT) ** VIVID
    fit = fits(rgb)
    heavy = vivid @ fit  # a colour between two words weighs for both, so that a little light does not turn the order
    covered = np.bincount(fit.argmax(axis=1), area, len(NAMES))
    heavy, covered = heavy / heavy.sum(), covered / covered.sum()
    first, *rest = (int(place) for place in np.argsort(-heavy, kind="stable"))
    order = [first, *(place for place in rest if heavy[place] >= LEAST and covered[place] >= SPOT)][:MOST]
    return tuple(
        Colour(
            NAMES[place],
            round(float(covered[place]), 4),
            round(float(heavy[place]), 4),
            _hex(rgb, vivid * fit[:, place] ** 2),
        )
        for place in order
    )


def main_colours(seen: Palette, *, least: float = 0.2) -> tuple[str, ...]:
    """The names of the heaviest colour and of those that weigh as much as `least`."""
    return tuple(colour.name for place, colour in enumerate(seen) if place == 0 or colour.weight >= least)


def together(palettes: Sequence[Palette], shares: Sequence[float] | None = None) -> Palette:
    """Of several photos of a product: each counts alike, or by its share; these sum to 1. A colour has the hex of the
    photo where it weighs most."""
    shares = shares if shares is not None else [1 / len(palettes)] * len(palettes)
    found: list[Colour] = []
    for name in sorted({colour.name for seen in palettes for colour in seen}):
        its = [
            (part, colour)
            for part, seen in zip(shares, palettes, strict=True)
            for colour in seen
            if colour.name == name
        ]
        share = sum(part * colour.share for part, colour in its)
        weight = sum(part * colour.weight for part, colour in its)
        best = max(its, key=lambda pair: pair[0] * pair[1].weight)[1]
        found.append(Colour(name, round(share, 4), round(weight, 4), best.hex))
    found.sort(key=lambda colour: -colour.weight)
    return tuple(colour for colour in found if colour.weight >= LEAST)[:MOST] or tuple(found[:1])


class ColourDescriber:
    """Describes a photo by its palette, to be kept beside its vector (`verify.base.Describing`)."""

    name = "palette"
    version = "3"

    def describe(self, picture: Image.Image) -> bytes:
        return to_bytes(palette(picture))


def to_bytes(seen: Palette) -> bytes:
    """JSON."""
    return json.dumps([asdict(colour) for colour in seen], separators=(",", ":")).encode()


def from_bytes(data: bytes) -> Palette:
    """Raises CatalogueError for what `to_bytes` did not write."""
    try:
        return tuple(Colour(**colour) for colour in json.loads(data))
    except (ValueError, TypeError) as error:
        raise CatalogueError(f"no palette ({error}); describe the photo again") from None


def in_white_light(levels: Levels, product: NDArray[np.bool_]) -> Levels:
    picture, its, always = LIGHT
    whole = highlight(levels)
    light = picture * whole + its * (highlight(levels[product]) if product.any() else whole) + always
    mean = light.mean()
    light = np.clip(mean, *DIM) + np.clip(light - mean, -TINGED, TINGED)  # a picture of one thing has no white in it
    found: Levels = np.clip(levels * np.exp(-light), 0, 255).astype(np.uint8)
    return found


def _hex(rgb: Levels, weights: NDArray[np.float64]) -> str:
    mean = (weights[:, None] * rgb).sum(axis=0) / max(float(weights.sum()), 1e-12)
    return bytes(round(value) for value in mean).hex()
