"""How networks end, and what becomes of it: on ONNX files, which need no framework."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from tests.train.importing.conftest import LABELS, Import

from shelflens.classify.labels import Labels
from shelflens.classify.loading import load_classifier
from shelflens.cli.main import main
from shelflens.embed.loading import load_embedder
from shelflens.errors import ModelError
from shelflens.network.session import open_session
from shelflens.picture.pixels import pixels
from shelflens.train.importing.naming import read_labels
from shelflens.train.importing.preparing import preparation

SIDE = 32
NAMES = Labels("category", LABELS)
Write = Callable[..., Path]

#: Nodes from the vector (1, 8) `v`, or the map (1, 8, 1, 1) `m`, to the answer.
ENDS: dict[str, list[tuple[str, list[str], dict[str, Any]]]] = {
    "logits": [("Gemm", ["v", "w", "b"], {})],
    "softmax": [("Gemm", ["v", "w", "b"], {}), ("Softmax", ["0"], {"axis": 1})],
    "matmul": [("MatMul", ["v", "w"], {}), ("Add", ["0", "b"], {}), ("Softmax", ["1"], {"axis": 1})],
    "cast between": [
        ("MatMul", ["v", "w"], {}),
        ("Cast", ["0"], {"to": 1}),
        ("Add", ["b", "1"], {}),
        ("Identity", ["2"], {}),
        ("Softmax", ["3"], {"axis": -1}),
    ],
    "logsoftmax": [("Gemm", ["v", "w", "b"], {}), ("LogSoftmax", ["0"], {"axis": 1})],
    "1 x 1": [("Conv", ["m", "k", "b"], {}), ("Flatten", ["0"], {}), ("Softmax", ["1"], {"axis": 1})],
    "written out": [
        ("Gemm", ["v", "w", "b"], {}),
        ("Exp", ["0"], {}),
        ("ReduceSum", ["1", "axis"], {"keepdims": 1}),
        ("Div", ["1", "2"], {}),
    ],
    "yes or no": [("Gemm", ["v", "w1"], {}), ("Sigmoid", ["0"], {})],
    "many yes or no": [("Gemm", ["v", "w", "b"], {}), ("Sigmoid", ["0"], {})],
    "vector": [("Identity", ["v"], {})],
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def run(end: str, *, last: str = "", side: int | str = SIDE, channels: int = 3) -> Path:
        random = np.random.default_rng(4)
        values = {
            "first": random.normal(size=(8, channels, 4, 4)),
            "w": random.normal(size=(8, 4)),
            "w1": random.normal(size=(8, 1)),
            "b": random.normal(size=4),
        }
        constants = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in values.items()]
        constants.append(numpy_helper.from_array(values["w"].T[:, :, None, None].astype(np.float32), "k"))
        constants.append(numpy_helper.from_array(np.array([1], np.int64), "axis"))
        nodes = [
            helper.make_node("Conv", ["x", "first"], ["c"], strides=[4, 4]),
            helper.make_node("Tanh", ["c"], ["t"]),
            helper.make_node("GlobalAveragePool", ["t"], ["m"]),
            helper.make_node("Flatten", ["m"], ["v"]),
        ]
        for number, (kind, taken, more) in enumerate(ENDS[end]):
            nodes.append(helper.make_node(kind, taken, [str(number)], **more))
        output = helper.make_empty_tensor_value_info(last or str(len(ENDS[end]) - 1))
        source = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", channels, side, side])
        graph = helper.make_graph(nodes, "small", [source], [output], constants)
        model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
        onnx.save(model, tmp_path / "net.onnx")
        return tmp_path / "net.onnx"

    return run


def answers(network: Path, folder: Path, pictures: list[Image.Image]) -> tuple[np.ndarray, np.ndarray]:
    """The network's own answers to the pixels that the manifest prepares, and its vectors."""
    model = onnx.load(network)
    model.graph.output.append(helper.make_empty_tensor_value_info("v"))
    onnx.save(model, network.with_name("both.onnx"))
    session = open_session(network.with_name("both.onnx"), threads=1)
    its = load_embedder(f"onnx:{folder}/model.onnx").manifest.preprocessing
    found = [session.run(None, {"x": pixels(picture, its)[None]}) for picture in pictures]
    vectors = np.concatenate([vector for _, vector in found])
    return np.concatenate([a for a, _ in found]), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("end", ["logits", "softmax", "matmul", "cast between", "logsoftmax", "1 x 1", "written out"])
def test_however_classes_are_made_their_probabilities_and_the_vector_before_them_are_found(
    end: str, write: Write, imported: Import, pictures: list[Image.Image]
) -> None:
    network = write(end)
    found = imported(network, labels=NAMES, **({"embedding": "answer"} if end == "written out" else {}))
    expected, vectors = answers(network, found.out, pictures)
    if end in ("logits", "logsoftmax"):
        powers = np.exp(expected)
        expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(load_classifier(str(found.out)).classify(pictures), expected, atol=1e-5)
    if end != "written out":
        np.testing.assert_allclose(load_embedder(f"onnx:{found.out}/model.onnx").embed(pictures), vectors, atol=1e-5)


def test_yes_or_no_becomes_two_classes(write: Write, imported: Import, pictures: list[Image.Image]) -> None:
    network = write("yes or no")
    with pytest.raises(ModelError, match="give two labels, no first, not 4"):
        imported(network, labels=NAMES)
    found = imported(network, labels=Labels("category", ("cat", "dog")))
    dog, _ = answers(network, found.out, pictures)
    got = load_classifier(str(found.out)).classify(pictures)
    np.testing.assert_allclose(got, np.hstack([1 - dog, dog]), atol=1e-5)


def test_a_map_is_averaged(write: Write, imported: Import, pictures: list[Image.Image]) -> None:
    network = write("vector", last="t")
    found = imported(network)
    expected, _ = answers(network, found.out, pictures)
    expected = expected.mean(axis=(2, 3))
    vectors = load_embedder(f"onnx:{found.out}/model.onnx").embed(pictures)
    np.testing.assert_allclose(vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-5)


def test_only_what_is_served_is_kept(write: Write, imported: Import) -> None:
    imported(write("softmax"), embedding="before-classes")
    model = onnx.load(Path(write("softmax")).with_name("model") / "model.onnx")
    assert [output.name for output in model.graph.output] == ["embedding"]
    assert [tensor.name for tensor in model.graph.initializer] == ["net/first"]


@pytest.mark.parametrize(
    ("end", "options", "reason"),
    [
        ("softmax", {}, "probabilities of 4 classes"),
        ("written out", {}, "probabilities of 4 classes"),
        ("many yes or no", {"labels": NAMES}, "yes or no to each of 4 classes"),
        ("softmax", {"labels": Labels("category", ("a", "b", "c"))}, "has 4 outputs, but 3 labels"),
        ("written out", {"embedding": "before-classes"}, "does not end in a dense layer"),
        ("vector", {"pooling": "cls"}, "for networks that answer with tokens"),
        ("vector", {"size": 64}, "takes pictures of 32 pixels, not 64"),
    ],
)
def test_what_would_be_wrong_is_refused_and_nothing_written(
    end: str, options: dict[str, object], reason: str, write: Write, imported: Import, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=reason):
        imported(write(end), **options)
    assert not (tmp_path / "model").exists()
    assert not (tmp_path / "model.work").exists()


def test_an_open_size_is_asked_for(write: Write, imported: Import) -> None:
    network = write("vector", side="S")
    with pytest.raises(ModelError, match="give --size"):
        imported(network)
    assert imported(network, size=48).manifest.preprocessing.size == 48


def test_another_number_of_channels_is_refused(write: Write, imported: Import) -> None:
    with pytest.raises(ModelError, match=r"takes \(B, 3, size, size\)"):
        imported(write("vector", channels=1))


def test_a_conversion_that_went_wrong_is_not_written(write: Write, tmp_path: Path) -> None:
    """Weights that are not the original's, as a faulty exporter would leave them."""
    from shelflens.train.importing import graph
    from shelflens.train.importing.onnx_files import read_onnx
    from shelflens.train.importing.parity import check, drawn, originals
    from shelflens.types import Preprocessing

    foreign = read_onnx(write("softmax"), None)
    pictures = drawn(Preprocessing(size=SIDE, mean=(0, 0, 0), std=(255, 255, 255)))
    expected = originals(foreign, pictures, bgr=False)
    model = graph.prepared(foreign, size=SIDE, bgr=False)
    assert check(model, model.graph.output[0].name, "softmax", pictures, expected).least_cosine > 0.999999
    turned = graph.prepared(foreign, size=SIDE, bgr=True)
    with pytest.raises(ModelError, match="does not answer as the original does"):
        check(turned, turned.graph.output[0].name, "softmax", pictures, expected)


@pytest.mark.parametrize(
    "text",
    [
        "hat\nshoe\nskirt\nvest\n",
        '["hat", "shoe", "skirt", "vest"]',
        '{"vest": 3, "hat": 0, "shoe": 1, "skirt": 2}',
        '{"0": "hat", "1": ["n2", "shoe"], "2": "skirt", "3": "vest"}',
        NAMES.to_json(),
    ],
)
def test_labels_are_read_as_people_keep_them(text: str, tmp_path: Path) -> None:
    (tmp_path / "labels").write_text(text)
    assert read_labels(tmp_path / "labels", target="category") == NAMES


@pytest.mark.parametrize(
    ("text", "reason"),
    [("hat\n", "lists 1 names"), ("hat\nhat\n", "'hat' more than once"), ('{"hat": 0, "shoe": 2}', "must be 0 to 1")],
)
def test_labels_that_cannot_be_right_are_refused(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "labels").write_text(text)
    with pytest.raises(ModelError, match=reason):
        read_labels(tmp_path / "labels", target="category")


def test_pixels_are_never_guessed() -> None:
    with pytest.raises(ModelError, match="keras-caffe \\(VGG16"):
        preparation(None, None, None, bgr=False)
    with pytest.raises(ModelError, match="no preprocessing called 'imagenet'"):
        preparation("imagenet", None, None, bgr=False)
    with pytest.raises(ModelError, match="leave out"):
        preparation("tf", (0, 0, 0), None, bgr=False)


def test_the_command_writes_a_folder_that_classifies(write: Write, tmp_path: Path, labels: Path) -> None:
    command = ["models", "import", str(write("softmax")), "--out", str(tmp_path / "m"), "--labels", str(labels)]
    result = CliRunner().invoke(main, [*command, "--preprocessing", "tf", "--licence", "MIT", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["kind"], found["classes"], found["dimension"]) == ("ONNX", 4, 8)
    assert found["agreement"]["least_cosine"] > 0.9999
    Image.new("RGB", (40, 40), "red").save(tmp_path / "red.png")
    answer = CliRunner().invoke(main, ["classify", str(tmp_path / "m"), str(tmp_path / "red.png"), "--json"])
    assert answer.exit_code == 0, answer.output
    again = CliRunner().invoke(main, [*command, "--preprocessing", "tf"])
    assert again.exit_code == 1
    assert "is there already" in again.stderr
    silent = CliRunner().invoke(main, [*command[:-2], "--mean", "1,2"])
    assert silent.exit_code == 2
