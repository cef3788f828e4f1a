"""How sure a mean over queries is: percentile bootstrap (Efron 1979)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

#: (R, Q), how often each query is in each of R resamples -> (R, M), the M statistics of each resample.
Statistics: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_CELLS = 4_000_000  # draws held in memory at once: 32 MB


def intervals(
    values: NDArray[np.float64], *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> NDArray[np.float64]:
    """(M, 2): low and high ends for the means of the M columns of `values`, (Q, M), one row per query.

    Whole rows are drawn, so the ends of different columns may be compared. The interval speaks of more
    queries like these, for this gallery; photos of one product resemble each other, which makes it
    a little too narrow where a product has many.
    """
    queries = len(values)
    return intervals_of(lambda times: times @ values / queries, queries, level=level, resamples=resamples, seed=seed)


def intervals_of(
    statistics: Statistics, queries: int, *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> NDArray[np.float64]:
    """(M, 2): the same for statistics that are no means, such as a macro F1. The resamples are those of `intervals`
    with the same number of queries and seed."""
    assert queries >= 1 and resamples >= 1 and 0 < level < 1, (queries, resamples, level)
    random = np.random.default_rng(seed)
    portion = max(1, _CELLS // queries)
    drawn = (min(portion, resamples - start) for start in range(0, resamples, portion))
    found = np.concatenate([statistics(_times_drawn(random, count, queries)) for count in drawn])
    tail = (1 - level) / 2
    ends: NDArray[np.float64] = np.quantile(found, [tail, 1 - tail], axis=0).T
    return ends


def _times_drawn(random: np.random.Generator, resamples: int, queries: int) -> NDArray[np.float64]:
    """(resamples, queries): how often each query is in each resample, drawn with replacement. Counting turns
    the mean of a resample into one row of a matrix product."""
    drawn = random.integers(queries, size=(resamples, queries))
    drawn += np.arange(resamples)[:, None] * queries
    counts = np.bincount(drawn.ravel(), minlength=resamples * queries)
    return counts.reshape(resamples, queries).astype(np.float64)
