"""Settings of the machine, read once at the edge and passed inward as values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shelflens.errors import ShelflensError

_CACHE = Path("~/.cache/shelflens")


@dataclass(frozen=True, slots=True)
class Settings:
    threads: int = 0  # worker threads of an indexing run, and of the model for a lone query; 0: one per core
    device: str = "cpu"  # that networks run on
    allowed_hosts: frozenset[str] = frozenset()  # private hosts that photos may be fetched from
    vectors_login: str = field(default="", repr=False)  # USER:PASSWORD of the server of vectors
    shoppers_key: Path | None = None  # the file with the key of the pseudonyms of a shared catalogue's users
    cache: Path = _CACHE  # what this machine keeps of shared catalogues: may be deleted at will

    @property
    def cores(self) -> int:
        """Threads to use."""
        if self.threads:
            return self.threads
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def from_environment(environment: Mapping[str, str]) -> Settings:
    """SHELFLENS_THREADS, SHELFLENS_DEVICE, SHELFLENS_ALLOWED_HOSTS (comma-separated), SHELFLENS_CACHE or
    XDG_CACHE_HOME, SHELFLENS_VECTORS_LOGIN, SHELFLENS_SHOPPERS_KEY. Raises ShelflensError that names the variable."""
    threads = environment.get("SHELFLENS_THREADS", "0")
    if not threads.isdecimal():
        raise ShelflensError(f"SHELFLENS_THREADS must be a whole number (0: one per core), not {threads!r}")
    hosts = environment.get("SHELFLENS_ALLOWED_HOSTS", "")
    key = environment.get("SHELFLENS_SHOPPERS_KEY")
    caches = environment.get("XDG_CACHE_HOME")
    return Settings(
        threads=int(threads),
        device=environment.get("SHELFLENS_DEVICE", "").strip().lower() or "cpu",
        allowed_hosts=frozenset(host.strip().lower() for host in hosts.split(",") if host.strip()),
        vectors_login=environment.get("SHELFLENS_VECTORS_LOGIN", ""),
        shoppers_key=Path(key) if key else None,
        cache=Path(environment.get("SHELFLENS_CACHE") or (Path(caches) / "shelflens" if caches else _CACHE)),
    )
