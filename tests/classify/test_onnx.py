"""A model folder: what is computed from it, what is checked when it is opened, and what the messages say."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shelflens.classify.labels import Labels
from shelflens.classify.loading import load_classifier
from shelflens.classify.onnx import OnnxClassifier, softmax
from shelflens.embed.loading import load_embedder
from shelflens.errors import ModelError, ShelflensError


@pytest.fixture
def damaged(model: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return shutil.copytree(model, tmp_path / "damaged")


def relabel(folder: Path, **changes: object) -> None:
    labels = Labels.read(folder / "labels.json")
    (folder / "labels.json").write_text(dataclasses.replace(labels, **changes).to_json(), encoding="utf-8")  # type: ignore[arg-type]  # the test's own fields


def test_int8_is_used_where_it_is_there(damaged: Path, pictures: list[Image.Image]) -> None:
    both = load_classifier(str(damaged)).classify(pictures)
    np.testing.assert_array_equal(both, load_classifier(str(damaged / "model.int8.onnx")).classify(pictures))
    (damaged / "model.int8.onnx").unlink()
    exact = load_classifier(str(damaged)).classify(pictures)
    assert (exact != both).any()
    np.testing.assert_allclose(exact, both, atol=0.2)


def test_the_temperature_divides_the_logits(damaged: Path, pictures: list[Image.Image]) -> None:
    relabel(damaged, temperature=1.0)
    plain = load_classifier(str(damaged)).classify(pictures)
    relabel(damaged, temperature=2.5)
    softer = load_classifier(str(damaged)).classify(pictures)
    cooled = plain ** (1 / 2.5)
    np.testing.assert_allclose(softer, cooled / cooled.sum(axis=1, keepdims=True), rtol=1e-6)
    assert (softer.argmax(axis=1) == plain.argmax(axis=1)).all()


def test_softmax_bears_any_logits() -> None:
    np.testing.assert_allclose(softmax(np.array([1e6, 1e6, -1e6])), [0.5, 0.5, 0])


def test_the_same_network_embeds(model: Path, pictures: list[Image.Image]) -> None:
    own = load_embedder(f"onnx:{model / 'model.int8.onnx'}").embed(pictures)
    np.testing.assert_allclose(own, load_embedder("lite0").embed(pictures), atol=1e-6)


def test_a_damaged_network_is_refused(damaged: Path) -> None:
    data = bytearray((damaged / "model.int8.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (damaged / "model.int8.onnx").write_bytes(data)
    with pytest.raises(ModelError, match="SHA-256"):
        load_classifier(str(damaged))


def test_labels_of_another_model_are_refused(damaged: Path) -> None:
    relabel(damaged, names=("a", "b", "c"), groups=())
    with pytest.raises(ModelError, match="lists 3 labels; they belong to different models"):
        load_classifier(str(damaged))


def test_a_network_without_logits_says_so(damaged: Path) -> None:
    bundled = Path(__file__).parents[2] / "src" / "shelflens" / "embed" / "models"
    for suffix in ("onnx", "json"):
        shutil.copy(bundled / f"lite0.{suffix}", damaged / f"model.int8.{suffix}")
    with pytest.raises(ModelError, match="no output 'logits', so it cannot classify"):
        load_classifier(str(damaged))


def test_what_is_no_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds neither"):
        load_classifier(str(tmp_path))
    with pytest.raises(ModelError, match="there is no such model; give the folder"):
        load_classifier(str(tmp_path / "none"))
    with pytest.raises(ShelflensError, match="no classifier called 'clop'"):
        load_classifier("clop:x")


def test_a_folder_without_labels_says_so(damaged: Path) -> None:
    (damaged / "labels.json").unlink()
    with pytest.raises(ModelError, match=r"labels.json: the model's labels cannot be read there"):
        load_classifier(str(damaged))


def test_the_classifier_tells_its_model_and_labels(model: Path) -> None:
    classifier = load_classifier(str(model))
    assert isinstance(classifier, OnnxClassifier)
    assert classifier.manifest.name == "shapes"
    assert classifier.labels == Labels.read(model / "labels.json")
