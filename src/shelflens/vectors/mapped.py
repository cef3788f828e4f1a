"""Packed vectors on the disk: rows are only ever appended, and read a few hundred at a time.

A base, mapped from a snapshot, and a tail in a nameless temporary file that vanishes with the process. The
pages that searches touch live in the operating system's cache, which gives them up when memory runs short.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shelflens.packing import DTYPE, Packed, pack
from shelflens.types import Vectors

ROOM = 4_096  # rows, at least, that the tail grows by


class _NamelessFile:
    """A temporary file that goes when nothing refers to it any more, however the process ends."""

    def __init__(self, directory: Path | None) -> None:
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
        self._descriptor, name = tempfile.mkstemp(dir=directory, prefix="vectors.")
        Path(name).unlink()
        weakref.finalize(self, os.close, self._descriptor)

    def mapped(self, size: int) -> mmap.mmap:
        """The first `size` bytes; former mappings stay good. Raises OSError when the disk is full."""
        if hasattr(os, "posix_fallocate"):
            # A mapped page without disk space behind it would kill the process when it is written to.
            os.posix_fallocate(self._descriptor, 0, size)
        else:
            os.truncate(self._descriptor, size)
        return mmap.mmap(self._descriptor, size)


@dataclass(frozen=True, slots=True, eq=False)
class MappedRows:
    """Immutable for its reader: appending returns a new value and never touches rows in use."""

    base: Packed  # (rows, dim)
    tail: Packed  # (capacity, dim)
    file: _NamelessFile | None  # the tail's

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
        file = self.file or _NamelessFile(directory)
        tail = np.frombuffer(file.mapped(rows * dimension * DTYPE.itemsize), DTYPE).reshape(rows, dimension)
        return replace(self, tail=tail, file=file)

    def take(self, rows: NDArray[np.integer]) -> Packed:
        """(len(rows), dim), in the order of `rows`."""
        if not len(self.tail):
            return _taken(self.base, rows)
        if not len(self.base):
            return _taken(self.tail, rows)
        taken = np.empty((len(rows), self.base.shape[1]), DTYPE)
        old = rows < len(self.base)
        taken[old] = _taken(self.base, rows[old])
        taken[~old] = _taken(self.tail, rows[~old] - len(self.base))
        return taken


def _taken(matrix: Packed, rows: NDArray[np.integer]) -> Packed:
    """`matrix[rows]` in two thirds of the time; the mode is the one that needs no buffer, and rows are never beyond."""
    return np.asarray(matrix.take(rows, axis=0, mode="clip"))


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Some rows in another order, gathered as they are written: they need not fit into memory."""

    mapped: MappedRows
    rows: NDArray[np.integer]

    @property
    def dtype(self) -> np.dtype[np.int16]:
        return DTYPE

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.rows), self.mapped.base.shape[1]

    def __getitem__(self, part: slice) -> Packed:
        return self.mapped.take(self.rows[part])
