"""A model folder as `shelflens train` writes it: a network that gives logits, its manifest and its labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from shelflens.classify.base import Probabilities
from shelflens.classify.folder import LABELS, network
from shelflens.classify.labels import Labels
from shelflens.errors import ModelError
from shelflens.manifest import ModelManifest
from shelflens.network.session import UNUSABLE, open_network
from shelflens.picture.pixels import pixels

LOGITS = "logits"  # the output, besides the vector, of a network that classifies


class OnnxClassifier:
    """A Classifier. Opening checks digest, tensors, labels and one run (ModelError).

    Pictures run one at a time, as with embedders, so that no answer depends on its neighbours.
    """

    def __init__(self, manifest: ModelManifest, labels: Labels, model: Path, *, threads: int = 0) -> None:
        """`threads` that one picture runs on: 1 where many workers classify, 0 (all cores) for a lone query."""
        self._manifest = manifest
        self._labels = labels
        self._model = model
        self._session = open_network(manifest, model, threads=threads)
        if LOGITS not in (outputs := [output.name for output in self._session.get_outputs()]):
            raise ModelError(
                f"{model}: has no output {LOGITS!r}, so it cannot classify; there is {', '.join(outputs)}. "
                "Embed with it, or train a classifier: shelflens train"
            )
        size = manifest.preprocessing.size
        try:
            self.classify([Image.new("RGB", (size, size))])
        except UNUSABLE as error:
            raise ModelError(f"{model}: does not run on a {size} x {size} picture: {error}") from None

    @property
    def manifest(self) -> ModelManifest:
        return self._manifest

    @property
    def labels(self) -> Labels:
        return self._labels

    def classify(self, pictures: Sequence[Image.Image]) -> Probabilities:
        """As the protocol says. Raises ModelError when the network answers with NaN or infinity."""
        probabilities = np.empty((len(pictures), len(self._labels.names)))
        for row, picture in enumerate(pictures):
            probabilities[row] = self._probabilities(picture)
        return probabilities

    def _probabilities(self, picture: Image.Image) -> Probabilities:
        """(classes,)."""
        tensor = pixels(picture, self._manifest.preprocessing)
        (logits,) = self._session.run([LOGITS], {self._manifest.input: tensor[None]})
        classes = len(self._labels.names)
        if logits.shape != (1, classes):
            raise ModelError(
                f"{self._model}: output {LOGITS!r} has shape {logits.shape}, but {LABELS} lists {classes} labels; "
                "they belong to different models"
            )
        if not np.isfinite(logits).all():
            raise ModelError(f"{self._model}: the network answers with NaN or infinity; its weights are broken")
        return softmax(logits[0].astype(np.float64) / self._labels.temperature)


def softmax(logits: Probabilities) -> Probabilities:
    """(classes,) -> (classes,), without overflow whatever the logits."""
    powers: Probabilities = np.exp(logits - logits.max())
    powers /= powers.sum()
    return powers


def from_path(reference: str, *, threads: int = 0) -> OnnxClassifier:
    """A model folder, or one of its networks (`MODEL/model.onnx` for the fp32 one)."""
    model = network(Path(reference).expanduser())
    labels = Labels.read(model.with_name(LABELS))
    return OnnxClassifier(ModelManifest.read(model.with_suffix(".json")), labels, model, threads=threads)
