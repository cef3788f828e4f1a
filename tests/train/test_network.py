"""Heads, blending, ensembles, and their export: what is served is what was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("shelflens.train.session", reason="needs pip install 'shelflens[train]'")

import onnx
import torch
from torch import nn

from shelflens.errors import ModelError, ShelflensError
from shelflens.network.session import open_session
from shelflens.train import ensemble
from shelflens.train.backbones.loading import load_backbone
from shelflens.train.export import check_parity, output_dimension, write_onnx
from shelflens.train.learner import SHARPNESS, Head, Learner, Neighbours, Served, unit
from shelflens.train.quantisation import write_int8

SIZE = 32


def served(*, seed: int = 0, blend: float = 0.3, embedding: int = 6) -> Served:
    torch.manual_seed(seed)
    backbone = load_backbone(f"tutorial:{SIZE}")
    lower, upper = backbone.split(backbone.cut)
    frozen = load_backbone(f"tutorial:{SIZE}").split(backbone.cut)[1]
    return Served(lower, Learner(upper, Head(512, 4, embedding=embedding, dropout=0.5)), frozen, blend=blend).eval()


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    torch.manual_seed(9)
    return torch.randn(6, 3, SIZE, SIZE)


def test_the_exported_cosine_is_the_blend_of_the_learnt_and_the_frozen(pixels: torch.Tensor) -> None:
    network = served(blend=0.3)
    with torch.no_grad():
        vectors = network(pixels).vectors
        below = network.lower(pixels)
        learnt = network.learner(below).vectors
        assert network.frozen is not None
        frozen = unit(network.frozen(below))
    assert torch.allclose(vectors.norm(dim=1), torch.ones(6), atol=1e-5)
    assert torch.allclose(vectors @ vectors.T, 0.7 * learnt @ learnt.T + 0.3 * frozen @ frozen.T, atol=1e-5)


def test_without_a_blend_the_frozen_stages_are_not_exported(pixels: torch.Tensor) -> None:
    network = served(blend=0.0)
    assert network.frozen is None
    assert network(pixels).vectors.shape == (6, 6)


def test_standardised_features_have_mean_0_and_deviation_1() -> None:
    torch.manual_seed(0)
    features = 3 + 5 * torch.rand(100, 16)
    head = Head(16, 2, embedding=0, dropout=0.0)
    head.standardise(features)
    with torch.no_grad():
        vectors, _ = head(features)
    standard = (features - features.mean(0)) / features.std(0)
    assert torch.allclose(vectors, unit(standard), atol=1e-5)


def test_onnx_answers_as_torch_does_in_any_batch(pixels: torch.Tensor, tmp_path: Path) -> None:
    network = served()
    write_onnx(network, SIZE, tmp_path / "model.onnx")
    session = open_session(tmp_path / "model.onnx", threads=1)
    with torch.no_grad():
        expected = network(pixels)
    for count in (1, 6):
        embedding, logits = session.run(["embedding", "logits"], {"pixels": pixels[:count].numpy()})
        np.testing.assert_allclose(embedding, expected.vectors[:count].numpy(), atol=1e-5)
        np.testing.assert_allclose(logits, expected.logits[:count].numpy(), atol=1e-4)
    assert output_dimension(tmp_path / "model.onnx") == 518
    parity = check_parity(network, tmp_path / "model.onnx", pixels.numpy())
    assert parity.photos == 6
    assert parity.least_cosine > 0.9999
    text = (tmp_path / "model.onnx").read_bytes()
    assert b".py" not in text and b"site-packages" not in text  # nothing of the machine that trained

    with pytest.raises(ModelError, match=r"model\.onnx does not do what the torch network does"):
        check_parity(served(seed=1), tmp_path / "model.onnx", pixels.numpy())

    write_int8(tmp_path / "model.onnx", tmp_path / "int8.onnx", iter(pixels.numpy()))
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".prepared"]
    quantised = onnx.load(tmp_path / "int8.onnx")
    convolutions = [node for node in quantised.graph.node if node.op_type == "Conv"]
    from_int8 = {node.output[0] for node in quantised.graph.node if node.op_type == "DequantizeLinear"}
    assert [node.input[0] in from_int8 for node in convolutions] == [False] * 3 + [True] * (len(convolutions) - 3)
    embedding, _ = open_session(tmp_path / "int8.onnx", threads=1).run(
        ["embedding", "logits"], {"pixels": pixels.numpy()}
    )
    assert (embedding * expected.vectors.numpy()).sum(axis=1).min() > 0.98


def test_neighbours_have_their_share_in_torch_and_in_onnx(pixels: torch.Tensor, tmp_path: Path) -> None:
    plain, labels, share = served(), torch.tensor([0, 1, 1, 3]), 0.25
    with torch.no_grad():
        vectors, logits, _ = plain.learner(plain.lower(pixels))
        network = Served(
            plain.lower,
            plain.learner,
            nn.Identity(),
            blend=0.0,
            neighbours=Neighbours(vectors[:4], labels, classes=4, share=share),
        ).eval()
        found = network(pixels).logits.exp().numpy()
    expected = (1 - share) * logits.softmax(dim=1).numpy()
    for row, vector in enumerate(vectors.numpy()):
        says = np.exp(SHARPNESS * (vectors[:4].numpy() @ vector))
        for label, one in zip(labels.tolist(), says / says.sum(), strict=True):
            expected[row, label] += share * one
    np.testing.assert_allclose(found, expected, atol=1e-5)
    write_onnx(network, SIZE, tmp_path / "model.onnx")
    assert check_parity(network, tmp_path / "model.onnx", pixels.numpy()).most_difference < 1e-3


def test_side_by_side_answers_are_the_mean_of_the_members_probabilities(pixels: torch.Tensor) -> None:
    members = [served(seed=seed) for seed in range(3)]
    with torch.no_grad():
        output = ensemble.scores(members)(pixels)
        each = [member(pixels) for member in members]
    mean = sum(one.logits.softmax(dim=1) for one in each) / 3
    assert torch.allclose(output.logits.softmax(dim=1), mean, atol=1e-5)
    cosines = sum(one.vectors @ one.vectors.T for one in each) / 3
    assert torch.allclose(output.vectors @ output.vectors.T, cosines, atol=1e-5)


def test_a_mirrored_network_answers_alike_for_a_photo_and_its_mirror_image(pixels: torch.Tensor) -> None:
    network = ensemble.Mirrored(served())
    with torch.no_grad():
        straight, mirrored = network(pixels), network(pixels.flip(3))
        once = network.network(pixels).logits.softmax(1) + network.network(pixels.flip(3)).logits.softmax(1)
    assert torch.allclose(straight.vectors, mirrored.vectors, atol=1e-6)
    assert torch.allclose(straight.logits.softmax(1), once / 2, atol=1e-6)


def test_a_soup_has_the_mean_of_the_members_weights(pixels: torch.Tensor) -> None:
    members = [served(seed=seed) for seed in range(2)]
    mixed = ensemble.soup(members)
    for name, value in mixed.state_dict().items():
        assert torch.allclose(value, (members[0].state_dict()[name] + members[1].state_dict()[name]) / 2)
    same = ensemble.soup([members[0], members[0]])
    assert torch.equal(same(pixels).logits, members[0](pixels).logits)


def test_a_soup_of_different_networks_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ShelflensError, match="--fuse scores"):
        ensemble.soup([served(), served(embedding=7)])


def test_a_map_that_was_pooled_is_an_output_too(tmp_path: Path) -> None:
    """What tells where in the picture the answer comes from."""
    network = Served(
        nn.Identity(), Learner(nn.Conv2d(3, 8, 3), Head(8, 4, embedding=0, dropout=0.0)), nn.Identity(), blend=0
    )
    write_onnx(network, SIZE, tmp_path / "model.onnx")
    session = open_session(tmp_path / "model.onnx", threads=1)
    embedding, activations = session.run(
        ["embedding", "activations"], {"pixels": np.ones((1, 3, SIZE, SIZE), np.float32)}
    )
    mean = activations.mean(axis=(2, 3))
    np.testing.assert_allclose(embedding, mean / np.linalg.norm(mean), atol=1e-5)
