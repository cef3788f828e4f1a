"""The benchmark of Ray workers: what it does where it cannot run. That they work is tested in tests/cluster."""

from __future__ import annotations

from bench import cluster


def test_without_real_photos_it_says_why_it_is_skipped() -> None:
    section = cluster.run(None, cluster.TINY)
    assert section.skipped and not section.demands
