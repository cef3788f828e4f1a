"""Any ONNX network with a manifest, on the CPU.

Pictures run one at a time: a batch of 8 is 14 % faster for lite0 and hardly for lite0-fp32 (docs/models.md),
which does not pay for vectors that might depend on their neighbours. Workers run side by side instead.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as failures
from PIL import Image

from shelflens.embed.base import Activations
from shelflens.embed.pooling import POOLS, RANKS, unit
from shelflens.embed.weights import digest, weight_files
from shelflens.errors import ModelError
from shelflens.manifest import ModelManifest
from shelflens.picture.pixels import pixels
from shelflens.types import Preprocessing, Vectors

ACTIVATIONS = "activations"  # the output, besides the vector, of a network that tells where its vector comes from

#: What onnxruntime raises for a file that is no network, or none that it can run. They share no base class.
_UNUSABLE = (
    failures.Fail,
    failures.InvalidArgument,
    failures.InvalidGraph,
    failures.InvalidProtobuf,
    failures.NoModel,
    failures.NoSuchFile,
    failures.NotImplemented,
    failures.RuntimeException,
)


class OnnxEmbedder:
    """An Embedder. Opening checks the digest, the graph's tensors and one run against the manifest (ModelError)."""

    def __init__(self, manifest: ModelManifest, model: Path, *, threads: int = 0) -> None:
        """`threads` that one picture runs on: 1 where many workers embed, 0 (all cores) for a lone query."""
        self._manifest = manifest
        self._pool = POOLS[manifest.pooling]
        files = weight_files(model)
        if (found := digest(files)) != manifest.sha256:
            raise ModelError(
                f"{model}: its SHA-256 is {found}, but the manifest of {manifest.name!r} names {manifest.sha256}; "
                "the file is damaged or another model's"
            )
        self._session = _session(model, threads=threads)
        _check_tensors(self._session, manifest, where=model)
        size = manifest.preprocessing.size
        try:
            self._vector(np.zeros((3, size, size), np.float32))
        except _UNUSABLE as error:
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
    session = _session(model, threads=1)
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


def _session(model: Path, *, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only; what matters is raised
    # Counted here, because onnxruntime would count the machine's cores, not those that this process may use.
    options.intra_op_num_threads = threads or _usable_cores()
    options.inter_op_num_threads = 1
    # Threads that spin while they wait win a fifth on an idle machine and lose everything on a busy one: the median
    # of lite0 on two threads was 217 ms with and 10 ms without (docs/models.md).
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # All else is onnxruntime's default: less graph optimisation or no memory arena is slower, denormals make no odds.
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except _UNUSABLE as error:
        raise ModelError(f"{model}: not a network that onnxruntime can run ({error})") from None


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_tensors(session: onnxruntime.InferenceSession, manifest: ModelManifest, *, where: Path) -> None:
    """What can be told without running. Names in a shape are dimensions left open."""
    inputs = {tensor.name: tensor for tensor in session.get_inputs()}
    outputs = {tensor.name: tensor for tensor in session.get_outputs()}
    for role, name, tensors in (("input", manifest.input, inputs), ("output", manifest.output, outputs)):
        if name not in tensors:
            raise ModelError(
                f"{where}: has no {role} {name!r}, which the manifest names; there is {', '.join(tensors)}"
            )
        if tensors[name].type != "tensor(float)":
            raise ModelError(f"{where}: {role} {name!r} is {tensors[name].type}; it must be float32")
    if more := sorted(set(inputs) - {manifest.input}):
        raise ModelError(f"{where}: wants {more[0]!r} besides the pixels; export the image encoder alone")
    size = manifest.preprocessing.size
    if not _fits(shape := inputs[manifest.input].shape, (1, 3, size, size)):
        raise ModelError(
            f"{where}: input {manifest.input!r} is {shape}; the manifest's pictures are (1, 3, {size}, {size})"
        )
    if not _fits(shape := outputs[manifest.output].shape[-1:], (manifest.dimension,)):
        raise ModelError(
            f"{where}: output {manifest.output!r} has {shape[0]} components; the manifest says {manifest.dimension}"
        )


def _fits(shape: Sequence[int | str | None], wanted: tuple[int, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        not isinstance(side, int) or side == want for side, want in zip(shape, wanted, strict=True)
    )


def _expected(manifest: ModelManifest) -> str:
    return f"(1, {manifest.dimension})" if manifest.pooling == "none" else f"(1, tokens, {manifest.dimension})"
