"""An embedder that sees the main body instead of the picture around it.

The locator is part of the embedder, so there is one path for gallery and query, and the space's name tells it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from shelflens.embed.base import Activating, Activations, Embedder
from shelflens.embed.loading import load_embedder
from shelflens.errors import ModelError
from shelflens.locate.activations import GREY
from shelflens.locate.base import WHOLE, Located, Locator, Look
from shelflens.locate.framing import framed
from shelflens.locate.loading import load_locator
from shelflens.manifest import ModelManifest, located_name
from shelflens.picture import cut
from shelflens.types import Box, Vectors

FOR_PARTS = 2.0  # oversampling of the picture: a part half as wide still has the pixels that are looked at


class LocatedEmbedder:
    """An Embedder and Locating: of what a locator finds, framed so that the network's view shows all of it."""

    def __init__(self, locator: Locator, embedder: Embedder) -> None:
        self._locator = locator
        self._inner = embedder
        manifest = embedder.manifest
        wider = replace(manifest.preprocessing, oversampling=max(FOR_PARTS, manifest.preprocessing.oversampling))
        self._manifest = replace(
            manifest,
            name=located_name(locator.name, manifest.name),
            sha256=hashlib.sha256(f"{locator.identity}\n{manifest.space}".encode()).hexdigest(),
            preprocessing=wider,
        )

    @property
    def inner(self) -> Embedder:
        return self._inner

    @property
    def manifest(self) -> ModelManifest:
        return self._manifest

    def embed(self, pictures: Sequence[Image.Image]) -> Vectors:
        return self._inner.embed([self._part(picture) for picture in pictures])

    def locate(self, picture: Image.Image) -> Located:
        return self._locator.locate(picture)

    def seen(self, picture: Image.Image) -> Box:
        return framed(self.locate(picture).box, picture.size, self._inner.manifest.preprocessing)

    def activations(self, picture: Image.Image) -> Activations | None:
        """None where what is seen is not the whole picture, whose cells these would be, or the network tells none."""
        inner = self._inner
        return inner.activations(picture) if isinstance(inner, Activating) and self.seen(picture) == WHOLE else None

    def _part(self, picture: Image.Image) -> Image.Image:
        box = self.seen(picture)
        return picture if box == WHOLE else cut(picture, box)


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
    share = embedder.manifest.preprocessing.shown_share

    def look(square: Image.Image) -> Activations | None:
        side = round(square.width / share)
        wider = Image.new("RGB", (side, side), GREY)
        wider.paste(square, ((side - square.width) // 2, (side - square.height) // 2))
        return embedder.activations(wider)

    return look
