"""From an address to a Ray cluster, without what Ray would do besides: no dashboard, no reports to its makers, no
handler of signals."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from shelflens.errors import ClusterError

LOCAL, AUTO = "local", "auto"
OBJECTS: Final = 256 * 2**20  # bytes of shared memory of a local cluster: some parts and a model at a time
NEEDED: Final = "--ray needs Ray: pip install 'shelflens[ray]', the same version on every machine of the cluster"


@contextmanager
def connected(address: str, *, cores: int) -> Iterator[Any]:
    """The module `ray`, connected. A connection that this process has already is used and left. `cores` is what a local
    cluster gets. Raises ClusterError."""
    if address == LOCAL and "ray" not in sys.modules:  # Ray reads these when it is imported
        os.environ.setdefault("RAY_AUTH_MODE", "token")  # its default, said aloud, so that it need not say it
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex())  # or it would leave one in the home folder
    ray = _ray()
    if ray.is_initialized():
        yield ray
        return
    former = signal.getsignal(signal.SIGTERM)
    options: dict[str, Any] = {"configure_logging": False, "log_to_driver": False, "logging_level": logging.ERROR}
    if address == LOCAL:
        options |= {"num_cpus": cores, "include_dashboard": False, "object_store_memory": OBJECTS}
    try:
        ray.init(address=address, **options)
    except (ConnectionError, RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
        raise ClusterError(f"no Ray cluster at {address}: {_first_line(error)}") from None
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, former)  # Ray's would end the process without keeping what is ready
    try:
        yield ray
    finally:
        ray.shutdown()


def checked(address: str) -> str:
    """Raises ClusterError for what is no address of a cluster."""
    host, colon, port = address.rpartition(":")
    if address in (LOCAL, AUTO) or (host and colon and port.isdecimal() and "//" not in address):
        return address
    raise ClusterError(
        f"{address!r} is no Ray cluster: auto (the one that this machine is a node of), local (this machine alone), or "
        "HOST:PORT of the head (usually port 6379)"
    )


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError:
        raise ClusterError(NEEDED) from None
    return ray


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
