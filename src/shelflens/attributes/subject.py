"""Which pixels show the product and not what is behind it.

Where the rim shows one smooth background, the product is all that this background, followed from the rim inwards, does
not reach; so white paper on a white ground stays part of the label. Elsewhere it is what stands in the middle by
itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.attributes.outline import Lab, outline
from shelflens.locate.region import largest, regions

Weights: TypeAlias = NDArray[np.float32]  # (H, W), 0..1

SCALE: Final = np.array([0.6, 1.5, 1.5], np.float32)  # light falls off over a background; its tint does not
RIM: Final = 0.04  # of the long side
SAME: Final = 0.045  # OKLab, scaled: that far a pixel may be from the background's slope
NEAR: Final = 0.12  # from the rim's median, to be taken for background at first
AGREE: Final = 0.85  # of the rim that must look like background
SHADOW: Final = (0.22, 0.02, 0.02)  # OKLab: at most so much darker, so much off in tint, with so soft an edge
SPECK: Final = 0.005  # of the picture: a part of the product is larger
LEAST: Final = 0.02  # of the picture that a product fills
LIKELY: Final = 0.5  # before clutter, that a pixel is the product's


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    weights: Weights  # how surely each pixel shows the product
    plain: bool  # was the background plain?


def find_subject(lab: Lab) -> Subject:
    """Of a small picture, at most 96 pixels each way; equal pictures give equal weights."""
    standing = _before_plain(lab)
    if standing is not None:
        return Subject(standing, plain=True)
    return Subject(_before_clutter(lab), plain=False)


def _before_plain(lab: Lab) -> Weights | None:
    """None where the background is not plain."""
    height, width = lab.shape[:2]
    rim = _rim(height, width, max(2, round(RIM * max(height, width))))
    difference = _from_background(lab, rim)
    if difference is None:
        return None
    ground = np.abs(difference * SCALE).max(axis=2) < SAME
    down, across = np.gradient(lab[..., 0])
    darker, tint, edge = SHADOW
    shadow = (difference[..., 0] < 0) & (difference[..., 0] > -darker)
    shadow &= (np.abs(difference[..., 1:]).max(axis=2) < tint) & (np.hypot(down, across) < edge)
    parts = regions(ground | shadow)
    outside = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    product = largest(~np.isin(parts, outside[outside > 0]), all_above=SPECK)
    return product.astype(np.float32) if product.mean() > LEAST else None


def _from_background(lab: Lab, rim: NDArray[np.bool_]) -> Lab | None:
    """(H, W, 3): each pixel's difference from a background that changes evenly from side to side; None where the rim
    does not show one."""
    height, width = lab.shape[:2]
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    plane = np.stack([np.ones(height * width, np.float32), across.ravel() / width, down.ravel() / height], axis=1)
    pixels, edge = lab.reshape(-1, 3), rim.ravel()
    middle = np.median(pixels[edge], axis=0)
    ground = edge & (np.abs((pixels - middle) * SCALE).max(axis=1) < NEAR)
    difference = pixels - middle
    for _ in range(3):
        if ground.sum() < edge.sum() / 2:
            return None
        slope = np.linalg.lstsq(plane[ground], pixels[ground], rcond=None)[0]
        difference = pixels - plane @ slope
        ground = edge & (np.abs(difference * SCALE).max(axis=1) < SAME)
    if ground.sum() < AGREE * edge.sum():
        return None
    found: Lab = difference.reshape(lab.shape).astype(np.float32)
    return found


def _before_clutter(lab: Lab) -> Weights:
    chances = outline(lab)
    product: Weights = (chances > LIKELY).astype(np.float32)
    return product if product.any() else chances


def _rim(height: int, width: int, thick: int) -> NDArray[np.bool_]:
    rim = np.ones((height, width), np.bool_)
    rim[thick:-thick, thick:-thick] = False
    return rim
