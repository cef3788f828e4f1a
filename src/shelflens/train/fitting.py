"""The training loop: epochs of batches, judged after each on photos held out, kept so that a stop costs one epoch.

The random numbers of an epoch come from the seed and its number alone, so that a run that was stopped and resumed
learns exactly what it would have learnt in one go.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR

from shelflens.errors import ShelflensError
from shelflens.train import checkpoint
from shelflens.train.augmentation import mixed
from shelflens.train.averaging import Average, averaging
from shelflens.train.inputs import Inputs
from shelflens.train.learner import Learner, freeze_statistics
from shelflens.train.losses import Objective, Shape, class_weights
from shelflens.train.pictures import OnProgress
from shelflens.train.sampling import Rows, sampler
from shelflens.train.settings import Settings

_WARM_UP = 0.1  # share of the steps in which the learning rate rises
_BETAS = (0.9, 0.99)  # AdamW's; runs are short, so that the second moment must not remember a thousand steps
_PREDICTING = 64  # photos at a time
_CLIP = 5.0  # the gradient's greatest norm; only a batch that goes wrong has more


@dataclass(frozen=True, slots=True)
class Epoch:
    """What is known after one."""

    number: int  # from 1
    train_loss: float
    held_loss: float | None  # None: nothing is held out
    held_accuracy: float | None  # None too while nothing names the classes
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class Examples:
    """What to learn from and what to be judged by."""

    inputs: Inputs
    labels: NDArray[np.int64]  # (N,) of all pictures
    train: Rows
    held: Rows  # may be empty
    catalogue: Rows  # pictures as the shop lists its products, which join the batches
    classes: int


@dataclass(frozen=True)
class Fit:
    """How a fit is run, as far as the recipe does not decide it."""

    settings: Settings
    seed: int
    device: torch.device
    keep: Path | None  # where the checkpoint goes; None: nowhere
    on_progress: OnProgress
    on_epoch: Callable[[Epoch], None]  # may raise to stop


def fit(
    learner: Learner, examples: Examples, run: Fit, *, pretrained: nn.Module, frozen_statistics: bool
) -> tuple[Epoch, ...]:
    """Trains `learner` in place; returns the history. `pretrained` are its parts that learn at their own rate.

    Raises ShelflensError when the loss is no number any more.
    """
    settings = run.settings
    torch.manual_seed(run.seed)
    objective = Objective(settings, _shape(learner, examples, settings)).to(run.device)
    learner.to(run.device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(_groups(learner, objective, pretrained, settings), betas=_BETAS)
    draw = sampler(settings.sampler)
    truth = examples.labels[examples.train]
    steps = sum(1 for _ in draw(truth, settings, np.random.default_rng(run.seed)))
    schedule = OneCycleLR(
        optimizer,
        max_lr=[group["lr"] for group in optimizer.param_groups],
        total_steps=steps * settings.epochs + 1,
        pct_start=_WARM_UP,
        cycle_momentum=False,
    )
    average = averaging(settings.average, learner, steps=steps, epochs=settings.epochs)
    state = _State(learner, objective, optimizer, schedule, average, settings.patience)
    state.resume(run.keep, run.device)
    while len(state.history) < settings.epochs and not state.exhausted:
        number = len(state.history) + 1
        started = time.monotonic()
        random = np.random.default_rng([run.seed, number])
        torch.manual_seed(run.seed * 100_003 + number)
        learner.train()
        if frozen_statistics:
            freeze_statistics(learner)
        losses = []
        for done, chosen in enumerate(draw(truth, settings, random), 1):
            rows = _with_catalogue(examples, examples.train[chosen], settings.catalogue_pictures, random)
            losses.append(_step(state, examples, rows, run, random))
            run.on_progress(f"epoch {number} of {settings.epochs}", min(done * settings.batch, len(truth)), len(truth))
        if not math.isfinite(sum(losses)):
            raise ShelflensError(
                f"the loss is {sum(losses)} after epoch {number}; learn in smaller steps: "
                f"--set learning_rate={settings.learning_rate / 3:.2g}"
            )
        average.after_epoch(number)
        held_loss, held_accuracy = _judge(average.judged, objective, examples, run)
        epoch = Epoch(
            number=number,
            train_loss=float(np.mean(losses)),
            held_loss=held_loss,
            held_accuracy=held_accuracy if objective.names_classes else None,
            learning_rate=float(schedule.get_last_lr()[0]),
            seconds=time.monotonic() - started,
        )
        state.add(epoch)
        state.keep(run.keep)
        run.on_epoch(epoch)
    state.finish()
    return tuple(state.history)


def _step(state: _State, examples: Examples, rows: Rows, run: Fit, random: np.random.Generator) -> float:
    settings = run.settings
    inputs = examples.inputs.training(rows, random)
    labels = torch.from_numpy(examples.labels[rows]).to(run.device)
    truth: Tensor | None = None
    if settings.mixup or settings.cutmix:
        shares = nn.functional.one_hot(labels, examples.classes).float()
        inputs, truth = mixed(inputs, shares, mixup=settings.mixup, cutmix=settings.cutmix, random=random)
    output = state.learner(inputs)
    loss = state.objective(output.vectors, output.logits, labels, truth)
    if settings.l1:
        weights = (weight.abs().sum() for weight in state.learner.parameters() if weight.ndim > 1)
        loss = loss + settings.l1 * sum(weights)
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(state.learner.parameters(), _CLIP)
    state.optimizer.step()
    state.schedule.step()
    state.average.after_step()
    return float(loss.detach())


def _with_catalogue(examples: Examples, rows: Rows, count: int, random: np.random.Generator) -> Rows:
    """And catalogue pictures of products that are among them, so that both are drawn together."""
    there = np.isin(examples.labels[examples.catalogue], examples.labels[rows])
    return np.concatenate([rows, random.permutation(examples.catalogue[there])[:count]])


def predict(learner: nn.Module, inputs: Inputs, rows: Rows) -> tuple[Tensor, Tensor]:
    """Vectors (N, dimension) and logits (N, classes) of these photos as they are served."""
    learner.eval()
    vectors, logits = [], []
    with torch.no_grad():
        for start in range(0, len(rows), _PREDICTING):
            output = learner(inputs.served(rows[start : start + _PREDICTING]))
            vectors.append(output.vectors.cpu())
            logits.append(output.logits.cpu())
    return torch.cat(vectors), torch.cat(logits)


def _judge(learner: nn.Module, objective: Objective, examples: Examples, run: Fit) -> tuple[float | None, float | None]:
    """Loss and accuracy on the photos held out. They are compared in batches as large as those of training and as
    mixed, because some losses grow with the batch."""
    if not len(examples.held):
        return None, None
    rows = np.random.default_rng(0).permutation(examples.held)
    vectors, logits = predict(learner, examples.inputs, rows)
    labels = torch.from_numpy(examples.labels[rows])
    loss = 0.0
    for batch in torch.arange(len(rows)).split(run.settings.batch):
        parts = (part[batch].to(run.device) for part in (vectors, logits, labels))
        with torch.no_grad():
            loss += float(objective(*parts)) * len(batch) / len(rows)
    return loss, float((logits.argmax(dim=1) == labels).float().mean())


def _shape(learner: Learner, examples: Examples, settings: Settings) -> Shape:
    counts = torch.from_numpy(np.bincount(examples.labels[examples.train], minlength=examples.classes)).float()
    weights = class_weights(counts) if settings.class_weights else None
    return Shape(examples.classes, learner.head.dimension, weights, counts / counts.sum())


def _groups(learner: Learner, objective: Objective, pretrained: nn.Module, settings: Settings) -> list[dict[str, Any]]:
    """Pretrained and new weights with their rates; biases and norms are not drawn to zero."""
    old = {id(weight) for weight in pretrained.parameters()}
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for weight in (*learner.parameters(), *objective.parameters()):
        if weight.requires_grad:
            groups.setdefault((id(weight) in old, weight.ndim > 1), []).append(weight)
    return [
        {
            "params": weights,
            "lr": settings.learning_rate * (settings.pretrained_rate if trained else 1.0),
            "weight_decay": settings.weight_decay if decays else 0.0,
        }
        for (trained, decays), weights in groups.items()
        if not trained or settings.pretrained_rate > 0
    ]


@dataclass
class _State:
    """Everything that changes from epoch to epoch, so that it can be put away and taken up again."""

    learner: Learner
    objective: Objective
    optimizer: torch.optim.Optimizer
    schedule: OneCycleLR
    average: Average
    patience: int
    history: list[Epoch] = field(default_factory=list)
    best: dict[str, Tensor] | None = None  # weights of the best epoch, only while patience is on
    best_number: int = 0

    @property
    def exhausted(self) -> bool:
        return bool(self.patience) and len(self.history) - self.best_number >= self.patience

    def add(self, epoch: Epoch) -> None:
        self.history.append(epoch)
        if not self.patience or epoch.held_loss is None:
            self.best_number = epoch.number
            return
        best = min(one.held_loss for one in self.history if one.held_loss is not None)
        if epoch.held_loss == best:
            self.best_number = epoch.number
            self.best = {name: value.clone() for name, value in self.average.judged.state_dict().items()}

    def finish(self) -> None:
        """Leaves in the learner the averaged weights, or those of the best epoch."""
        self.learner.load_state_dict(self.best if self.best is not None else self.average.judged.state_dict())

    def keep(self, path: Path | None) -> None:
        if path is not None:
            checkpoint.write(path, self._parts(), self.history, best=self.best, best_number=self.best_number)

    def resume(self, path: Path | None, device: torch.device) -> None:
        if path is None or not path.exists():
            return
        kept = checkpoint.read(path, self._parts(), device=device)
        self.history = [Epoch(**one) for one in kept.history]
        self.best, self.best_number = kept.best, kept.best_number

    def _parts(self) -> dict[str, checkpoint.Keeps]:
        return {
            "learner": self.learner,
            "objective": self.objective,
            "optimizer": self.optimizer,
            "schedule": self.schedule,
            "average": self.average,
        }
