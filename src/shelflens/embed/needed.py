"""The files that an embedder's name points at: what another machine must have to load it."""

from __future__ import annotations

import re
from pathlib import Path

from shelflens.network.weights import digest, weight_files

_POINTS = re.compile(r"(?:^|[:,])(?:onnx|detector):([^,]+)")  # in names such as "located:auto,onnx:/models/mine.onnx"


def needed_files(name: str) -> tuple[tuple[Path, str], ...]:
    """(absolute path, SHA-256 in hex) of networks with their external weights and manifests; none for models that come
    with a package or from the hub. Raises ModelError."""
    found: dict[Path, str] = {}
    for reference in _POINTS.findall(name):
        graph = Path(reference).expanduser().absolute()
        beside = (path for path in (graph.with_suffix(".json"), graph.with_name("manifest.json")) if path.is_file())
        for path in (*weight_files(graph), *beside):
            found[path] = digest([path])
    return tuple(found.items())
