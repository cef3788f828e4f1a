"""Two nodes, each with one core."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests import ray_cluster as cluster
from tests.cluster import errands


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[str]:
    """HOST:PORT of a cluster that this process is connected to; a test is skipped where Ray is not installed."""
    if not cluster.installed():
        pytest.skip(cluster.NEEDED)
    with cluster.running(2) as address:
        from ray import cloudpickle

        cloudpickle.register_pickle_by_value(errands)  # the nodes do not have the tests
        yield address
