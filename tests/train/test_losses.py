"""Each loss against an obviously right loop, or against what it is for."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("shelflens.train.session", reason="needs pip install 'shelflens[train]'")

import torch

from shelflens.errors import ShelflensError
from shelflens.train.learner import unit
from shelflens.train.losses import DRAWING, Objective, Shape, class_weights, parse
from shelflens.train.settings import Settings

LABELS = torch.tensor([0, 0, 1, 1, 2, 2])
SHAPE = Shape(classes=3, dimension=8, weights=None)


def vectors(*, spread: float) -> torch.Tensor:
    """Two photos of each of three classes; the larger the spread, the more alike the classes are."""
    torch.manual_seed(0)
    centres = torch.eye(3, 8)[LABELS]
    return unit(centres + spread * torch.randn(6, 8))


def loss(
    name: str, found: torch.Tensor, logits: torch.Tensor | None = None, *, settings: Settings | None = None
) -> float:
    torch.manual_seed(0)
    objective = Objective(settings or Settings(loss=name, label_smoothing=0.0), SHAPE)
    return float(objective(found, torch.zeros(6, 3) if logits is None else logits, LABELS).detach())


def test_terms_are_added_with_their_weights() -> None:
    torch.manual_seed(1)
    found, logits = vectors(spread=0.5), torch.randn(6, 3)
    both = loss("ce+0.5*supcon", found, logits)
    assert both == pytest.approx(loss("ce", found, logits) + 0.5 * loss("supcon", found), rel=1e-5)


def test_cross_entropy_is_minus_the_log_of_the_true_class() -> None:
    torch.manual_seed(1)
    logits = torch.randn(6, 3)
    slow = 0.0
    for row, label in enumerate(LABELS.tolist()):
        powers = [math.exp(value) for value in logits[row].tolist()]
        slow -= math.log(powers[label] / sum(powers)) / 6
    assert loss("ce", vectors(spread=0), logits) == pytest.approx(slow, rel=1e-5)


def test_logit_adjustment_takes_the_share_of_a_class_out_of_what_is_learnt() -> None:
    shares = torch.tensor([0.7, 0.2, 0.1])
    settings = Settings(loss="adjusted-ce", label_smoothing=0.0)
    adjusted = Objective(settings, Shape(classes=3, dimension=8, weights=None, shares=shares))
    torch.manual_seed(1)
    logits = torch.randn(6, 3)
    slow = 0.0
    for row, label in enumerate(LABELS.tolist()):
        powers = [share * math.exp(value) for share, value in zip(shares.tolist(), logits[row].tolist(), strict=True)]
        slow -= math.log(powers[label] / sum(powers)) / 6
    assert float(adjusted(vectors(spread=0), logits, LABELS)) == pytest.approx(slow, rel=1e-5)
    assert loss("adjusted-ce", vectors(spread=0), logits) == pytest.approx(loss("ce", vectors(spread=0), logits))


def test_focal_loss_counts_what_is_known_little() -> None:
    torch.manual_seed(1)
    logits = torch.randn(6, 3)
    slow = 0.0
    for row, label in enumerate(LABELS.tolist()):
        powers = [math.exp(value) for value in logits[row].tolist()]
        p = powers[label] / sum(powers)
        slow -= (1 - p) ** 2 * math.log(p) / 6
    assert loss("focal", vectors(spread=0), logits) == pytest.approx(slow, rel=1e-5)


def test_supcon_is_the_formula_of_its_paper() -> None:
    """Khosla et al. 2020, equation 2, temperature 0.1."""
    found = vectors(spread=0.5)
    slow = 0.0
    for i in range(6):
        others = [j for j in range(6) if j != i]
        total = sum(math.exp(float(found[i] @ found[j]) / 0.1) for j in others)
        same = [j for j in others if LABELS[j] == LABELS[i]]
        slow -= sum(math.log(math.exp(float(found[i] @ found[j]) / 0.1) / total) for j in same) / len(same) / 6
    assert loss("supcon", found) == pytest.approx(slow, rel=1e-4)


@pytest.mark.parametrize("name", DRAWING)
def test_photos_of_a_class_that_lie_together_cost_less(name: str) -> None:
    assert loss(name, vectors(spread=0.01)) <= loss(name, vectors(spread=2.0))


@pytest.mark.parametrize("name", sorted(DRAWING.keys() - {"subcenter-arcface"}))  # whose classes may lie in 3 places
def test_following_the_gradient_draws_photos_of_a_class_together(name: str) -> None:
    torch.manual_seed(3)
    free = torch.randn(6, 8, requires_grad=True)
    objective = Objective(Settings(loss=name), SHAPE)
    optimizer = torch.optim.Adam([free, *objective.parameters()], lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        objective(unit(free), torch.zeros(6, 3), LABELS).backward()
        optimizer.step()
    cosines = unit(free.detach()) @ unit(free.detach()).T
    same = (LABELS[:, None] == LABELS[None]) & ~torch.eye(6, dtype=torch.bool)
    other = LABELS[:, None] != LABELS[None]
    assert cosines[same].min() > cosines[other].max()


def test_class_weights_are_inverse_to_the_photos_and_one_in_the_mean() -> None:
    counts = torch.tensor([10.0, 5.0, 1.0])
    weights = class_weights(counts)
    assert float((weights * counts).sum() / counts.sum()) == pytest.approx(1)
    assert float(weights[2] / weights[0]) == pytest.approx(10)


def test_mixed_examples_teach_the_classifier_only() -> None:
    torch.manual_seed(1)
    logits, truth = torch.randn(6, 3), torch.full((6, 3), 1 / 3)
    objective = Objective(Settings(loss="ce+0.5*supcon", label_smoothing=0.0), SHAPE)
    together = float(objective(vectors(spread=0.1), logits, LABELS, truth))
    apart = float(objective(vectors(spread=3.0), logits, LABELS, truth))
    assert together == apart == pytest.approx(float(-logits.log_softmax(1).mean()), rel=1e-5)


def test_a_loss_is_read_as_weights_and_names() -> None:
    assert parse("ce + 0.5*supcon+2*proxy-anchor") == [(1.0, "ce"), (0.5, "supcon"), (2.0, "proxy-anchor")]


@pytest.mark.parametrize("wrong", ["", "ce+", "hinge", "ce*0.5", "-1*ce"])
def test_a_loss_that_cannot_be_read_is_an_error_that_lists_the_terms(wrong: str) -> None:
    with pytest.raises(ShelflensError, match=r"terms are ce, adjusted-ce, focal, supcon, triplet"):
        parse(wrong)
