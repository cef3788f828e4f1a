"""Which keypoints of two pictures agree: alike in look, and in a place that one motion of the product explains.

Every tentative match proposes a motion by itself, since SIFT knows a keypoint's scale and angle; all of them are tried
at once (fast spatial matching: Philbin et al., CVPR 2007, doi:10.1109/CVPR.2007.383172). Unlike RANSAC there is no
chance in it, and few right among many wrong matches are enough. The best motion is then refitted as an affine map
(local optimisation: Chum, Matas, Kittler 2003).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.verify.keypoints import Floats

Pairs: TypeAlias = NDArray[np.intp]  # (M, 2): index of the query's keypoint, index of the photo's

RATIO = 0.85  # nearest against second nearest distance (Lowe 2004); the geometry forgives more than the usual 0.8
TOLERANCE = 0.04  # of the short side; what a motion may miss a keypoint by
REFINED = 0.7  # of the tolerance, once the motion is an affine map
SCALE_STEP = 1.8  # a keypoint's own scale may differ from the motion's by this factor
SCALE_LIMIT = 5.0  # a product at most this many times larger or smaller
REFINEMENTS = 4
TWOS = 2_000  # motions that are tried where it takes two matches to propose one


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """The pairs that one motion explains, and the motion: photo = [x, y, 1] @ affine, in short sides."""

    pairs: Pairs
    affine: NDArray[np.float64] | None  # (3, 2); None when fewer than four pairs agree


def alike(query: Floats, photo: Floats, *, ratio: float = RATIO) -> Pairs:
    """Each query descriptor with its nearest of the photo, where that is clearly nearer than the second nearest.

    (N, D) and (M, D) unit rows. A query with the product twice may match a keypoint of the photo twice, rightly.
    """
    if len(query) == 0 or len(photo) < 2:
        return np.empty((0, 2), np.intp)
    cosines = query @ photo.T
    rows = np.arange(len(query))
    nearest = cosines.argmax(axis=1)
    first = cosines[rows, nearest]
    cosines[rows, nearest] = -1.0
    second = cosines.max(axis=1)
    clear = 1 - first < ratio**2 * (1 - second)  # squared distance of unit vectors: 2 - 2 cosine
    return np.column_stack([rows[clear], nearest[clear]])


def agree(query: Floats, photo: Floats, pairs: Pairs) -> Agreement:
    """The largest set of pairs that one motion explains; `query` and `photo` are (N, 4) places."""
    if len(pairs) < 2:
        return Agreement(pairs[:0], None)
    here, there = query[pairs[:, 0]], photo[pairs[:, 1]]
    explained = _best_single(here, there)
    explained, affine = _refined(here[:, :2], there[:, :2], explained)
    return Agreement(pairs[explained], affine)


def agree_points(query: Floats, photo: Floats, pairs: Pairs) -> Agreement:
    """`agree` for keypoints that know neither their scale nor their angle: (N, 2) places.

    Two matches propose a motion: all twos are tried, or TWOS of them, drawn always alike.
    """
    if len(pairs) < 2:
        return Agreement(pairs[:0], None)
    here, there = query[pairs[:, 0]], photo[pairs[:, 1]]
    one, other = np.triu_indices(len(pairs), 1)
    if len(one) > TWOS:
        drawn = np.random.default_rng(0).choice(len(one), TWOS, replace=False)
        one, other = one[drawn], other[drawn]
    start, end = here[:, 0] + 1j * here[:, 1], there[:, 0] + 1j * there[:, 1]
    apart = start[other] - start[one]
    possible = np.abs(apart) > TOLERANCE
    one, other, apart = one[possible], other[possible], apart[possible]
    if not len(one):
        return Agreement(pairs[:0], None)
    turn = (end[other] - end[one]) / apart  # scale and angle as one number
    scale = np.abs(turn)
    sane = (scale > 1 / SCALE_LIMIT) & (scale < SCALE_LIMIT)
    miss = np.abs(turn[:, None] * (start - start[one, None]) - (end - end[one, None]))  # (motion, match)
    explains = miss < TOLERANCE * np.sqrt(np.where(sane, scale, 0.0))[:, None]
    explained, affine = _refined(here, there, explains[explains.sum(axis=1).argmax()])
    return Agreement(pairs[explained], affine)


def _best_single(here: Floats, there: Floats) -> NDArray[np.bool_]:
    """(M,): what the best of the M motions explains that single matches propose."""
    start, end = here[:, 0] + 1j * here[:, 1], there[:, 0] + 1j * there[:, 1]
    scale = there[:, 2] / np.maximum(here[:, 2], 1e-4)
    turn = scale * np.exp(1j * np.deg2rad(there[:, 3] - here[:, 3]))  # y points down in both, so the sense is one
    miss = np.abs(turn[:, None] * (start - start[:, None]) - (end - end[:, None]))  # (motion, match)
    spread = np.abs(np.log(np.maximum(scale, 1e-6)))
    own = np.log(np.maximum(scale, 1e-6))
    # The geometric mean of the miss in the photo and the miss seen from the query: neither picture is the judge.
    explains = (miss < TOLERANCE * np.sqrt(scale)[:, None]) & (np.abs(own - own[:, None]) < np.log(SCALE_STEP))
    counts = np.where(spread < np.log(SCALE_LIMIT), explains.sum(axis=1), 0)
    best: NDArray[np.bool_] = explains[counts.argmax()]
    return best


def _refined(
    here: Floats, there: Floats, explained: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.float64] | None]:
    """An affine map fitted to what is explained, and what it explains, until both stand still."""
    points = np.column_stack([here, np.ones(len(here))]).astype(np.float64)
    affine: NDArray[np.float64] | None = None
    for _ in range(REFINEMENTS):
        if explained.sum() < 4:
            break
        solved = np.linalg.lstsq(points[explained], there[explained], rcond=None)[0]
        fitted = np.asarray(solved, np.float64)
        area = fitted[0, 0] * fitted[1, 1] - fitted[0, 1] * fitted[1, 0]
        if not SCALE_LIMIT**-2 < area < SCALE_LIMIT**2:
            break  # mirrored, or crushed to a line
        miss = np.hypot(*(points @ fitted - there).T) / area**0.25
        now = miss < REFINED * TOLERANCE
        if now.sum() < 0.6 * explained.sum():
            break
        affine = fitted
        if np.array_equal(now, explained):
            break
        explained = now
    return explained, affine
