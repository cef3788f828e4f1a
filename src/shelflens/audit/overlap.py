"""Whether two photos are one picture: the same pixels after another encoding, size, brightness or a cut at the edges.

An embedding cannot tell: two shots of one shelf lie nearer than a picture and its half-size copy. So the pictures
themselves are laid over each other, at every scale and place that a crop may have, and correlated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 96  # pixels of the square in which a picture is kept
COARSE, FINE = 16, 32  # pixels of the squares that are correlated
SHARES = (1.0, 0.95, 0.9, 0.85, 0.8)  # of the side that a crop may keep
PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the free margin that lies left of, or above, the crop
ASPECT = 1.3  # how much the width-to-height ratio of two copies may differ
PROMISING = 0.75  # coarse correlation under which no refinement reaches what copies have
FLAT = 2.0  # grey levels, standard deviation: under it there is nothing to correlate


Rectangle = tuple[float, float, float, float]  # left, top, right, bottom in the square of SIDE


def _places() -> list[Rectangle]:
    places = [(0.0, 0.0, float(SIDE), float(SIDE))]
    for share in SHARES[1:]:
        size, free = SIDE * share, SIDE * (1 - share)
        places += [(free * x, free * y, free * x + size, free * y + size) for y in PLACES for x in PLACES]
    return places


_PLACES = _places()


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """What is kept of a picture to compare it with others; 100 kB."""

    image: Image.Image  # SIDE x SIDE, grey
    ratio: float  # width / height of the picture
    crops: NDArray[np.float32]  # (crops, COARSE * COARSE), unit rows around 0, the whole picture first


def sketch(picture: Image.Image) -> Sketch:
    small = picture.resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0).convert("L")
    crops = _unit(np.stack([_pixels(small, COARSE, place) for place in _PLACES]))
    return Sketch(small, picture.width / picture.height, crops)


def overlap(one: Sketch, other: Sketch) -> float:
    """-1..1: the correlation of the two pictures where one is laid over the best crop of the other; 1: the same.

    0 for pictures without contrast, which resemble everything, and for those of very different shape.
    """
    ratio = one.ratio / other.ratio
    if not 1 / ASPECT <= ratio <= ASPECT:
        return 0.0
    return max(_within(one, other), _within(other, one))


def _within(part: Sketch, whole: Sketch) -> float:
    """How well `part` fits the best of the crops of `whole`."""
    fits = whole.crops @ part.crops[0]
    best = int(np.argmax(fits))
    return float(fits[best]) if fits[best] < PROMISING else _refined(part.image, whole.image, _PLACES[best])


def _refined(part: Image.Image, whole: Image.Image, box: Rectangle) -> float:
    """The best fit near `box`: its edges are moved, one after another, by less and less."""
    wanted = _unit(_pixels(part, FINE)[None])[0]
    best = float(_unit(_pixels(whole, FINE, box)[None])[0] @ wanted)
    for step in (3.0, 1.5, 0.75):
        for edge in range(4):
            moved = [_moved(box, edge, by) for by in (-step, step)]
            fits = _unit(np.stack([_pixels(whole, FINE, it) for it in moved])) @ wanted
            if fits.max() > best:
                best, box = float(fits.max()), moved[int(fits.argmax())]
    return best


def _moved(box: Rectangle, edge: int, by: float) -> Rectangle:
    edges = list(box)
    edges[edge] = min(float(SIDE), max(0.0, edges[edge] + by))
    return edges[0], edges[1], edges[2], edges[3]


def _pixels(image: Image.Image, side: int, box: Rectangle | None = None) -> NDArray[np.uint8]:
    """(side * side,), grey levels."""
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR, box=box), dtype=np.uint8).ravel()


def _unit(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, D) rows less their mean, of length 1: their products are Pearson's r. Flat rows become 0."""
    centred = pixels - pixels.mean(axis=1, keepdims=True, dtype=np.float32)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    told = lengths > FLAT * np.sqrt(pixels.shape[1])
    return np.asarray(np.where(told, centred / np.maximum(lengths, 1e-9), 0.0), dtype=np.float32)
