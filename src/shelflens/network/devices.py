"""On what networks run: the processor, or a device that another build of onnxruntime brings.

A device may round otherwise, and onnxruntime falls back to the processor without a word. So what it took is looked at,
and a device's vectors must agree with the processor's, for both are called by the same space's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import onnxruntime

from shelflens.errors import ModelError
from shelflens.manifest import ModelManifest
from shelflens.network.runtime import CPU, RUNTIME

_Provider: TypeAlias = str | tuple[str, Mapping[str, Any]]

#: What onnxruntime calls them, with options that keep all digits.
PROVIDERS: Final[Mapping[str, _Provider]] = {
    CPU: "CPUExecutionProvider",
    "cuda": ("CUDAExecutionProvider", {"use_tf32": 0}),
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
    "openvino": ("OpenVINOExecutionProvider", {"precision": "FP32"}),
}
AGREE: Final = 0.999  # cosine of a device's and the processor's vector of one picture, at least


def providers() -> list[_Provider]:
    """For `InferenceSession`; what the device cannot do is left to the processor. Raises ModelError."""
    device = RUNTIME.device
    if device not in PROVIDERS:
        raise ModelError(f"SHELFLENS_DEVICE={device}: there is no such device; there is {', '.join(PROVIDERS)}")
    wanted = PROVIDERS[device]
    if _name(wanted) not in (there := onnxruntime.get_available_providers()):
        raise ModelError(
            f"SHELFLENS_DEVICE={device}: this onnxruntime has no {_name(wanted)}, only {', '.join(there)}; "
            "take its build for the device in the place of onnxruntime (docs/tuning.md)"
        )
    return [wanted] if device == CPU else [wanted, PROVIDERS[CPU]]


def check_device(session: onnxruntime.InferenceSession, *, where: Path) -> None:
    """Raises ModelError when onnxruntime took another device than the one asked for."""
    wanted = _name(PROVIDERS[RUNTIME.device])
    if wanted not in (taken := session.get_providers()):
        raise ModelError(
            f"{where}: cannot run on {RUNTIME.device}: onnxruntime took {', '.join(taken)} instead of {wanted}; "
            "are the device's driver and libraries installed?"
        )


def check_agreement(
    session: onnxruntime.InferenceSession, exact: onnxruntime.InferenceSession, manifest: ModelManifest, *, where: Path
) -> None:
    """`exact` is the same network on the processor. Raises ModelError when the two give unlike vectors."""
    size = manifest.preprocessing.size
    pixels = np.random.default_rng(0).standard_normal((1, 3, size, size), np.float32)
    one, other = (
        network.run([manifest.output], {manifest.input: pixels})[0].ravel().astype(np.float64)
        for network in (session, exact)
    )
    cosine = float(one @ other / max(np.linalg.norm(one) * np.linalg.norm(other), 1e-12))
    if not cosine >= AGREE:
        raise ModelError(
            f"{where}: its vectors on {RUNTIME.device} are not the processor's (cosine {cosine:.4f}, not {AGREE}); "
            "they would not fit a catalogue's others; use SHELFLENS_DEVICE=cpu"
        )


def _name(provider: _Provider) -> str:
    return provider if isinstance(provider, str) else provider[0]
