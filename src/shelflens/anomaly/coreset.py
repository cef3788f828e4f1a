"""A few patches that stand for all: the greedy farthest-point choice (k-centre, Gonzalez 1985), as PatchCore."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PROJECTED = 48  # components in which distances are compared while choosing (Johnson and Lindenstrauss 1984)


def coreset(patches: NDArray[np.float32], size: int, *, seed: int = 0) -> NDArray[np.int64]:
    """Rows of `patches`, (N, dim), at most `size` of them: each the one farthest from those before it, which leaves
    none far from all. The first is the one nearest to the mean."""
    random = np.random.default_rng(seed)
    points = patches
    if patches.shape[1] > PROJECTED:
        projection = random.normal(scale=PROJECTED**-0.5, size=(patches.shape[1], PROJECTED)).astype(np.float32)
        points = patches @ projection
    squares = np.einsum("nd,nd->n", points, points)
    chosen = [int(_distances(points, squares, points.mean(axis=0)).argmin())]
    nearest = _distances(points, squares, points[chosen[0]])
    copies = 16 * np.finfo(np.float32).eps * squares.max()  # no farther apart than sums are rounded
    while len(chosen) < min(size, len(points)):
        farthest = int(nearest.argmax())
        if nearest[farthest] <= copies:
            break  # only copies are left
        chosen.append(farthest)
        np.minimum(nearest, _distances(points, squares, points[farthest]), out=nearest)
    return np.array(chosen, np.int64)


def _distances(
    points: NDArray[np.float32], squares: NDArray[np.float32], point: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(N,), squared."""
    return np.asarray(squares - 2 * (points @ point) + point @ point)
