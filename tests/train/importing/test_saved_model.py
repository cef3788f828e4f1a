"""TensorFlow SavedModels, as `tf.keras` exports them and as plain TensorFlow saves them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
pytest.importorskip("tensorflow", reason="SavedModels need the extra `tensorflow`")
pytest.importorskip("tf2onnx", reason="SavedModels need the extra `tensorflow`")

import tensorflow as tf
from PIL import Image
from tests.train.importing.conftest import LABELS, Import

from shelflens.classify.labels import Labels
from shelflens.classify.loading import load_classifier
from shelflens.embed.loading import load_embedder
from shelflens.errors import ModelError
from shelflens.picture.pixels import fit

SIDE = 32
SHAPE = (None, SIDE, SIDE, 3)


class Network(tf.Module):
    """A convolution, a dense layer, a softmax."""

    def __init__(self) -> None:
        super().__init__()
        random = tf.random.Generator.from_seed(3)
        self.kernel = tf.Variable(random.normal((4, 4, 3, 8)))
        self.dense = tf.Variable(random.normal((8, 4)))

    def vectors(self, pictures: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.tanh(tf.nn.conv2d(pictures, self.kernel, 4, "VALID")), axis=(1, 2))

    def serve(self, photo: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"shares": tf.nn.softmax(self.vectors(photo) @ self.dense)}


def test_a_classifier_answers_and_embeds_as_tensorflow_does(
    imported: Import, tmp_path: Path, pictures: list[Image.Image]
) -> None:
    network = Network()
    network.served = tf.function(network.serve, input_signature=[tf.TensorSpec(SHAPE, tf.float32, name="photo")])
    tf.saved_model.save(network, tmp_path / "saved", signatures=network.served)
    found = imported(tmp_path / "saved", labels=Labels("category", LABELS))
    squares = np.stack([np.asarray(fit(picture, found.manifest.preprocessing), np.float32) for picture in pictures])
    expected = network.serve(tf.constant(squares / 255))["shares"].numpy()
    before = network.vectors(tf.constant(squares / 255)).numpy()
    np.testing.assert_allclose(load_classifier(str(found.out)).classify(pictures), expected, atol=1e-5)
    vectors = load_embedder(f"onnx:{found.out}/model.onnx").embed(pictures)
    np.testing.assert_allclose(vectors, before / np.linalg.norm(before, axis=1, keepdims=True), atol=1e-5)


def test_a_network_without_a_signature_is_refused(imported: Import, tmp_path: Path) -> None:
    tf.saved_model.save(tf.Module(), tmp_path / "saved")
    with pytest.raises(ModelError, match="has no signature 'serving_default'"):
        imported(tmp_path / "saved")
