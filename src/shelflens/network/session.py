"""A network opened with onnxruntime, its tensors checked against what a manifest says of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as failures

from shelflens.errors import ModelError
from shelflens.manifest import ModelManifest
from shelflens.network.devices import PROVIDERS, check_agreement, check_device, providers
from shelflens.network.runtime import CPU, RUNTIME
from shelflens.network.weights import digest, weight_files

#: What onnxruntime raises for a file that is no network, or none that it can run. They share no base class.
UNUSABLE = (
    failures.Fail,
    failures.InvalidArgument,
    failures.InvalidGraph,
    failures.InvalidProtobuf,
    failures.NoModel,
    failures.NoSuchFile,
    failures.NotImplemented,
    failures.RuntimeException,
)


def open_network(manifest: ModelManifest, model: Path, *, threads: int) -> onnxruntime.InferenceSession:
    """Checks the digest and the graph's tensors against the manifest. Raises ModelError.

    `threads` that one picture runs on: 1 where many workers run it, 0 (all cores) for a lone query.
    """
    files = weight_files(model)
    if (found := digest(files)) != manifest.sha256:
        raise ModelError(
            f"{model}: its SHA-256 is {found}, but the manifest of {manifest.name!r} names {manifest.sha256}; "
            "the file is damaged or another model's"
        )
    session = open_session(model, threads=threads)
    _check_tensors(session, manifest, where=model)
    if RUNTIME.device != CPU:
        check_agreement(session, _opened(model, [PROVIDERS[CPU]], threads=threads), manifest, where=model)
    return session


def open_session(model: Path, *, threads: int) -> onnxruntime.InferenceSession:
    """On the device that is in use. Raises ModelError."""
    session = _opened(model, providers(), threads=threads)
    check_device(session, where=model)
    return session


def _opened(model: Path, on: Sequence[Any], *, threads: int) -> onnxruntime.InferenceSession:
    try:
        return onnxruntime.InferenceSession(str(model), session_options(threads=threads), providers=on)
    except UNUSABLE as error:
        raise ModelError(f"{model}: not a network that onnxruntime can run ({error})") from None


def session_options(*, threads: int) -> onnxruntime.SessionOptions:
    """How every network here runs; `threads` as in `open_network`."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only; what matters is raised
    # Counted here, because onnxruntime would count the machine's cores, not those that this process may use.
    options.intra_op_num_threads = threads or _usable_cores()
    options.inter_op_num_threads = 1
    # Threads that spin while they wait win a fifth on an idle machine and lose everything on a busy one: the median
    # of lite0 on two threads was 217 ms with and 10 ms without (docs/models.md).
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = RUNTIME.arena
    # All else is onnxruntime's default: less graph optimisation is slower, denormals make no odds.
    return options


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
