"""A vector index on the disk: a few arrays in one file, written whole or not at all, mapped rather than read.

Layout: the arrays, each from a multiple of 4,096 bytes on; a table of contents in JSON, with every array's checksum;
a trailer (its length and CRC-32, and 8 bytes that say what this is). No pickle: a file made by anybody is only
ever numbers. A file that does not fit is no error: the index is derived data and is built anew. The file knows its
name, which says the space of its vectors: renamed, it is refused, for no figure tells one space's vectors from
another's.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
MAGIC = b"SHLFVEC\n"
ALIGN = 4_096  # bytes
PORTION = 4_096  # rows that are written, and summed for the checksum, at once
_TRAILER = struct.Struct("<QI8s")  # bytes of the table of contents, its CRC-32, MAGIC


class Rows(Protocol):
    """An array, or something that makes its rows as they are asked for."""

    @property
    def dtype(self) -> np.dtype[Any]: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, part: slice, /) -> NDArray[Any]: ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    version: int  # the records' version that the index stands at
    arrays: Mapping[str, NDArray[Any]]  # read-only, mapped from the file


def write(path: Path, kind: str, *, dimension: int, version: int, arrays: Mapping[str, Rows]) -> None:
    """After a crash at any moment, `path` holds the old file or the new one. Raises OSError when the disk is full."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            contents = [_put(file, name, array) for name, array in arrays.items()]
            described = {"format": FORMAT, "name": path.name, "kind": kind, "dimension": dimension, "version": version}
            table = json.dumps({**described, "arrays": contents}).encode()
            file.write(table)
            file.write(_TRAILER.pack(len(table), zlib.crc32(table), MAGIC))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _put(file: BinaryIO, name: str, array: Rows) -> list[object]:
    """Writes the array; returns its line in the table of contents."""
    file.write(bytes(-file.tell() % ALIGN))
    start, check = file.tell(), 0
    for first in range(0, array.shape[0], PORTION):
        portion = np.ascontiguousarray(array[first : first + PORTION])
        check = _checksum(portion, check)
        file.write(portion.reshape(-1).view(np.uint8).data)
    return [name, array.dtype.str, list(array.shape), start, check]


def _checksum(portion: NDArray[Any], former: int) -> int:
    """CRC-32 of the sum of the portion's 64-bit words: as fast as memory, sees any one damaged word."""
    data = portion.reshape(-1).view(np.uint8)
    words = data[: len(data) // 8 * 8].view("<u8")
    total = np.array([words.sum(dtype=np.uint64)], "<u8")
    return zlib.crc32(data[words.nbytes :].tobytes(), zlib.crc32(total.tobytes(), former))


def read(path: Path, kind: str, *, dimension: int, verify: bool = True) -> Snapshot | None:
    """None when the file is absent, damaged, or of another name, kind, format or dimension."""
    try:
        data = np.asarray(np.memmap(path, np.uint8, mode="r"))
    except (OSError, ValueError):  # absent, or empty
        return None
    if len(data) < _TRAILER.size:
        return None
    length, crc, magic = _TRAILER.unpack(data[-_TRAILER.size :].tobytes())
    if magic != MAGIC or length > len(data) - _TRAILER.size:
        return None
    table = data[len(data) - _TRAILER.size - length : -_TRAILER.size].tobytes()
    if zlib.crc32(table) != crc:
        return None
    described = json.loads(table)
    its = [described.get(field) for field in ("format", "name", "kind", "dimension")]
    if its != [FORMAT, path.name, kind, dimension]:
        return None
    arrays = {}
    for name, dtype, shape, start, expected in described["arrays"]:
        end = start + int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        arrays[name] = array = data[start:end].view(dtype).reshape(shape)
        check = 0
        for first in range(0, shape[0], PORTION) if verify else ():
            check = _checksum(array[first : first + PORTION], check)
        if verify and check != expected:
            return None
    return Snapshot(described["version"], arrays)
