"""Two models on the same queries: is the difference more than chance?

Occasions are drawn, not queries: ten photos of one product shot in a burst, which one model misses together, are one
piece of evidence rather than ten (cluster bootstrap: Field and Welsh, "Bootstrapping clustered data", 2007).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shelflens.metrics.bootstrap import intervals_of
from shelflens.metrics.products import recall, reciprocal_rank
from shelflens.promotion.result import METRICS, Changed, Comparison, Difference, Reply

RESAMPLES = 4000


def compare(
    old: Sequence[Reply], new: Sequence[Reply], *, occasions: Sequence[int], data: str, seed: int = 0
) -> Comparison:
    """`old` and `new` answer the same queries in the same order, at least one; `occasions` numbers those on which the
    queries' photos were shot, within each product."""
    assert old and [reply.photo for reply in old] == [reply.photo for reply in new], "not the same queries"
    before, after = _values(old), _values(new)  # (Q, metrics)
    ids = [reply.product.product_id for reply in old]
    numbers = {pair: number for number, pair in enumerate(dict.fromkeys(zip(ids, occasions, strict=True)))}
    unit = np.array([numbers[pair] for pair in zip(ids, occasions, strict=True)])
    ends = _interval(after - before, unit, units=len(numbers), seed=seed)
    means = zip(METRICS, before.mean(axis=0).tolist(), after.mean(axis=0).tolist(), ends.tolist(), strict=True)
    pairs = list(zip(old, new, strict=True))
    return Comparison(
        data=data,
        queries=len(old),
        products=len(set(ids)),
        occasions=len(numbers),
        differences=tuple(Difference(metric, was, now, low, high) for metric, was, now, (low, high) in means),
        won=tuple(Changed(was, now) for was, now in pairs if now.rank == 1 and was.rank != 1),
        lost=tuple(Changed(was, now) for was, now in pairs if was.rank == 1 and now.rank != 1),
    )


def _values(replies: Sequence[Reply]) -> NDArray[np.float64]:
    """(Q, metrics), in the order of METRICS."""
    ranks = np.array([reply.rank or 0 for reply in replies])
    return np.stack([recall(ranks, 1), recall(ranks, 5), reciprocal_rank(ranks)], axis=1).astype(np.float64)


def _interval(change: NDArray[np.float64], unit: NDArray[np.int64], *, units: int, seed: int) -> NDArray[np.float64]:
    """(metrics, 2): ends of the mean change, (Q, metrics), when whole units are drawn."""
    sums = np.zeros((units, change.shape[1]))
    np.add.at(sums, unit, change)
    queries = np.bincount(unit, minlength=units).astype(np.float64)

    def means(times: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((times @ sums) / (times @ queries)[:, None])

    return intervals_of(means, units, resamples=RESAMPLES, seed=seed)
