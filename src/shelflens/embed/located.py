"""An embedder that sees the main body instead of the picture around it.

The locator is part of the embedder, so there is one path for gallery and query, and the space's name tells it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from PIL import Image

from shelflens.embed.base import Activating, Activations, Embedder
from shelflens.embed.loading import load_embedder
from shelflens.errors import ModelError
from shelflens.locate.activations import GREY
from shelflens.locate.base import Located, Locator, Look
from shelflens.locate.framing import framed
from shelflens.locate.loading import load_locator
from shelflens.manifest import ModelManifest
from shelflens.picture import cut
from shelflens.types import Vectors


@runtime_checkable
class Locating(Protocol):
    """What an embedder may be besides: one that tells which part of a picture it took for the main body."""

    def locate(self, picture: Image.Image) -> Located: ...


class LocatedEmbedder:
    """An Embedder of what a locator finds, framed so that the network's view shows all of it."""

    def __init__(self, locator: Locator, embedder: Embedder) -> None:
        self._locator = locator
        self._embedder = embedder
        inner = embedder.manifest
        self._manifest = replace(
            inner,
            name=f"located:{locator.name},{inner.name}",
            sha256=hashlib.sha256(f"{locator.identity}\n{inner.space}".encode()).hexdigest(),
        )

    @property
    def manifest(self) -> ModelManifest:
        return self._manifest

    def embed(self, pictures: Sequence[Image.Image]) -> Vectors:
        return self._embedder.embed([self._seen(picture) for picture in pictures])

    def locate(self, picture: Image.Image) -> Located:
        return self._locator.locate(picture)

    def activations(self, picture: Image.Image) -> Activations | None:
        """Of the part that is embedded; None where that is not the whole picture, or the network tells none."""
        part = self._seen(picture)
        inner = self._embedder
        return inner.activations(picture) if part is picture and isinstance(inner, Activating) else None

    def _seen(self, picture: Image.Image) -> Image.Image:
        box = framed(self.locate(picture).box, picture.size, self._embedder.manifest.preprocessing)
        whole = (box.left, box.top, box.right, box.bottom) == (0.0, 0.0, 1.0, 1.0)
        return picture if whole else cut(picture, box)


def from_names(reference: str, *, threads: int = 0) -> LocatedEmbedder:
    """`located:plain,lite0`: a locator and an embedder, by name."""
    locator, comma, model = reference.partition(",")
    if not (locator and comma and model):
        raise ModelError(f"located:{reference} needs a locator and an embedder, as in located:plain,lite0")
    embedder = load_embedder(model.strip(), threads=threads)
    return LocatedEmbedder(load_locator(locator.strip(), look=_look(embedder)), embedder)


def _look(embedder: Embedder) -> Look | None:
    """Laid on a larger grey square where the network sees the middle of a picture only."""
    if not isinstance(embedder, Activating):
        return None
    preprocessing = embedder.manifest.preprocessing
    share = preprocessing.crop_share if preprocessing.fit == "crop" else 1.0

    def look(square: Image.Image) -> Activations | None:
        side = round(square.width / share)
        wider = Image.new("RGB", (side, side), GREY)
        wider.paste(square, ((side - square.width) // 2, (side - square.height) // 2))
        return embedder.activations(wider)

    return look
