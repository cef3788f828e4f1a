"""Local features: the same print, or the same thing, is in both pictures, wherever and however large.

RootSIFT (Arandjelović & Zisserman, CVPR 2012, doi:10.1109/CVPR.2012.6248018) finds what agrees. Brands share artwork,
so siblings agree in many points too; what tells them apart is often the colour of the same place. Once the motion is
known, the tints of the two pictures are compared place by place.
"""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
from PIL import Image

from shelflens.errors import ModelError
from shelflens.types import Product
from shelflens.verify.agreement import Agreement, agree, alike
from shelflens.verify.base import Finding, Line
from shelflens.verify.keypoints import Floats, Keypoints
from shelflens.verify.oklab import oklab

SIDE = 320  # pixels of the short side that keypoints are looked for on
LONGEST = 4 * SIDE  # pixels of the long side; beyond, the picture is made smaller still
KEYPOINTS = 320
CONTRAST = 0.02  # SIFT's threshold; half of the usual one, so that plain packs have keypoints too
TINTS_SIDE = 32  # pixels
GRID = 16  # places a side at which tints are compared
PLACES = 20  # that both pictures must show, for their tints to mean anything
POINTS = 5  # agreeing keypoints below which a motion is an accident
TINTS_WEIGHT = 2.0  # of the tints' correlation, beside the logarithm of the points: docs/evidence-ranking.md


class LocalVerifier:
    """A Verifier. `value` is the agreeing points, counted less where the colours differ; 0, or up to 320.

    Below POINTS agreeing points it is 0: any two pictures have a few, which would outweigh a difference in similarity.
    """

    name = "local"
    version = "rootsift 1"

    def __init__(self, enlarged: float = math.inf) -> None:
        """`enlarged`: at most so many times, where a picture is small. What it does not show cannot be found; more than
        1.25 costs time and finds nothing more in parts of a video's frame (docs/watch.md)."""
        self._enlarged = enlarged

    def describe(self, picture: Image.Image) -> bytes:
        """At most 48 kB; b"" for a picture without any structure. Raises ModelError where OpenCV is missing."""
        cv2 = _opencv()
        scale = min(SIDE / min(picture.size), LONGEST / max(picture.size), self._enlarged)
        width, height = (max(1, round(side * scale)) for side in picture.size)
        grey = np.asarray(picture.convert("L").resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0))
        found, histograms = cv2.SIFT_create(nfeatures=KEYPOINTS, contrastThreshold=CONTRAST).detectAndCompute(
            grey, None
        )
        if not found:
            return b""
        places = np.array([(*point.pt, point.size, point.angle) for point in found], np.float32)
        places[:, :3] /= min(width, height)
        # The detector gives ties at the last place: more keypoints than asked for.
        order = np.argsort([-point.response for point in found], kind="stable")[:KEYPOINTS]
        return Keypoints(places[order], _rooted(histograms[order]), tints(picture), extent(picture)).pack()

    def compare(self, query: bytes, photo: bytes, _product: Product, /) -> Finding | None:
        if not query or not photo:
            return None
        here, there = Keypoints.unpack(query), Keypoints.unpack(photo)
        agreement = agree(here.places, there.places, alike(here.descriptors, there.descriptors))
        return judged(here, there, agreement)


def judged(query: Keypoints, photo: Keypoints, agreement: Agreement) -> Finding:
    """The points that agree, counted less where the colours in the same places differ."""
    points = len(agreement.pairs)
    correlation = _same_tints(query, photo, agreement) if points >= POINTS else None
    value = points * math.exp(TINTS_WEIGHT * ((correlation or 0.0) - 1)) if points >= POINTS else 0.0
    note = f"{points} of {len(query.places)} points agree"
    if correlation is not None:
        note += f", colours in the same places by {correlation:.2f}"
    return Finding(value, note, _lines(query, photo, agreement))


def _opencv() -> ModuleType:
    try:
        import cv2
    except ImportError:
        raise ModelError("local features need OpenCV: pip install 'shelflens[evidence]'") from None
    return cv2


def _rooted(histograms: Floats) -> Floats:
    """(N, 128) SIFT histograms -> their square roots as unit rows: cosine is then the Hellinger kernel."""
    shares = histograms / np.maximum(histograms.sum(axis=1, keepdims=True), 1e-6)
    rooted: Floats = np.sqrt(shares)
    return rooted


def extent(picture: Image.Image) -> tuple[float, float]:
    """Width and height in short sides."""
    short = min(picture.size)
    return picture.width / short, picture.height / short


def tints(picture: Image.Image) -> Floats:
    """(h, w, 2) OKLab a and b; the short side is TINTS_SIDE pixels, the long one at most four times that."""
    scale = TINTS_SIDE / min(picture.size)
    width, height = (min(4 * TINTS_SIDE, max(1, round(side * scale))) for side in picture.size)
    small = picture.convert("RGB").resize((width, height), Image.Resampling.BOX)
    return oklab(np.asarray(small))[..., 1:]


def _same_tints(query: Keypoints, photo: Keypoints, agreement: Agreement) -> float | None:
    """Correlation, -1..1, of the tints at the same places of the product; None where too little is in both pictures.

    Taken about the means, so that the light's colour does not matter.
    """
    if agreement.affine is None:
        return None
    steps = (np.arange(GRID) + 0.5) / GRID
    across, down = np.meshgrid(steps * photo.extent[0], steps * photo.extent[1])
    there = np.column_stack([across.ravel(), down.ravel()])
    here = (there - agreement.affine[2]) @ np.linalg.inv(agreement.affine[:2])
    visible = ((here >= 0) & (here < query.extent)).all(axis=1)
    if visible.sum() < PLACES:
        return None
    one, other = _at(query, here[visible]), _at(photo, there[visible])
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    return float((one * other).sum() / math.sqrt((one * one).sum() * (other * other).sum() + 1e-6))


def _at(picture: Keypoints, places: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Floats:
    """(P, 2): the tints at (P, 2) places in short sides, between pixel centres."""
    height, width = picture.tints.shape[:2]
    x = np.clip(places[:, 0] / picture.extent[0] * width - 0.5, 0, width - 1)
    y = np.clip(places[:, 1] / picture.extent[1] * height - 0.5, 0, height - 1)
    left, top = x.astype(np.intp), y.astype(np.intp)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    dx, dy = (x - left)[:, None].astype(np.float32), (y - top)[:, None].astype(np.float32)
    upper = picture.tints[top, left] * (1 - dx) + picture.tints[top, right] * dx
    lower = picture.tints[bottom, left] * (1 - dx) + picture.tints[bottom, right] * dx
    mixed: Floats = upper * (1 - dy) + lower * dy
    return mixed


def _lines(query: Keypoints, photo: Keypoints, agreement: Agreement) -> tuple[Line, ...]:
    here = query.places[agreement.pairs[:, 0], :2] / query.extent
    there = photo.places[agreement.pairs[:, 1], :2] / photo.extent
    return tuple(
        Line((x, y), (u, v))
        for (x, y), (u, v) in zip(np.clip(here, 0, 1).tolist(), np.clip(there, 0, 1).tolist(), strict=True)
    )
