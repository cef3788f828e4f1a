"""The files that hold a model's weights, and their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from shelflens.errors import ModelError

#: What exporters append to the graph's file name for weights kept outside of it.
EXTERNAL_DATA_SUFFIXES = ("_data", ".data")


def weight_files(graph: Path) -> tuple[Path, ...]:
    """The graph's file, then the files of external weights beside it. Raises ModelError when there is no graph."""
    if not graph.is_file():
        raise ModelError(f"{graph}: there is no such model file")
    beside = (graph.with_name(graph.name + suffix) for suffix in EXTERNAL_DATA_SUFFIXES)
    return graph, *(path for path in beside if path.is_file())


def digest(files: Sequence[Path]) -> str:
    """SHA-256, hex, of the files' bytes one after another: for a single file what `sha256sum` prints."""
    total = hashlib.sha256()
    for path in files:
        try:
            with path.open("rb") as data:
                while block := data.read(1 << 20):
                    total.update(block)
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({error.strerror})") from None
    return total.hexdigest()
