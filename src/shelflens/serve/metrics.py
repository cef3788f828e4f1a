"""What Prometheus scrapes. No label holds a name of a catalogue, a product or a key."""

from __future__ import annotations

import os
from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from shelflens.serve.workers import Pool

SECONDS = (0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SHARED = "PROMETHEUS_MULTIPROC_DIR"  # where several workers keep their numbers, so that any of them tells all


class Metrics:
    """One worker's numbers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "shelflens_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "shelflens_request_seconds",
            "From the first byte of the headers to the last of the answer.",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.embed_seconds = Histogram(
            "shelflens_embed_seconds", "A query's time in the model.", buckets=SECONDS, registry=self.registry
        )
        self.search_seconds = Histogram(
            "shelflens_search_seconds", "A query's time in the index.", buckets=SECONDS, registry=self.registry
        )
        self.body_bytes = Counter("shelflens_body_bytes", "Received in bodies.", registry=self.registry)
        self.waiting = Gauge(
            "shelflens_pool_under_way",
            "Work that runs or waits.",
            ["pool"],
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.refused = Gauge(
            "shelflens_pool_refused",
            "Requests answered with 429 because a pool was full.",
            ["pool"],
            registry=self.registry,
            multiprocess_mode="sum",
        )
        if SHARED not in os.environ:
            ProcessCollector(registry=self.registry)
            PlatformCollector(registry=self.registry)

    def text(self, pools: Mapping[str, Pool]) -> bytes:
        """Prometheus' text format."""
        for name, pool in pools.items():
            self.waiting.labels(name).set(pool.under_way)
            self.refused.labels(name).set(pool.refused)
        if SHARED not in os.environ:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)
        return generate_latest(together)

    def close(self) -> None:
        if SHARED in os.environ:
            mark_process_dead(os.getpid())
