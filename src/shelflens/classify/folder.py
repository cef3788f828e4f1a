"""The files of a model folder, as `shelflens train` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from shelflens.errors import ModelError

LABELS: Final = "labels.json"
HISTORY: Final = "training.json"
NETWORKS: Final = ("model.int8.onnx", "model.onnx")  # the first that is there is used; int8 is about twice as fast


def network(place: Path) -> Path:
    """The network that a model folder is used by; a file is one already. Raises ModelError."""
    if place.is_dir():
        for name in NETWORKS:
            if (place / name).is_file():
                return place / name
        raise ModelError(f"{place}: holds neither {' nor '.join(NETWORKS)}; it is no model that shelflens train wrote")
    if not place.is_file():
        raise ModelError(f"{place}: there is no such model; give the folder that shelflens train wrote")
    return place
