"""How often one key may ask: token buckets."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

KEPT = 10_000  # askers; the one that has been silent longest is forgotten, and begins anew with a full bucket


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Rates:
    """Each asker gets `burst` requests at once and `rate` per second from then on. For one thread."""

    def __init__(self, *, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, asker: str) -> float:
        """0 when the request may go on; else the seconds until the next one may."""
        now = self._clock()
        bucket = self._buckets.pop(asker, None) or _Bucket(self._burst, now)
        self._buckets[asker] = bucket
        if len(self._buckets) > KEPT:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / self._rate
