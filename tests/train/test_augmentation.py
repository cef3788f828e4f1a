"""Photos changed as a customer's might be."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("shelflens.train.session", reason="needs pip install 'shelflens[train]'")

import torch

from shelflens.errors import ShelflensError
from shelflens.train.augmentation import PIPELINES, augmentation, mixed


def canvas() -> torch.Tensor:
    torch.manual_seed(5)
    return torch.rand(4, 3, 40, 40)


@pytest.mark.parametrize("name", PIPELINES)
def test_pictures_come_out_in_the_size_and_range_of_pictures(name: str) -> None:
    out = augmentation(name, 32)(canvas())
    assert out.shape == (4, 3, 32, 32)
    assert float(out.min()) >= 0
    assert float(out.max()) <= 1


@pytest.mark.parametrize("name", ["flip", "light", "strong"])
def test_the_same_seed_gives_the_same_pictures_and_another_others(name: str) -> None:
    augment = augmentation(name, 32)
    torch.manual_seed(1)
    once = augment(canvas())
    torch.manual_seed(5)  # canvas() has seeded it
    assert torch.equal(augmentation(name, 32)(canvas()), augment(canvas()))
    found = canvas()
    torch.manual_seed(2)
    assert not torch.equal(augment(found), once)


def test_none_is_the_canvas_made_smaller() -> None:
    smooth = torch.linspace(0, 1, 40).expand(1, 3, 40, 40)
    expected = torch.nn.functional.interpolate(smooth, size=32, mode="bilinear", align_corners=False)
    assert torch.allclose(augmentation("none", 32)(smooth), expected, atol=0.02)


def test_an_unknown_augmentation_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(ShelflensError, match=r"'heavy'.*none, flip, light, strong"):
        augmentation("heavy", 32)


def one_hot(count: int) -> torch.Tensor:
    return torch.eye(count)


def test_mixup_fades_pictures_and_truths_alike() -> None:
    """With picture i made of the number i alone, the picture's value is the mean of the truth's numbers."""
    inputs = torch.arange(6.0)[:, None, None, None].expand(6, 3, 8, 8)
    pictures, truth = mixed(inputs, one_hot(6), mixup=1.0, cutmix=0.0, random=np.random.default_rng(0))
    expected = truth @ torch.arange(6.0)
    assert torch.allclose(pictures.mean((1, 2, 3)), expected, atol=1e-5)
    assert torch.allclose(pictures.std((1, 2, 3)), torch.zeros(6), atol=1e-5)


def test_cutmix_shares_are_the_shares_of_the_pixels() -> None:
    inputs = torch.arange(6.0)[:, None, None, None].expand(6, 3, 16, 16)
    for seed in range(5):
        pictures, truth = mixed(inputs, one_hot(6), mixup=0.0, cutmix=1.0, random=np.random.default_rng(seed))
        for row in range(6):
            shares = torch.bincount(pictures[row, 0].flatten().long(), minlength=6) / 256
            assert torch.allclose(truth[row], shares, atol=1e-6)


def test_nothing_is_mixed_while_both_are_off() -> None:
    inputs, truth = canvas(), one_hot(4)
    same = mixed(inputs, truth, mixup=0.0, cutmix=0.0, random=np.random.default_rng(0))
    assert same[0] is inputs and same[1] is truth
