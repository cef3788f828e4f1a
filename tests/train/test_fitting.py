"""The loop: repeatable, resumable, and stopping when it should."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("shelflens.train.session", reason="needs pip install 'shelflens[train]'")

import torch
from torch import Tensor, nn

from shelflens.errors import ShelflensError
from shelflens.train.classifying import fit_classifier
from shelflens.train.fitting import Epoch, Examples, Fit, fit, predict
from shelflens.train.learner import Head, Learner
from shelflens.train.losses import NAMING, parse
from shelflens.train.sampling import Rows
from shelflens.train.settings import Settings

SETTINGS = Settings(epochs=6, batch=16, learning_rate=0.02, dropout=0.1, embedding=4, label_smoothing=0.0)


@dataclass(frozen=True)
class Points:
    """Clouds of points, one for each class: inputs that a person can picture."""

    values: NDArray[np.float32]  # (N, 5)

    def training(self, rows: Rows, random: np.random.Generator) -> Tensor:
        noise = random.normal(scale=0.1, size=(len(rows), 5))
        return torch.from_numpy(self.values[rows] + noise.astype(np.float32))

    def served(self, rows: Rows) -> Tensor:
        return torch.from_numpy(self.values[rows])


def examples(*, noise: float = 0.6) -> Examples:
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 40)
    values = (np.eye(3, 5)[labels] + random.normal(scale=noise, size=(120, 5))).astype(np.float32)
    rows = random.permutation(120)
    return Examples(Points(values), labels, rows[:90], rows[90:], rows[:0], 3)


def learner(settings: Settings) -> Learner:
    torch.manual_seed(0)
    vectors_only = not any(name in NAMING for _, name in parse(settings.loss))
    head = Head(16, 3, embedding=settings.embedding, dropout=settings.dropout, classifies_vectors=vectors_only)
    return Learner(nn.Sequential(nn.Linear(5, 16), nn.BatchNorm1d(16), nn.ReLU()), head)


def run(
    settings: Settings, *, seed: int = 0, keep: Path | None = None, stop_after: int = 0, data: Examples | None = None
) -> tuple[Learner, tuple[Epoch, ...]]:
    def on_epoch(epoch: Epoch) -> None:
        if epoch.number == stop_after:
            raise KeyboardInterrupt

    made = learner(settings)
    how = Fit(settings, seed, torch.device("cpu"), keep, lambda *_: None, on_epoch)
    return made, fit(made, data or examples(), how, pretrained=nn.Identity(), frozen_statistics=False)


def weights(made: Learner) -> NDArray[np.float32]:
    return np.concatenate([value.numpy().ravel() for value in made.state_dict().values()])


def timeless(history: tuple[Epoch, ...]) -> list[Epoch]:
    return [replace(epoch, seconds=0.0) for epoch in history]


def test_it_learns() -> None:
    _, history = run(SETTINGS, data=examples(noise=0.2))
    assert history[-1].held_accuracy is not None and history[-1].held_accuracy > 0.9
    assert history[-1].train_loss < history[0].train_loss


@pytest.mark.parametrize("average", ["none", "ema", "swa"])
def test_a_stopped_and_resumed_run_learns_what_it_would_have_learnt_in_one_go(average: str, tmp_path: Path) -> None:
    settings = replace(SETTINGS, average=average, sampler="pxk", mixup=0.2, patience=20)
    whole, history = run(settings)
    with pytest.raises(KeyboardInterrupt):
        run(settings, keep=tmp_path / "kept.pt", stop_after=3)
    resumed, resumed_history = run(settings, keep=tmp_path / "kept.pt")
    np.testing.assert_array_equal(weights(whole), weights(resumed))
    assert timeless(history) == timeless(resumed_history)


def test_the_same_seed_learns_the_same_and_another_something_else() -> None:
    first, second, other = run(SETTINGS)[0], run(SETTINGS)[0], run(SETTINGS, seed=1)[0]
    np.testing.assert_array_equal(weights(first), weights(second))
    assert np.abs(weights(first) - weights(other)).max() > 1e-3


def test_early_stopping_keeps_the_epoch_with_the_least_held_out_loss() -> None:
    settings = replace(SETTINGS, epochs=60, patience=3, learning_rate=0.05, dropout=0.0, weight_decay=0.0, loss="ce")
    data = examples(noise=1.0)  # so noisy that learning by heart sets in
    made, history = run(settings, data=data)
    losses = [epoch.held_loss for epoch in history if epoch.held_loss is not None]
    assert len(history) < 60
    assert len(history) - 1 - int(np.argmin(losses)) == 3
    _, logits = predict(made, data.inputs, data.held)
    left = nn.functional.cross_entropy(logits, torch.from_numpy(data.labels[data.held]))
    assert float(left) == pytest.approx(min(losses), rel=1e-5)


def test_swa_is_the_mean_of_the_last_epochs_weights(tmp_path: Path) -> None:
    settings = replace(SETTINGS, epochs=5)
    ends = []
    for number in range(3, 6):
        with pytest.raises(KeyboardInterrupt):
            run(settings, keep=tmp_path / f"{number}.pt", stop_after=number)
        state = torch.load(tmp_path / f"{number}.pt", weights_only=True)["parts"]["learner"]
        ends.append(state["head.classifier.weight"])
    averaged, _ = run(replace(settings, average="swa"))
    expected = torch.stack(ends).mean(dim=0)
    assert torch.allclose(averaged.head.classifier.weight, expected, atol=1e-6)


def test_l1_draws_weights_to_zero() -> None:
    plain, sparse = run(SETTINGS)[0], run(replace(SETTINGS, l1=0.2))[0]
    assert np.abs(weights(sparse)).sum() < 0.8 * np.abs(weights(plain)).sum()


def test_a_loss_that_is_no_number_is_an_error_that_says_what_to_do() -> None:
    data = examples()
    data.inputs.values[data.train[0]] = np.nan  # type: ignore[attr-defined]  # they are Points here
    with pytest.raises(ShelflensError, match=r"loss is nan after epoch 1.*--set learning_rate="):
        run(SETTINGS, data=data)


@pytest.mark.parametrize("loss", ["supcon", "triplet", "arcface", "subcenter-arcface", "proxy-anchor", "contrastive"])
def test_vectors_alone_can_be_learnt_and_the_classifier_is_fitted_to_them(loss: str) -> None:
    settings = replace(SETTINGS, loss=loss, dropout=0.0)
    data = examples(noise=0.2)
    made, history = run(settings, data=data)
    assert history[-1].held_accuracy is None
    fit_classifier(made, data)
    _, logits = predict(made, data.inputs, data.held)
    assert float((logits.argmax(dim=1).numpy() == data.labels[data.held]).mean()) > 0.9


def test_two_classes_get_a_fitted_classifier_too() -> None:
    data = examples(noise=0.2)
    two = data.labels < 2
    data = replace(data, classes=2, train=data.train[two[data.train]], held=data.held[two[data.held]])
    torch.manual_seed(0)
    made = Learner(nn.Linear(5, 16), Head(16, 2, embedding=4, dropout=0.0, classifies_vectors=True))
    fit_classifier(made, data)
    _, logits = predict(made, data.inputs, data.held)
    assert float((logits.argmax(dim=1).numpy() == data.labels[data.held]).mean()) > 0.9


def test_catalogue_pictures_join_the_photos_of_their_product() -> None:
    data = examples()
    seen: list[Rows] = []

    class Watched(Points):
        def training(self, rows: Rows, random: np.random.Generator) -> Tensor:
            seen.append(rows)
            return super().training(rows, random)

    pictures = data.held[:6]
    inputs = Watched(data.inputs.values)  # type: ignore[attr-defined]  # they are Points here
    one_class = data.train[data.labels[data.train] == 1]
    settings = replace(SETTINGS, catalogue_pictures=2, loss="ce", epochs=1)
    run(settings, data=replace(data, inputs=inputs, catalogue=pictures, held=data.held[6:], train=one_class))
    for rows in seen:
        joined = [row for row in rows.tolist() if row in set(pictures.tolist())]
        assert len(joined) == min(2, int((data.labels[pictures] == 1).sum()))
        assert all(data.labels[row] == 1 for row in joined)
