"""From the name of those who work elsewhere to them."""

from __future__ import annotations

from shelflens import plug
from shelflens.indexing.work import Workers


def load_workers(name: str, *, cores: int) -> Workers:
    """`ray:ADDRESS`, or what a package brings: the part before the colon is looked up, the part behind it is handed
    over. `cores` are those of this machine that may be used. Nobody is connected to until there is work. Raises
    ShelflensError."""
    kind, _, reference = name.partition(":")
    workers: Workers = plug.find("workers", kind)(reference, cores=cores)
    return workers
