"""What it takes to be a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.classify.labels import Labels
from shelflens.manifest import ModelManifest

Probabilities: TypeAlias = NDArray[np.float64]  # (N, classes), 0..1, rows sum to 1


class Classifier(Protocol):
    """Upright sRGB pictures in, calibrated class probabilities out; equal pictures give equal rows, in any batch.

    Safe to call from several threads at once. A picture never changes another's row.
    """

    @property
    def manifest(self) -> ModelManifest:
        """Weights and preprocessing."""
        ...

    @property
    def labels(self) -> Labels:
        """What the columns of the answers mean."""
        ...

    def classify(self, pictures: Sequence[Image.Image]) -> Probabilities:
        """(N, len(labels.names)) float64, rows sum to 1, in the order of `pictures`; (0, classes) for none."""
        ...
