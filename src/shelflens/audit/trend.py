"""How a measured share goes on beyond what was measured: a fall with the catalogue, a rise with the photos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 400
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Point:
    """A share at some size with its interval; the shares 0..1."""

    size: int
    value: float
    low: float
    high: float


def mean_by_product(
    values: NDArray[np.float64], products: NDArray[np.int64], *, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(S,) means over Q of (Q, S) values, and (RESAMPLES, S) means over products drawn with replacement.

    Whole products are drawn, since photos of one product stand or fall together.
    """
    _, of = np.unique(products, return_inverse=True)
    count = int(of.max()) + 1
    sums = np.stack([np.bincount(of, weights=column, minlength=count) for column in values.T], axis=1)
    photos = np.bincount(of, minlength=count)
    random = np.random.default_rng(seed)
    times = random.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    return values.mean(axis=0), (times @ sums) / (times @ photos)[:, None]


def points(sizes: NDArray[np.int64], means: NDArray[np.float64], drawn: NDArray[np.float64]) -> tuple[Point, ...]:
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return tuple(
        Point(int(size), float(mean), float(min(a, mean)), float(max(b, mean)))
        for size, mean, a, b in zip(sizes, means, low, high, strict=True)
    )


def rise(
    sizes: NDArray[np.int64], shares: NDArray[np.float64], at: NDArray[np.int64], *, photos: int
) -> NDArray[np.float64]:
    """(A,) shares at the sizes `at`, from (S,) shares at `sizes`, S >= 2, ascending.

    log(p / (1 - p)) = a + b log(size), by least squares. A share of 0 or 1 is taken as half a photo of `photos` away.
    """
    clipped = np.clip(shares, 0.5 / photos, 1 - 0.5 / photos)
    slope, start = np.polyfit(np.log(sizes), np.log(clipped / (1 - clipped)), 1)
    odds = np.exp(np.clip(start + slope * np.log(at), -50, 50))
    return np.asarray(odds / (1 + odds), dtype=np.float64)


def fall(sizes: NDArray[np.int64], shares: NDArray[np.float64], at: NDArray[np.int64]) -> NDArray[np.float64]:
    """(R, A) Recall@1 among `at` products, from (R, S) among `sizes`; every row is fitted by itself.

    Among m products a photo is answered rightly with probability exp(-f (m - 1)), where f is how likely one more
    product lies nearer. f differs from photo to photo; taken as gamma distributed with shape a and rate b, the mean
    over photos is (1 + (m - 1) / b)^-a. Both by least squares in the logarithm, b from a grid.
    """
    rates = np.geomspace(0.1, 100 * sizes[-1], 120)
    heights = -np.log(np.clip(shares, 1e-6, 1.0))  # (R, S)
    basis = np.log1p((sizes - 1) / rates[:, None])  # (B, S)
    shapes = heights @ basis.T / (basis * basis).sum(axis=1)  # (R, B)
    misses = (heights**2).sum(axis=1)[:, None] - shapes**2 * (basis * basis).sum(axis=1)
    best = misses.argmin(axis=1)
    shape = np.take_along_axis(shapes, best[:, None], axis=1)
    return np.asarray(np.exp(-shape * np.log1p((at - 1) / rates[best][:, None])), dtype=np.float64)
