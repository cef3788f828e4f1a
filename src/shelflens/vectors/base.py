"""What it takes to be a vector index: derived data, never the truth, rebuilt from the records at will."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from shelflens.types import Keys, Neighbours, Vectors


class VectorIndex(Protocol):
    """Unit vectors under integer keys; the nearest by cosine.

    Laws: after `put`, a key holds its last vector; after `remove`, it is never found again; removing an
    unknown key does nothing. One is made as `Kind(dimension, directory=...)`; the directory is for what outgrows
    memory. Readers may search from several threads while one thread puts or removes.
    """

    @property
    def dimension(self) -> int: ...

    def __len__(self) -> int:
        """Vectors held."""
        ...

    def put(self, keys: Keys, vectors: Vectors) -> None:
        """Adds or replaces; `keys` are distinct. Raises SpaceError when the dimension is another."""
        ...

    def remove(self, keys: Keys) -> None: ...

    def search(self, queries: Vectors, k: int, *, allowed: Keys | None = None) -> Neighbours:
        """The k nearest of each query among `allowed` (sorted, distinct; None: all)."""
        ...

    def save(self, path: Path, *, version: int) -> None:
        """Writes a snapshot, whole or not at all, stamped with the records' version it stands at."""
        ...

    def load(self, path: Path) -> int | None:
        """Takes over a snapshot and returns its version; None when absent, damaged or of another kind."""
        ...


@dataclass(frozen=True, slots=True)
class Spread:
    """Over the machines of a server that has several. Each is 1 or more."""

    shards: int = 1  # parts that a collection's writes are divided among
    replicas: int = 1  # machines that hold each vector to search it


ALONE: Final = Spread()


@runtime_checkable
class SharedIndex(VectorIndex, Protocol):
    """Kept by a server, for all processes: any of them searches it, one at a time changes it.

    Beside the laws of `VectorIndex`: what one process has changed, the others find. The snapshot is the server's own:
    `save` says at which version the vectors stand, `load` asks. One is made as `Kind(dimension, at=..., name=...,
    login=..., spread=...)`.
    """

    def clear(self) -> None:
        """Of all vectors; then nobody has said where they stand."""
        ...
