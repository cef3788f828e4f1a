"""What it takes to be an embedder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PIL import Image

from shelflens.manifest import ModelManifest
from shelflens.types import Vectors


class Embedder(Protocol):
    """Upright sRGB pictures in, unit vectors out; equal pictures give equal vectors, in any batch.

    Safe to call from several threads at once. A picture never changes another's vector.
    """

    @property
    def manifest(self) -> ModelManifest:
        """Names the space: weights and preprocessing."""
        ...

    def embed(self, pictures: Sequence[Image.Image]) -> Vectors:
        """(N, manifest.dimension) float32, unit rows, in the order of `pictures`; (0, dimension) for none."""
        ...
