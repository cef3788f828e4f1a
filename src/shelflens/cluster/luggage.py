"""A model's files on their way to a node that does not have them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from shelflens.errors import ModelError
from shelflens.indexing.work import NeededFile
from shelflens.network.weights import digest
from shelflens.settings import from_environment

Unpacked: TypeAlias = dict[Path, Path]  # where a file lay -> where it lies here


def missing(files: Sequence[NeededFile]) -> tuple[NeededFile, ...]:
    """Those that are not here, or that are others here."""
    return tuple(one for one in files if not _is_here(one.path, one.sha256))


def pack(files: Sequence[NeededFile]) -> dict[Path, bytes]:
    """Raises ModelError for a file that has changed since it was named."""
    packed = {}
    for one in files:
        try:
            packed[one.path] = one.path.read_bytes()
        except OSError as error:
            raise ModelError(f"{one.path}: cannot be read to be sent to the workers ({error.strerror})") from None
        if sha256(packed[one.path]).hexdigest() != one.sha256:
            raise ModelError(f"{one.path}: has changed while it was used; start again")
    return packed


def unpack(files: Sequence[NeededFile], luggage: Mapping[Path, bytes]) -> Unpacked:
    """Into this machine's cache, by what they contain: each is whole or absent, and there once for all workers. Files
    of one folder stay together, as a network names its external weights by name."""
    base = from_environment(os.environ).cache.expanduser() / "models"
    folders: dict[Path, list[NeededFile]] = {}
    for one in files:
        folders.setdefault(one.path.parent, []).append(one)
    unpacked: Unpacked = {}
    for those in folders.values():
        name = sha256("".join(f"{one.path.name} {one.sha256}\n" for one in those).encode()).hexdigest()[:16]
        for one in those:
            unpacked[one.path] = base / name / one.path.name
            if not _is_here(unpacked[one.path], one.sha256):
                _write(unpacked[one.path], luggage[one.path], one)
    return unpacked


def _write(path: Path, data: bytes, needed: NeededFile) -> None:
    assert sha256(data).hexdigest() == needed.sha256, needed.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            file.write(data)
        Path(file.name).replace(path)
    except OSError as error:
        raise ModelError(
            f"{path}: a worker cannot keep the model there ({error.strerror}); set SHELFLENS_CACHE"
        ) from None


def _is_here(path: Path, sha256_hex: str) -> bool:
    return path.is_file() and digest([path]) == sha256_hex
