"""What is to be promoted: an embedder's name, or a model folder that `train` or `models import` wrote."""

from __future__ import annotations

from pathlib import Path

from shelflens.classify.folder import HISTORY, network
from shelflens.errors import ModelError


def embedder_name(model: str) -> str:
    """`lite2` stays; a model folder, or a network in it, becomes `onnx:PATH`. Raises ModelError."""
    place = Path(model).expanduser()
    return f"onnx:{network(place)}" if place.exists() else model


def check_unseen(model: str) -> None:
    """Raises ModelError for a model that was trained here: it may have learnt the very photos that the comparison would
    ask it about, and a model knows by heart what it has learnt."""
    place = Path(model).expanduser()
    folder = place if place.is_dir() else place.parent
    if place.exists() and (folder / HISTORY).is_file():
        raise ModelError(
            f"{model} was trained, perhaps on the catalogue's own photos; compare on photos that it has not seen, such "
            "as those held out of its training: --queries TABLE"
        )
