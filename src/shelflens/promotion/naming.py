"""What is to be promoted: an embedder's name, or a model folder that `train` or `models import` wrote."""

from __future__ import annotations

from pathlib import Path

from shelflens.classify.folder import HISTORY, network
from shelflens.errors import ModelError


def embedder_name(model: str) -> str:
    """`lite2` stays; a model folder, or a network in it, becomes `onnx:PATH`. Raises ModelError."""
    place = Path(model).expanduser()
    return f"onnx:{network(place)}" if place.exists() else model


def trained(model: str) -> bool:
    """Was it trained here? Then it may know the catalogue's photos by heart."""
    place = Path(model).expanduser()
    folder = place if place.is_dir() else place.parent
    return place.exists() and (folder / HISTORY).is_file()


def check_unseen(model: str) -> None:
    """Raises ModelError for a model that was trained here: the comparison would ask it about the very photos that it
    has learnt."""
    if trained(model):
        raise ModelError(
            f"{model} was trained, perhaps on the catalogue's own photos; compare on photos that it has not seen, such "
            "as those held out of its training: --queries TABLE"
        )
