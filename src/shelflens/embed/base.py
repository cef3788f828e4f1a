"""What it takes to be an embedder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.locate.base import Located
from shelflens.manifest import ModelManifest
from shelflens.types import Box, Vectors

Activations: TypeAlias = NDArray[np.float32]  # (dim, h, w), what the network found in each cell of its view


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


class TextEmbedder(Protocol):
    """Words in, unit vectors out, in a space of photos: the better a photo shows what a text says, the higher the
    cosine of their vectors. How high is no measure by itself: photos among themselves are on another scale.

    Equal texts give equal vectors, in any batch. Safe to call from several threads at once.
    """

    @property
    def space(self) -> str:
        """Of the photos, by its model's manifest."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """(N, dim) float32, unit rows, in the order of `texts`; zeros for a text that says nothing it knows."""
        ...


@runtime_checkable
class Activating(Protocol):
    """What an embedder may be besides: one that tells where in the picture its vector comes from."""

    def activations(self, picture: Image.Image) -> Activations | None:
        """The cells whose mean over h and w points where the picture's vector points; None: not of this network."""
        ...


@runtime_checkable
class Locating(Protocol):
    """What an embedder may be besides: one that finds the main body, and sees nothing else of a picture."""

    @property
    def inner(self) -> Embedder:
        """What embeds the main body once it is found. Its vectors belong to this embedder's space."""
        ...

    def locate(self, picture: Image.Image) -> Located: ...

    def seen(self, picture: Image.Image) -> Box:
        """The part of the picture that is handed to `inner`: the main body, and some room around it."""
        ...
