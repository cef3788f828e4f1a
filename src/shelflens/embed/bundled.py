"""The networks that come with shelflens: EfficientNet-Lite with ImageNet weights (docs/models.md).

`tools/build_models.py` made the files; `tests/embed/test_golden.py` compares them with torch.
"""

from __future__ import annotations

from pathlib import Path

from shelflens.embed.onnx import OnnxEmbedder
from shelflens.errors import ModelError
from shelflens.manifest import ModelManifest

MODELS = Path(__file__).parent / "models"


def lite0(reference: str = "", *, threads: int = 0) -> OnnxEmbedder:
    """The default: int8, 224 pixels, 4 MB."""
    return _bundled("lite0", reference, threads=threads)


def lite0_fp32(reference: str = "", *, threads: int = 0) -> OnnxEmbedder:
    """As exact as the reference, 224 pixels, 13 MB."""
    return _bundled("lite0-fp32", reference, threads=threads)


def lite2(reference: str = "", *, threads: int = 0) -> OnnxEmbedder:
    """Better and slower: int8, 260 pixels, 5 MB."""
    return _bundled("lite2", reference, threads=threads)


def _bundled(name: str, reference: str, *, threads: int) -> OnnxEmbedder:
    if reference:
        raise ModelError(f"{name}:{reference} is not an embedder; {name} takes nothing after a colon")
    return OnnxEmbedder(ModelManifest.read(MODELS / f"{name}.json"), MODELS / f"{name}.onnx", threads=threads)
