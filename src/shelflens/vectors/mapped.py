"""Packed vectors on the disk: rows are only ever appended, and read a few hundred at a time.

A base, mapped from a snapshot, and a tail in a nameless temporary file that vanishes with the process. The
pages that searches touch live in the operating system's cache, which gives them up when memory runs short.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from shelflens.packing import DTYPE, Packed, pack
from shelflens.types import Vectors

ROOM = 4_096  # rows, at least, that the tail grows by


@dataclass(frozen=True, slots=True, eq=False)
class MappedRows:
    """Immutable for its reader: appending returns a new value and never touches rows in use."""

    base: Packed  # (rows, dim)
    tail: Packed  # (capacity, dim)
    file: IO[bytes] | None  # the tail's

    @classmethod
    def over(cls, base: Packed) -> MappedRows:
        return cls(base, base[:0], None)

    def append(self, used: int, vectors: Vectors, *, directory: Path | None) -> MappedRows:
        """With the vectors in the rows from `used` on. Raises OSError when the disk is full."""
        grown = self._with_capacity(used - len(self.base) + len(vectors), directory)
        start = used - len(self.base)
        grown.tail[start : start + len(vectors)] = pack(vectors)
        return grown

    def _with_capacity(self, rows: int, directory: Path | None) -> MappedRows:
        if rows <= len(self.tail):
            return self
        rows = max(rows, len(self.tail) + len(self.tail) // 2, ROOM)
        dimension = self.base.shape[1]
        file = self.file or tempfile.TemporaryFile(dir=directory, prefix="vectors.")  # noqa: SIM115 - lives on
        size = rows * dimension * 2
        # A mapped page without disk space behind it would kill the process when it is written to.
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)
        tail = np.memmap(file, DTYPE, mode="r+", shape=(rows, dimension))
        return replace(self, tail=np.asarray(tail), file=file)

    def take(self, rows: NDArray[np.integer]) -> Packed:
        """(len(rows), dim), in the order of `rows`."""
        if not len(self.tail):
            return np.asarray(self.base[rows])
        if not len(self.base):
            return np.asarray(self.tail[rows])
        taken = np.empty((len(rows), self.base.shape[1]), DTYPE)
        old = rows < len(self.base)
        taken[old] = self.base[rows[old]]
        taken[~old] = self.tail[rows[~old] - len(self.base)]
        return taken
