"""Any ONNX network with a manifest, on the CPU.

Pictures run one at a time: a batch of 8 is 14 % faster for lite0 and hardly for lite0-fp32 (docs/models.md),
which does not pay for vectors that might depend on their neighbours. Workers run side by side instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.embed.base import Activations
from shelflens.embed.pooling import POOLS, RANKS, unit
from shelflens.errors import ModelError
from shelflens.manifest import ModelManifest
from shelflens.network.session import UNUSABLE, open_network, open_session
from shelflens.network.weights import digest, weight_files
from shelflens.picture.pixels import pixels
from shelflens.types import Preprocessing, Vectors

ACTIVATIONS = "activations"  # the output, besides the vector, of a network that tells where its vector comes from


class OnnxEmbedder:
    """An Embedder. Opening checks the digest, the graph's tensors and one run against the manifest (ModelError)."""

    def __init__(self, manifest: ModelManifest, model: Path, *, threads: int = 0) -> None:
        """`threads` that one picture runs on: 1 where many workers embed, 0 (all cores) for a lone query."""
        self._manifest = manifest
        self._pool = POOLS[manifest.pooling]
        self._session = open_network(manifest, model, threads=threads)
        size = manifest.preprocessing.size
        try:
            self._vector(np.zeros((3, size, size), np.float32))
        except UNUSABLE as error:
            raise ModelError(f"{model}: does not run on a {size} x {size} picture: {error}") from None

    @property
    def manifest(self) -> ModelManifest:
        return self._manifest

    def embed(self, pictures: Sequence[Image.Image]) -> Vectors:
        """As the protocol says. A picture that the network answers with zeros gets the diagonal vector; one that
        it answers with NaN or infinity raises ModelError."""
        vectors = np.empty((len(pictures), self._manifest.dimension), np.float32)
        for row, picture in enumerate(pictures):
            vectors[row] = self._vector(pixels(picture, self._manifest.preprocessing))
        return vectors

    def activations(self, picture: Image.Image) -> Activations | None:
        """As `Activating` says; None for a network without an output `activations` of (1, dim, h, w)."""
        if ACTIVATIONS not in {output.name for output in self._session.get_outputs()}:
            return None
        tensor = pixels(picture, self._manifest.preprocessing)
        (cells,) = self._session.run([ACTIVATIONS], {self._manifest.input: tensor[None]})
        if cells.ndim != 4 or cells.shape[1] != self._manifest.dimension or not np.isfinite(cells).all():
            return None
        found: Activations = cells[0]
        return found

    def _vector(self, tensor: NDArray[np.float32]) -> Vectors:
        """(3, size, size) -> (dim,), unit."""
        (output,) = self._session.run([self._manifest.output], {self._manifest.input: tensor[None]})
        if output.ndim != RANKS[self._manifest.pooling] or output.shape[-1] != self._manifest.dimension:
            raise ModelError(
                f"{self._manifest.name}: output {self._manifest.output!r} has shape {output.shape}, but the manifest "
                f"says {_expected(self._manifest)}"
            )
        pooled = self._pool(output)
        if not np.isfinite(pooled).all():
            raise ModelError(f"{self._manifest.name}: the network answers with NaN or infinity; its weights are broken")
        row: Vectors = unit(pooled)[0]
        return row


def from_path(reference: str, *, threads: int = 0) -> OnnxEmbedder:
    """`onnx:PATH`: the network at PATH with the manifest beside it, `PATH` with suffix .json or `manifest.json`."""
    if not reference:
        raise ModelError("onnx: needs the path of a network, as in onnx:models/mine.onnx")
    model = Path(reference).expanduser()
    weight_files(model)
    candidates = (model.with_suffix(".json"), model.with_name("manifest.json"))
    for candidate in candidates:
        if candidate.is_file():
            # A catalogue keeps the name, to find the network again from any folder.
            manifest = replace(ModelManifest.read(candidate), name=f"onnx:{model.resolve()}")
            return OnnxEmbedder(manifest, model, threads=threads)
    raise ModelError(
        f"{model} has no manifest; write one to {candidates[0]}, after checking size, fit, mean, std and licence "
        f"with whoever made the model:\n{manifest_template(model).to_json()}"
    )


def manifest_template(model: Path) -> ModelManifest:
    """A manifest for the network, as far as its graph tells; preprocessing and licence are for a person to say."""
    session = open_session(model, threads=1)
    source, output = session.get_inputs()[0], session.get_outputs()[0]
    size, dimension = source.shape[-1], output.shape[-1]
    return ModelManifest(
        name=f"onnx:{model.name}",
        sha256=digest(weight_files(model)),
        dimension=dimension if isinstance(dimension, int) else 0,
        preprocessing=Preprocessing(size=size if isinstance(size, int) else 224),
        licence="unknown",
        input=source.name,
        output=output.name,
        pooling="cls" if len(output.shape) == RANKS["cls"] else "none",
    )


def _expected(manifest: ModelManifest) -> str:
    return f"(1, {manifest.dimension})" if manifest.pooling == "none" else f"(1, tokens, {manifest.dimension})"
