"""Large galleries of believable vectors, grown from the few thousand real ones that a benchmark has.

The model. A modelled photo is a real photo x moved part of the way towards one of its `NEIGHBOURS` nearest
real photos y, then shaken by isotropic noise whose length is a share of the local spread |y - x|:

    z = max(0, x + a (y - x) + b |y - x| u),   a ~ U(0, 0.5),  b = 0.5,  u uniform on the unit sphere

and scaled to unit length. Mixing keeps z on the crowded directions of the real features; the noise makes
it as hard as a new photo (it has no low-dimensional structure for an index to exploit); the clamp holds because
pooled features of a network that ends in a rectifier are never negative, which is what makes their signs
useless until they are centred. Real held-out photos stay the queries: only the gallery is modelled.

Seeded, and the same for equal arguments whatever the portions in which it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 8
NOISE = 0.5  # length of the shake, as a share of the distance to the neighbour
PORTION = 10_000  # vectors drawn at once


def neighbours(vectors: NDArray[np.float32], count: int = NEIGHBOURS) -> NDArray[np.int64]:
    """(N, count) rows of the nearest others of each unit row, best first."""
    found = np.empty((len(vectors), count), np.int64)
    for start in range(0, len(vectors), 1_000):
        cosines = vectors[start : start + 1_000] @ vectors.T
        rows = np.arange(len(cosines))
        cosines[rows, start + rows] = -np.inf
        nearest = np.argpartition(-cosines, count, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(cosines, nearest, axis=1), axis=1, kind="stable")
        found[start : start + 1_000] = np.take_along_axis(nearest, order, axis=1)
    return found


def origins(real: int, count: int, *, seed: int = 0) -> NDArray[np.int64]:
    """(count,): the row, of so many real photos, that each vector of `gallery` has grown from."""
    sizes = (min(PORTION, count - start) for start in range(0, count, PORTION))
    drawn = (np.random.default_rng([seed, at]).integers(real, size=size) for at, size in enumerate(sizes))
    return np.concatenate(list(drawn))


def gallery(real: NDArray[np.float32], count: int, *, seed: int = 0) -> Iterator[NDArray[np.float32]]:
    """`count` unit rows of the model in portions of (up to PORTION, dim).

    `real` has unit rows, at least NEIGHBOURS + 1 of them.
    """
    near = neighbours(real)
    for index, start in enumerate(range(0, count, PORTION)):
        random = np.random.default_rng([seed, index])
        size = min(PORTION, count - start)
        rows = random.integers(len(real), size=size)
        step = real[near[rows, random.integers(near.shape[1], size=size)]] - real[rows]
        share = random.uniform(0, 0.5, size=(size, 1)).astype(np.float32)
        noise = random.standard_normal((size, real.shape[1]), dtype=np.float32)
        noise *= NOISE * np.linalg.norm(step, axis=1, keepdims=True) / np.linalg.norm(noise, axis=1, keepdims=True)
        modelled = np.maximum(0, real[rows] + share * step + noise)
        yield modelled / np.linalg.norm(modelled, axis=1, keepdims=True)
