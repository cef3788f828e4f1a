"""How accuracy falls as a catalogue grows, and how many photos a product needs."""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma

import numpy as np
from numpy.typing import NDArray

from shelflens.audit.probe import Probe
from shelflens.audit.survey import Survey
from shelflens.audit.trend import Point, fall, mean_by_product, points, rise

LARGER = (2, 5, 10)  # times the products there are, for which the curve is continued
BACK = 4  # the backtest sees sizes up to a 4th of the products
STEPS = 12  # sizes that are measured
COUNTS = (1, 2, 3, 5, 8, 13, 21, 34, 55)  # photos per product that are measured
DRAWS = 5  # random choices of these photos
TARGETS = (0.8, 0.9, 0.95, 0.99)
FARTHEST = 4  # times the most photos measured, beyond which no number is named
ENOUGH = 0.02  # of Recall@1 that the most photos measured still gain over enough
UNSEEN = 0.01  # of queries whose list may end before any photo that was kept


@dataclass(frozen=True, slots=True)
class Growth:
    """Recall@1, of photos left out or of customers' photos, by the number of products."""

    measured: tuple[Point, ...]  # ascending sizes, the last one the catalogue's
    expected: tuple[Point, ...]  # continued, ascending sizes
    backtest: float | None  # error of the same fit when the sizes up to a 4th predict the catalogue's; None: too few


@dataclass(frozen=True, slots=True)
class Need:
    """Photos that a product needs for a Recall@1."""

    target: float  # 0..1
    photos: int | None  # None: out of sight
    measured: bool  # False: the curve was continued


@dataclass(frozen=True, slots=True)
class PhotosNeeded:
    """Recall@1, of photos left out or of customers' photos, by the photos that every product has."""

    measured: tuple[Point, ...]  # ascending photos per product
    needs: tuple[Need, ...]
    enough: int  # from which more photos, up to the most measured, gain less than ENOUGH


def growth(probe: Probe, survey: Survey, *, seed: int = 0) -> Growth | None:
    """None where there is nothing to judge, or fewer than two products.

    In a random choice of m of the P products that holds the photo's own one, the photo is answered rightly if none of
    the w products that lie nearer is chosen: C(P-1-w, m-1) / C(P-1, m-1), exactly, without drawing any.
    """
    products = len(survey.product_ids)
    if not len(probe.places) or products < 2:
        return None
    sizes = np.unique(np.geomspace(2, products, STEPS).round().astype(np.int64))
    kept = _kept(probe.ahead(), sizes, products)
    means, drawn = mean_by_product(kept, probe.products, seed=seed)
    measured = points(sizes, means, drawn)
    if len(sizes) < 3:
        return Growth(measured, (), None)
    at = products * np.array(LARGER)
    (values,), several, error = fall(sizes, means[None], at), fall(sizes, drawn, at), None
    small = sizes * BACK <= products
    if small.sum() >= 3:  # the model tested on what is known: its miss, over as many times more products
        error = abs(float(fall(sizes[small], means[None, small], sizes[-1:])[0, 0] - means[-1]))
        several = np.concatenate([several - error, several + error]).clip(0, 1)
    return Growth(measured, points(at, values, several), error)


def _kept(ahead: NDArray[np.int64], sizes: NDArray[np.int64], products: int) -> NDArray[np.float64]:
    """(Q, S): the probability that none of `ahead` is among size - 1 of the products - 1 others."""
    logs = np.array([lgamma(n + 1) for n in range(products + 1)])
    others, chosen = products - 1, sizes[None, :] - 1
    left = others - ahead[:, None] - chosen  # others that neither lie nearer nor were chosen
    possible = left >= 0
    ways = logs[others - ahead[:, None]] - logs[np.maximum(left, 0)] - (logs[others] - logs[others - chosen])
    return np.where(possible, np.exp(ways), 0.0)


def photos_needed(probe: Probe, survey: Survey, *, seed: int = 0) -> PhotosNeeded | None:
    """None where no two numbers of photos can be compared.

    Every product keeps n random photos, those with fewer all of theirs; asked are photos, left out, of products
    that have more than the most measured, so that the queries are the same at every n.
    """
    several = survey.sizes[survey.sizes > 1]
    most = int(np.median(several)) - 1 if len(several) else 0
    counts = np.unique([n for n in (*COUNTS, most) if n <= most]).astype(np.int64)
    others = survey.sizes[probe.products] - (probe.places >= 0)  # without itself, where it is the catalogue's own
    asked = np.flatnonzero(others >= most)
    if len(counts) < 2 or not len(asked):
        return None
    random = np.random.default_rng(seed)
    right = np.zeros((len(asked), len(counts)))
    unseen = np.zeros(len(counts))
    for _ in range(DRAWS):
        order = _random_order(survey, random)
        for column, count in enumerate(counts.tolist()):
            first = _first_kept(probe, asked, order, count)
            right[:, column] += first == probe.products[asked]
            unseen[column] += (first < 0).mean()
    seen = unseen / DRAWS <= UNSEEN
    if seen.sum() < 2:
        return None
    counts, right = counts[seen], right[:, seen] / DRAWS
    means, drawn = mean_by_product(right, probe.products[asked], seed=seed)
    measured = points(counts, means, drawn)
    near_best = int(np.flatnonzero(means >= means[-1] - ENOUGH)[0])
    needs = tuple(_need(target, counts, means, photos=len(asked)) for target in TARGETS)
    return PhotosNeeded(measured, needs, int(counts[near_best]))


def _random_order(survey: Survey, random: np.random.Generator) -> NDArray[np.int64]:
    """(N,): each photo's position, 0 and up, in a random order of its product's photos."""
    shuffled = np.lexsort((random.random(len(survey)), survey.products))
    starts = np.cumsum(survey.sizes) - survey.sizes
    positions = np.empty(len(survey), dtype=np.int64)
    positions[shuffled] = np.arange(len(survey)) - np.repeat(starts, survey.sizes)
    return positions


def _first_kept(probe: Probe, asked: NDArray[np.int64], order: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(A,): the product of the nearest photo that was kept; -1 where the list holds none.

    The photo that asks is no answer: where it is among its product's first, the next one takes its seat.
    """
    near, products = probe.near[asked], probe.near_products[asked]
    own = products == probe.products[asked][:, None]
    places = probe.places[asked]
    seated = ((places >= 0) & (order[places] < count))[:, None]
    kept = (near >= 0) & (order[near] < count + (own & seated))
    first = kept.argmax(axis=1)
    rows = np.arange(len(asked))
    return np.where(kept[rows, first], products[rows, first], -1)


def _need(target: float, counts: NDArray[np.int64], means: NDArray[np.float64], *, photos: int) -> Need:
    reached = np.flatnonzero(means >= target)
    if len(reached):
        at = int(reached[0])
        if at == 0:
            return Need(target, int(counts[0]), True)
        share = (target - means[at - 1]) / (means[at] - means[at - 1])
        between = np.log(counts[at - 1]) + share * np.log(counts[at] / counts[at - 1])
        return Need(target, int(np.ceil(np.exp(between) - 1e-9)), True)
    more = np.arange(counts[-1] + 1, FARTHEST * counts[-1] + 1)
    expected = rise(counts, means, more, photos=photos)
    beyond = np.flatnonzero(expected >= target)
    return Need(target, int(more[beyond[0]]) if len(beyond) else None, False)
