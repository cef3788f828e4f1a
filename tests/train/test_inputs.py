"""Features of the frozen stages, computed once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("shelflens.train.session", reason="needs pip install 'shelflens[train]'")

import torch
from torch import nn

from shelflens.feed.base import Columns
from shelflens.indexing import PhotoReader
from shelflens.train import forward
from shelflens.train.augmentation import augmentation
from shelflens.train.backbones.loading import load_backbone
from shelflens.train.inputs import CachedInputs, FeatureCache, Features, PictureInputs
from shelflens.train.photos import read_photos
from shelflens.train.pictures import Pictures, decode_all
from shelflens.types import Preprocessing

ROWS = np.arange(0, 40, 2)  # of which all views are wanted


@pytest.fixture(autouse=True, params=["torch", "onnxruntime"])
def run_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs the frozen stages: many photos and few."""
    monkeypatch.setattr(forward, "WORTH_EXPORTING", 0 if request.param == "onnxruntime" else 10**6)


@pytest.fixture(scope="module")
def pictures(folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    photos = read_photos(str(folders), "product_id", role="train", columns=Columns(), on_bad=lambda _: None)
    return decode_all(
        photos,
        Preprocessing(size=32),
        PhotoReader(),
        tmp_path_factory.mktemp("work"),
        workers=1,
        on_progress=lambda *_: None,
        on_bad=lambda _: None,
    )


@pytest.fixture(scope="module")
def lower() -> nn.Module:
    torch.manual_seed(0)
    return load_backbone("tutorial:32").split(2)[0]


def features(lower: nn.Module, pictures: Pictures, folder: Path, *, stop_at: int = 0, pool: bool = False) -> Features:
    def on_progress(_stage: str, done: int, _total: int | None) -> None:
        if done == stop_at:
            raise KeyboardInterrupt

    cache = FeatureCache(folder, torch.device("cpu"), on_progress)
    return cache.features(lower, "weights", pictures, views=3, augment="light", rows=ROWS, pool=pool)


def test_the_first_view_is_the_photo_as_it_is_served_and_others_are_augmented(
    lower: nn.Module, pictures: Pictures, tmp_path: Path
) -> None:
    found = features(lower, pictures, tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".npy", ".done"}
    served = PictureInputs(pictures, augmentation("none", 32), torch.device("cpu")).served(ROWS)
    with torch.no_grad():
        expected = lower(served).permute(0, 2, 3, 1)
    np.testing.assert_allclose(found[ROWS, 0], expected.numpy(), atol=2e-3)
    values = found[ROWS].astype(np.float32)
    assert np.abs(values[:, 1] - values[:, 0]).mean() > 0.01
    assert np.abs(values[:, 2] - values[:, 1]).mean() > 0.01


def test_photos_that_are_not_learnt_from_have_their_first_view_only(
    lower: nn.Module, pictures: Pictures, tmp_path: Path
) -> None:
    found = features(lower, pictures, tmp_path)
    others = np.setdiff1d(np.arange(40), ROWS)
    assert found[others, 0].any()
    assert not found[others, 1:].any()


def test_making_features_goes_on_where_it_was_stopped(lower: nn.Module, pictures: Pictures, tmp_path: Path) -> None:
    whole = features(lower, pictures, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        features(lower, pictures, tmp_path / "stopped", stop_at=32)
    np.testing.assert_array_equal(features(lower, pictures, tmp_path / "stopped"), whole)


def test_features_are_made_once(lower: nn.Module, pictures: Pictures, tmp_path: Path) -> None:
    first = features(lower, pictures, tmp_path)
    again = features(nn.Identity(), pictures, tmp_path)  # which would give other ones
    np.testing.assert_array_equal(first, again)


def test_pooled_features_are_the_mean_over_the_picture(lower: nn.Module, pictures: Pictures, tmp_path: Path) -> None:
    maps = features(lower, pictures, tmp_path)[:, 0].astype(np.float32)
    pooled = features(lower, pictures, tmp_path, pool=True)[:, 0]
    np.testing.assert_allclose(pooled, maps.mean(axis=(1, 2)), atol=2e-3)


def test_training_draws_views_and_serving_does_not() -> None:
    found = np.arange(4 * 3, dtype=np.float16).reshape(4, 3, 1)
    inputs = CachedInputs(found, torch.device("cpu"))
    rows = np.array([2] * 60)
    drawn = inputs.training(rows, np.random.default_rng(0))
    assert set(drawn.flatten().tolist()) == {6.0, 7.0, 8.0}
    assert set(inputs.served(rows).flatten().tolist()) == {6.0}
