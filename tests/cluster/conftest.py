"""A real Ray cluster of two nodes on this machine, each with one core."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

NODES = 2
OBJECTS = 80 * 2**20  # bytes of shared memory of each node: the least that Ray takes


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[str]:
    """HOST:PORT of its head. This process is connected, so that tests need not connect one by one."""
    if find_spec("ray") is None:
        pytest.skip("Ray is not installed; pip install 'shelflens[ray]'")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    from ray.cluster_utils import Cluster
    from tests.cluster import errands

    node = {"num_cpus": 1, "object_store_memory": OBJECTS}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        for _ in range(NODES - 1):
            cluster.add_node(**node)
        ray.init(cluster.address, configure_logging=False, log_to_driver=False, logging_level=logging.ERROR)
        ray.cloudpickle.register_pickle_by_value(errands)  # the nodes do not have the tests
        yield cluster.address
    finally:
        ray.shutdown()
        cluster.shutdown()
