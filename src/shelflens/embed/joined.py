"""Several embedders as one: what one takes for the same, another may tell apart."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from shelflens.embed.base import Embedder
from shelflens.embed.loading import load_embedder
from shelflens.errors import ModelError
from shelflens.manifest import ModelManifest
from shelflens.picture.pixels import decode_side
from shelflens.types import Vectors


class JoinedEmbedder:
    """An Embedder whose vectors are its parts' side by side; its cosine is the mean of their cosines."""

    def __init__(self, parts: Sequence[Embedder]) -> None:
        self._parts = parts
        self._manifest = _manifest([part.manifest for part in parts])

    @property
    def manifest(self) -> ModelManifest:
        return self._manifest

    def embed(self, pictures: Sequence[Image.Image]) -> Vectors:
        share = np.float32(1 / math.sqrt(len(self._parts)))
        return np.hstack([part.embed(pictures) * share for part in self._parts])


def from_names(reference: str, *, threads: int = 0) -> JoinedEmbedder:
    """`joined:lite0,lite2`: two embedders or more, by name."""
    names = [name.strip() for name in reference.split(",") if name.strip()]
    if len(names) < 2 or len(set(names)) < len(names):
        raise ModelError(f"joined:{reference} needs two or more different embedders, as in joined:lite0,lite2")
    return JoinedEmbedder([load_embedder(name, threads=threads) for name in names])


def _manifest(parts: Sequence[ModelManifest]) -> ModelManifest:
    """Pictures are decoded for the part that needs most of them; every part prepares its own pixels."""
    largest = max(parts, key=lambda part: decode_side(part.preprocessing))
    return replace(
        largest,
        name=f"joined:{','.join(part.name for part in parts)}",
        sha256=hashlib.sha256("".join(part.space for part in parts).encode()).hexdigest(),
        dimension=sum(part.dimension for part in parts),
        licence=" AND ".join(sorted({part.licence for part in parts})),
        source="; ".join(part.source for part in parts if part.source),
    )
