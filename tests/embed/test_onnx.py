"""Networks of the user's own: what is checked when one is opened, and what the messages say."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from shelflens.embed.loading import load_embedder
from shelflens.embed.onnx import OnnxEmbedder, from_path, manifest_template
from shelflens.errors import ModelError, ShelflensError
from shelflens.manifest import ModelManifest
from shelflens.network.weights import digest, weight_files
from shelflens.picture.pixels import pixels
from shelflens.types import Preprocessing

NetworkWriter = Callable[..., Path]


def manifest_of(model: Path, **changes: object) -> ModelManifest:
    return dataclasses.replace(manifest_template(model), **changes)  # type: ignore[arg-type]  # fields by name


def test_vector_is_the_networks_output_for_the_manifests_pixels(
    tmp_path: Path, write_network: NetworkWriter, pictures: list[Image.Image]
) -> None:
    """The obviously right twin: pool patches, multiply, average and normalise with numpy."""
    model = write_network(tmp_path / "own.onnx", dimension=4)
    preprocessing = Preprocessing(size=64, fit="pad", mean=(10, 20, 30), std=(50, 60, 70))
    vector = OnnxEmbedder(manifest_of(model, preprocessing=preprocessing), model).embed(pictures[:1])[0]
    weight = np.random.default_rng(0).normal(size=(4, 3, 1, 1)).astype(np.float32)[:, :, 0, 0]
    by_hand = weight @ pixels(pictures[0], preprocessing).mean(axis=(1, 2))
    np.testing.assert_allclose(vector, by_hand / np.linalg.norm(by_hand), atol=1e-5)


def test_manifest_is_found_beside_the_network(tmp_path: Path, write_network: NetworkWriter) -> None:
    model = write_network(tmp_path / "own.onnx")
    (tmp_path / "manifest.json").write_text(manifest_of(model, licence="MIT").to_json(), encoding="utf-8")
    assert load_embedder(f"onnx:{model}").manifest.licence == "MIT"
    (tmp_path / "own.json").write_text(manifest_of(model, licence="BSD-3-Clause").to_json(), encoding="utf-8")
    assert load_embedder(f"onnx:{model}").manifest.licence == "BSD-3-Clause"  # the nearer one wins


def test_manifest_printed_when_there_is_none_can_be_used_as_it_is(tmp_path: Path, write_network: NetworkWriter) -> None:
    model = write_network(tmp_path / "own.onnx", dimension=6, source="images", output="features", size=96)
    with pytest.raises(ModelError, match=r"own\.json") as failure:
        from_path(str(model))
    template = str(failure.value).partition("\n")[2]
    assert json.loads(template)["dimension"] == 6
    (tmp_path / "own.json").write_text(template, encoding="utf-8")
    embedder = from_path(str(model))
    assert (embedder.manifest.input, embedder.manifest.output) == ("images", "features")
    assert embedder.manifest.preprocessing.size == 96


def test_weights_outside_of_the_graph_belong_to_the_digest(tmp_path: Path, write_network: NetworkWriter) -> None:
    model = write_network(tmp_path / "own.onnx", external=True)
    manifest = manifest_of(model)
    assert [path.name for path in weight_files(model)] == ["own.onnx", "own.onnx_data"]
    OnnxEmbedder(manifest, model)
    data = tmp_path / "own.onnx_data"
    data.write_bytes(bytes([data.read_bytes()[0] ^ 1]) + data.read_bytes()[1:])
    with pytest.raises(ModelError, match="SHA-256"):
        OnnxEmbedder(manifest, model)


def test_digest_of_one_file_is_what_sha256sum_prints(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"abc")
    assert digest([tmp_path / "weights"]) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sha256": "0" * 64}, "damaged or another model's"),
        ({"input": "image"}, "no input 'image', which the manifest names; there is pixels"),
        ({"output": "logits"}, "no output 'logits', which the manifest names; there is embedding"),
        ({"dimension": 9}, "has 8 components; the manifest says 9"),
        ({"pooling": "cls"}, r"has shape \(1, 8\), but the manifest says \(1, tokens, 8\)"),
        ({"preprocessing": Preprocessing(size=64)}, r"the manifest's pictures are \(1, 3, 64, 64\)"),
    ],
)
def test_manifest_that_does_not_fit_the_network_is_refused(
    changes: dict[str, object], says: str, tmp_path: Path, write_network: NetworkWriter
) -> None:
    model = write_network(tmp_path / "own.onnx", size=96)
    OnnxEmbedder(manifest_of(model), model)
    with pytest.raises(ModelError, match=says):
        OnnxEmbedder(manifest_of(model, **changes), model)


def test_size_that_the_network_cannot_take_is_refused_when_it_is_opened(tmp_path: Path) -> None:
    """Its tensors are open, so only running it tells: it cuts every picture into rows of 3 * 64 * 64 values."""
    model = tmp_path / "own.onnx"
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["pixels", "shape"], ["embedding"])],
        "fixed",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["B", 3, "H", "W"])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["B", "D"])],
        [numpy_helper.from_array(np.array([-1, 3 * 64 * 64]), "shape")],
    )
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]), model)
    fitting = manifest_of(model, dimension=3 * 64 * 64, preprocessing=Preprocessing(size=64))
    OnnxEmbedder(fitting, model)
    with pytest.raises(ModelError, match="does not run on a 100 x 100 picture"):
        OnnxEmbedder(dataclasses.replace(fitting, preprocessing=Preprocessing(size=100)), model)
    with pytest.raises(ModelError, match="has 12288 components; the manifest says 512"):
        OnnxEmbedder(dataclasses.replace(fitting, dimension=512), model)


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x08\x12"])
def test_file_that_is_no_network_is_refused(content: bytes, tmp_path: Path) -> None:
    model = tmp_path / "own.onnx"
    model.write_bytes(content)
    with pytest.raises(ModelError, match=r"own\.onnx: not a network"):
        from_path(str(model))


def test_missing_file_and_missing_path_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no such model file"):
        load_embedder(f"onnx:{tmp_path / 'none.onnx'}")
    with pytest.raises(ModelError, match=r"as in onnx:models/mine\.onnx"):
        load_embedder("onnx:")


def test_unknown_embedder_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(ShelflensError, match="no embedder called 'clop'; there is bovw, hub, joined, lite0"):
        load_embedder("clop")
    with pytest.raises(ModelError, match="lite0 takes nothing after a colon"):
        load_embedder("lite0:large")


def test_network_that_answers_zero_gives_a_unit_vector(
    tmp_path: Path, write_network: NetworkWriter, pictures: list[Image.Image]
) -> None:
    model = write_network(tmp_path / "own.onnx", dimension=4, scale=0.0)
    np.testing.assert_allclose(OnnxEmbedder(manifest_of(model), model).embed(pictures), 0.5)


def test_network_that_answers_nan_is_refused(tmp_path: Path, write_network: NetworkWriter) -> None:
    model = write_network(tmp_path / "own.onnx", scale=float("nan"))
    with pytest.raises(ModelError, match="NaN or infinity"):
        OnnxEmbedder(manifest_of(model), model)


def test_pooling_names_the_space(tmp_path: Path, write_network: NetworkWriter) -> None:
    model = write_network(tmp_path / "own.onnx", tokens=True)
    assert manifest_of(model, pooling="cls").space != manifest_of(model, pooling="mean").space
