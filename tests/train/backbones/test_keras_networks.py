"""Keras networks as stages of torch: the same numbers, trainable, copied, exported."""

from __future__ import annotations

import copy
import os
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
os.environ["KERAS_BACKEND"] = "torch"
pytest.importorskip("keras", reason="Keras networks need the extra `import`")

import keras
import numpy as np
from torch import nn

from shelflens.errors import ModelError
from shelflens.train.backbones.base import Backbone, pooled
from shelflens.train.backbones.keras_networks import preparation_of
from shelflens.train.backbones.loading import load_backbone

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # keras's own, when it saves
SIDE = 64


@pytest.fixture(scope="module")
def resnet() -> Backbone:
    torch.manual_seed(2)
    return load_backbone("keras:ResNet50:weights=random:size=64")


def test_stages_in_a_row_are_the_network(resnet: Backbone) -> None:
    """The slow twin is the whole network, as Keras makes it, with the same weights."""
    whole = keras.applications.ResNet50(weights=None, include_top=False, input_shape=(64, 64, 3))
    weights = {variable.path: variable for stage in resnet.stages for variable in stage.network.variables}
    for variable in whole.variables:
        variable.assign(weights[variable.path])
    pixels = torch.randn(2, 3, SIDE, SIDE)
    with torch.no_grad():
        expected = whole(pixels.flip(1).permute(0, 2, 3, 1), training=False).permute(0, 3, 1, 2)
        torch.testing.assert_close(resnet.stages(pixels), expected, atol=1e-4, rtol=1e-4)
    assert expected.shape[1] == resnet.dimension == 2048


def test_the_frozen_part_ends_where_maps_are_small(resnet: Backbone) -> None:
    lower, upper = resnet.split(resnet.cut)
    with torch.no_grad():
        below = lower(torch.zeros(1, 3, SIDE, SIDE))
        assert below.shape[2] * 16 >= SIDE > upper[0](below).shape[2] * 16


def test_blue_comes_first_where_the_network_wants_it() -> None:
    torch.manual_seed(2)
    vgg = load_backbone(f"keras:VGG16:weights=random:size={SIDE}")
    picture = torch.randint(0, 256, (1, 3, SIDE, SIDE)).float()
    mean = torch.tensor(vgg.preprocessing.mean)[:, None, None]
    wanted = keras.applications.vgg16.preprocess_input(picture.permute(0, 2, 3, 1).numpy().copy())
    with torch.no_grad():
        expected = vgg.stages[0].network(torch.from_numpy(wanted.copy()), training=False).permute(0, 3, 1, 2)
        torch.testing.assert_close(vgg.stages[0](picture - mean), expected, atol=1e-3, rtol=1e-4)


def test_a_copy_learns_and_the_original_stays(resnet: Backbone) -> None:
    digest = resnet.digest
    copied = copy.deepcopy(resnet.stages).train()
    optimizer = torch.optim.SGD(copied.parameters(), lr=0.1)
    pixels = torch.randn(2, 3, SIDE, SIDE)
    before = pooled(resnet.stages(pixels)).detach()
    pooled(copied(pixels)).square().mean().backward()
    optimizer.step()
    assert resnet.digest == digest
    assert not torch.allclose(pooled(copied.eval()(pixels)), before)


def test_the_same_seed_gives_the_same_random_weights() -> None:
    digests = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        digests.append(load_backbone(f"keras:MobileNetV2:weights=random:size={SIDE}").digest)
    assert digests[0] == digests[1] != digests[2]


def test_local_weights_are_loaded(tmp_path: Path) -> None:
    keras.utils.set_random_seed(5)
    whole = keras.applications.VGG16(weights=None, include_top=False, input_shape=(SIDE, SIDE, 3))
    whole.save_weights(tmp_path / "vgg.weights.h5")
    loaded = load_backbone(f"keras:VGG16:weights={tmp_path}/vgg.weights.h5:size={SIDE}")
    pixels = torch.randn(1, 3, SIDE, SIDE)
    with torch.no_grad():
        expected = whole(pixels.flip(1).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        torch.testing.assert_close(loaded.stages(pixels), expected, atol=1e-4, rtol=1e-4)


def small(folder: Path) -> Path:
    """Two resolutions, a branch that is added again, and a classifier that is left out."""
    layers = keras.layers
    taken = layers.Input((SIDE, SIDE, 3))
    wide = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(taken)
    added = layers.Add()([wide, layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(wide))])
    last = layers.Conv2D(6, 3, strides=4)(added)
    keras.Model(taken, layers.Dense(2)(layers.Flatten()(last))).save(folder / "net.keras")
    return folder / "net.keras"


def test_a_file_of_ones_own_is_taken_up_to_its_last_map(tmp_path: Path) -> None:
    path = small(tmp_path)
    with pytest.raises(ModelError, match="how it wants its pixels"):
        load_backbone(f"keras:{path}")
    backbone = load_backbone(f"keras:{path}:pixels=tf")
    assert (backbone.dimension, backbone.preprocessing.size, len(backbone.stages)) == (6, SIDE, 2)
    assert backbone.stages(torch.zeros(1, 3, SIDE, SIDE)).shape == (1, 6, 8, 8)


def test_a_sequence_of_layers_is_a_network_too(tmp_path: Path) -> None:
    layers = keras.layers
    model = keras.Sequential([layers.Input((32, 32, 3)), layers.Conv2D(6, 3), layers.Flatten(), layers.Dense(2)])
    model.save(tmp_path / "net.keras")
    assert load_backbone(f"keras:{tmp_path}/net.keras:pixels=tf").dimension == 6


def networks() -> list[str]:
    return sorted(name for name in dir(keras.applications) if name[0].isupper())


@pytest.mark.parametrize("name", networks())
def test_pixels_are_prepared_as_each_network_of_keras_prepares_them(name: str) -> None:
    modules = [module for module in vars(keras.applications).values() if hasattr(module, "preprocess_input")]
    module = next((one for one in modules if hasattr(one, name)), keras.applications.mobilenet_v3)
    picture = np.random.default_rng(0).integers(0, 256, (1, 4, 4, 3)).astype(np.float32)
    expected = module.preprocess_input(picture.copy())
    its = preparation_of(name)
    found = (picture - np.array(its.mean)) / np.array(its.std)
    np.testing.assert_allclose(found[..., ::-1] if its.bgr else found, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("VGG17", "no Keras network or file called 'VGG17'; networks are .*VGG16"),
        ("VGG16:weight=random", "'weight=random' is not one of weights=..., size=..., pixels=..."),
        ("VGG16:weights=random:pixels=tf", "pixels= is for files"),
        ("VGG16:weights=nowhere.h5", "imagenet, random, or a file"),
        ("VGG16:weights=random:size=8", "size must be from 32"),
    ],
)
def test_what_is_not_there_is_named(reference: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        load_backbone(f"keras:{reference}")


def test_weights_that_cannot_be_downloaded_may_be_copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A real download, from an address where nobody listens."""
    from keras.src.applications import vgg16

    monkeypatch.setattr(vgg16, "WEIGHTS_PATH_NO_TOP", "http://127.0.0.1:9/vgg.h5")
    monkeypatch.setattr(keras.config, "keras_home", lambda: str(tmp_path), raising=False)
    with pytest.raises(ModelError, match=r"cannot be downloaded.*weights=PATH"):
        load_backbone(f"keras:VGG16:size={SIDE}")


def test_a_network_of_stages_is_exported_with_any_batch(tmp_path: Path) -> None:
    from shelflens.train.export import check_parity, write_onnx
    from shelflens.train.learner import Head, Learner, Served

    network = load_backbone(f"keras:{small(tmp_path)}:pixels=tf")
    lower, upper = network.split(network.cut)
    head = Head(network.dimension, 3, embedding=8, dropout=0.1)
    served: nn.Module = Served(lower, Learner(copy.deepcopy(upper), head), upper, blend=0.3)
    write_onnx(served, SIDE, tmp_path / "m.onnx")
    pixels = torch.randn(3, 3, SIDE, SIDE).numpy()
    assert check_parity(served, tmp_path / "m.onnx", pixels).least_cosine > 0.9999
