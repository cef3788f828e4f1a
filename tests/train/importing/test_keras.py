"""Keras files, loaded again by Keras and compared on pictures that went through our own path."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
os.environ["KERAS_BACKEND"] = "torch"
pytest.importorskip("keras", reason="Keras networks need the extra `import`")

import keras
from keras import layers
from PIL import Image
from tests.train.importing.conftest import LABELS, Import

from shelflens.classify.labels import Labels
from shelflens.classify.loading import load_classifier
from shelflens.embed.loading import load_embedder
from shelflens.errors import ModelError
from shelflens.picture.pixels import fit
from shelflens.train.importing.preparing import PREPARATIONS

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # keras's own, when it saves
SIDE = 32
NAMES = Labels("category", LABELS)


def small(*last: layers.Layer, side: int | None = SIDE) -> keras.Model:
    keras.utils.set_random_seed(3)
    body = [
        layers.Input((side, side, 3)),
        layers.Conv2D(6, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(8, activation="tanh"),
        layers.Dropout(0.4),
    ]
    return keras.Sequential([*body, *last])


def saved(model: keras.Model, path: Path) -> Path:
    model.save(path)
    return path


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_classifier_answers_and_embeds_as_keras_does(
    imported: Import, tmp_path: Path, pictures: list[Image.Image], suffix: str
) -> None:
    model = small(layers.Dense(4, activation="softmax"))
    found = imported(saved(model, tmp_path / f"m.{suffix}"), labels=NAMES)
    assert (found.classes, found.manifest.dimension, found.manifest.preprocessing.size) == (4, 8, SIDE)
    squares = np.stack([np.asarray(fit(picture, found.manifest.preprocessing)) for picture in pictures]) / 255
    expected = model.predict(squares, verbose=0)
    np.testing.assert_allclose(load_classifier(str(found.out)).classify(pictures), expected, atol=1e-5)
    before = keras.Model(model.inputs, model.layers[-2].output).predict(squares, verbose=0)
    vectors = load_embedder(f"onnx:{found.out}/model.onnx").embed(pictures)
    np.testing.assert_allclose(vectors, before / np.linalg.norm(before, axis=1, keepdims=True), atol=1e-5)


def test_caffe_pixels_are_those_of_keras(imported: Import, tmp_path: Path, pictures: list[Image.Image]) -> None:
    """Blue first, the mean taken off: as `preprocess_input` of VGG16 does it."""
    model = small()
    found = imported(saved(model, tmp_path / "m.keras"), preprocessing="keras-caffe")
    squares = np.stack([np.asarray(fit(picture, found.manifest.preprocessing), np.float32) for picture in pictures])
    wanted = keras.applications.vgg16.preprocess_input(squares.copy())
    expected = model.predict(wanted, verbose=0)
    vectors = load_embedder(f"onnx:{found.out}/model.onnx").embed(pictures)
    np.testing.assert_allclose(vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-4)


@pytest.mark.parametrize("mode", ["tf", "torch"])
def test_other_preparations_are_those_of_keras(mode: str) -> None:
    grey = np.full((1, 4, 4, 3), 200.0, np.float32)
    wanted = keras.applications.imagenet_utils.preprocess_input(grey.copy(), mode=mode)[0, 0, 0]
    its = PREPARATIONS[mode]
    np.testing.assert_allclose((200 - np.array(its.mean)) / np.array(its.std), wanted, atol=1e-4)


def test_a_map_is_averaged_with_the_channels_where_keras_has_them(
    imported: Import, tmp_path: Path, pictures: list[Image.Image]
) -> None:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([layers.Input((SIDE, SIDE, 3)), layers.Conv2D(8, 3, strides=2, activation="relu")])
    found = imported(saved(model, tmp_path / "m.keras"), preprocessing="tf")
    squares = np.stack([np.asarray(fit(picture, found.manifest.preprocessing), np.float32) for picture in pictures])
    expected = model.predict(squares / 127.5 - 1, verbose=0).mean(axis=(1, 2))
    assert found.manifest.dimension == 8
    vectors = load_embedder(f"onnx:{found.out}/model.onnx").embed(pictures)
    np.testing.assert_allclose(vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-4)


def test_a_network_for_any_size_wants_one(imported: Import, tmp_path: Path) -> None:
    path = saved(small(side=None), tmp_path / "m.keras")
    with pytest.raises(ModelError, match="give --size"):
        imported(path)
    assert imported(path, size=48).manifest.preprocessing.size == 48


def test_a_size_that_is_not_the_networks_is_refused(imported: Import, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="takes pictures of 32 pixels, not 64"):
        imported(saved(small(), tmp_path / "m.keras"), size=64)


def test_code_in_a_file_is_refused(imported: Import, tmp_path: Path) -> None:
    path = saved(small(layers.Lambda(lambda x: 2 * x, output_shape=(8,))), tmp_path / "m.keras")
    with pytest.raises(ModelError, match="Lambda layer"):
        imported(path)


def test_weights_alone_are_refused(imported: Import, tmp_path: Path) -> None:
    small().save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ModelError, match="A file of weights alone"):
        imported(tmp_path / "m.weights.h5")
