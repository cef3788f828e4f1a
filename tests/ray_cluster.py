"""A real Ray cluster for tests and benchmarks: nodes of one core each, all on this machine, gone afterwards."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

NEEDED = "Ray is not installed; pip install 'shelflens[ray]'"
OBJECTS = 80 * 2**20  # bytes of shared memory of each node: about the least that Ray takes


def installed() -> bool:
    return find_spec("ray") is not None


@contextmanager
def running(nodes: int) -> Iterator[str]:
    """HOST:PORT of its head. This process is connected, so that it need not be for each job."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")  # its 15 would let other tests on this machine go before
    import ray
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": OBJECTS, "include_log_monitor": False}
    head = {**node, "include_dashboard": False, "no_monitor": True}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(nodes - 1):
            cluster.add_node(**node)
        ray.init(cluster.address, configure_logging=False, log_to_driver=False, logging_level=logging.ERROR)
        yield cluster.address
    finally:
        ray.shutdown()
        cluster.shutdown()


def workers() -> set[int]:
    """The processes of shelflens' workers on the nodes that this process has started."""
    parents: dict[int, int] = {}
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            named, state = (folder / "cmdline").read_bytes(), (folder / "stat").read_text()
        except OSError:  # it has ended meanwhile
            continue
        parents[int(folder.name)] = int(state.rpartition(")")[2].split()[1])
        if named.startswith(b"ray::Station"):
            found.add(int(folder.name))
    return {worker for worker in found if parents.get(parents.get(worker, 0)) == os.getpid()}


def cpu_seconds(processes: set[int]) -> float:
    """That they have taken so far; 0 by those that have ended."""
    ticks = 0
    for process in processes:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(state[11]) + int(state[12])
    return ticks / os.sysconf("SC_CLK_TCK")
