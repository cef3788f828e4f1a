"""Each recipe learns, and tuning chooses its settings without looking at what is held out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("shelflens.train.session", reason="needs pip install 'shelflens[train]'")

import torch
from tests.train.conftest import draw_folders

from shelflens.feed.base import BadRow
from shelflens.indexing import PhotoReader
from shelflens.train import classifying
from shelflens.train.augmentation import augmentation
from shelflens.train.backbones.loading import load_backbone
from shelflens.train.dataset import Dataset, Sources, read_dataset
from shelflens.train.fitting import predict
from shelflens.train.inputs import FeatureCache, PictureInputs
from shelflens.train.recipes.base import Run, load_recipe
from shelflens.train.tuning import Tuned, splits, tune

CPU = torch.device("cpu")


def nobody(*_event: object) -> None:
    """Nobody listens."""


@pytest.fixture(scope="module")
def data(folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return read_dataset(
        Sources(str(folders)),
        load_backbone("tutorial:32").preprocessing,
        PhotoReader(),
        tmp_path_factory.mktemp("pictures"),
        seed=0,
        workers=1,
        on_progress=nobody,
        on_bad=nobody,
    )


def run(data: Dataset, recipe: str, folder: Path) -> Run:
    torch.manual_seed(0)
    defaults = load_recipe(recipe).defaults
    return Run(
        backbone=load_backbone("tutorial:32"),
        pictures=data.pictures,
        labels=data.classes,
        classes=4,
        train=data.train,
        held=data.held,
        catalogue=data.catalogue,
        viewed=data.train,
        settings=replace(defaults, epochs=10, batch=8, learning_rate=3e-3, pretrained_rate=1.0),
        seed=0,
        head_seed=0,
        device=CPU,
        cache=FeatureCache(folder, CPU, nobody),
        keep=None,
        on_progress=nobody,
        on_epoch=nobody,
    )


@pytest.mark.parametrize("recipe", ["full", "head", "partial", "scratch"])
def test_every_recipe_learns_from_pixels_to_classes(recipe: str, data: Dataset, tmp_path: Path) -> None:
    """From random weights, so that only what is learnt can be right."""
    made = run(data, recipe, tmp_path)
    before = {name: value.clone() for name, value in made.backbone.stages.state_dict().items()}
    trained = load_recipe(recipe).train(made)
    inputs = PictureInputs(data.pictures, augmentation("none", 32), CPU)
    _, logits = predict(trained.network, inputs, data.train)
    assert float((logits.argmax(dim=1).numpy() == data.classes[data.train]).mean()) > 0.6  # one in four by chance
    assert len(trained.history) == 10
    for name, value in made.backbone.stages.state_dict().items():
        assert torch.equal(value, before[name])  # others may begin from it too


def test_a_recipe_without_a_naming_loss_gets_its_classifier_afterwards(data: Dataset, tmp_path: Path) -> None:
    made = run(data, "head", tmp_path)
    trained = load_recipe("head").train(replace(made, settings=replace(made.settings, loss="arcface")))
    inputs = PictureInputs(data.pictures, augmentation("none", 32), CPU)
    _, logits = predict(trained.network, inputs, data.train)
    assert float((logits.argmax(dim=1).numpy() == data.classes[data.train]).mean()) > 0.6


@pytest.mark.parametrize("recipe", ["full", "head", "partial", "scratch"])
def test_neighbours_know_the_photos_that_were_learnt_from(recipe: str, data: Dataset, tmp_path: Path) -> None:
    made = run(data, recipe, tmp_path)
    trained = load_recipe(recipe).train(replace(made, settings=replace(made.settings, neighbours=1.0)))
    inputs = PictureInputs(data.pictures, augmentation("none", 32), CPU)
    _, logits = predict(trained.network, inputs, data.train)
    assert float((logits.argmax(dim=1).numpy() == data.classes[data.train]).mean()) > 0.9


def test_of_more_photos_than_are_remembered_every_class_keeps_some(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifying, "_REMEMBERED", 8)
    made = run(data, "head", tmp_path)
    trained = load_recipe("head").train(replace(made, settings=replace(made.settings, neighbours=0.5, epochs=1)))
    assert trained.network.neighbours is not None
    assert trained.network.neighbours.values.sum(dim=0).tolist() == [2, 2, 2, 2]


def test_tuning_goes_on_where_it_was_stopped(data: Dataset, tmp_path: Path) -> None:
    made = run(data, "head", tmp_path)
    made = replace(made, settings=replace(made.settings, epochs=2))
    seen: list[int] = []

    def tuned(trials: int) -> Tuned:
        return tune(
            load_recipe("head"),
            made,
            trials=trials,
            target="product_id",
            storage=tmp_path / "tuning.log",
            on_trial=lambda number, _score: seen.append(number),
        )

    tuned(2)
    chosen = tuned(3)
    assert seen == [1, 2, 3]
    assert chosen.trials == 3
    assert 0 < chosen.score <= 1
    for name, value in chosen.changes.items():
        assert getattr(chosen.settings, name) == value


def test_folds_never_touch_what_is_held_out_and_leave_whole_products_unseen(data: Dataset, tmp_path: Path) -> None:
    made = run(data, "head", tmp_path)
    many = replace(made, labels=np.arange(len(data.classes)) // 3, classes=14)  # as if it were 14 products
    found = splits(many, target="product_id")
    assert len(found) == 3
    for train, held, unseen in found:
        assert not set(made.held) & {*train, *held, *unseen}
        assert not set(train) & {*held, *unseen}
        assert not set(many.labels[unseen]) & set(many.labels[train])


def test_a_photo_to_judge_by_of_an_unknown_class_is_reported(folders: Path, tmp_path: Path) -> None:
    draw_folders(tmp_path / "known", photos=2, classes=("red", "blue"))
    (tmp_path / "known" / "red").rename(tmp_path / "known" / "crimson")
    bad: list[BadRow] = []
    found = read_dataset(
        Sources(str(folders), validation=str(tmp_path / "known")),
        load_backbone("tutorial:32").preprocessing,
        PhotoReader(),
        tmp_path / "pictures",
        seed=0,
        workers=1,
        on_progress=nobody,
        on_bad=bad.append,
    )
    assert {found.labels.names[place] for place in found.classes[found.held]} == {"blue"}
    assert [row.product_id for row in bad] == ["crimson", "crimson"]
    assert "'crimson', which no training photo has" in bad[0].reason


def test_few_classes_are_judged_by_accuracy_alone(data: Dataset, tmp_path: Path) -> None:
    assert all(not len(unseen) for _, _, unseen in splits(run(data, "head", tmp_path), target="product_id"))
