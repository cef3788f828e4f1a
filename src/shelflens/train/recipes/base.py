"""What it takes to be a recipe, and what one is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from shelflens import plug
from shelflens.train.backbones.base import Backbone
from shelflens.train.fitting import Epoch, Examples, Fit
from shelflens.train.inputs import FeatureCache, Inputs
from shelflens.train.learner import Head, Served
from shelflens.train.losses import NAMING, parse
from shelflens.train.pictures import OnProgress, Pictures
from shelflens.train.sampling import Rows
from shelflens.train.settings import Settings

#: What serves where weights of ImageNet learn on, with a rate of their own.
FINE_TUNING: Final = Settings(
    batch=32,
    learning_rate=3e-3,
    pretrained_rate=0.2,
    weight_decay=0.05,
    dropout=0.4,  # with few photos a class nothing else was worth as much: docs/training.md
    loss="ce+0.5*supcon",
    label_smoothing=0.1,
    augmentation="light",
    average="ema",
    embedding=0,
    fit="pad",  # sleeves, hems and soles lie where a crop of the short side cuts: docs/training.md
)


@dataclass(frozen=True)
class Run:
    """One network to train: on which pictures, from which backbone, with which settings."""

    backbone: Backbone
    pictures: Pictures
    labels: NDArray[np.int64]  # (N,) of the pictures
    classes: int
    train: Rows
    held: Rows
    catalogue: Rows  # pictures that join the photos of their product
    viewed: Rows  # pictures whose augmented features are kept, for whatever part of them is learnt from
    settings: Settings
    seed: int  # of the order of photos, their augmentation, dropout
    head_seed: int  # of the head's first weights; networks that are to be averaged share it
    device: torch.device
    cache: FeatureCache
    keep: Path | None  # where the checkpoint goes
    on_progress: OnProgress
    on_epoch: Callable[[Epoch], None]

    def examples(self, inputs: Inputs) -> Examples:
        return Examples(inputs, self.labels, self.train, self.held, self.catalogue, self.classes)

    @property
    def fit(self) -> Fit:
        return Fit(self.settings, self.seed, self.device, self.keep, self.on_progress, self.on_epoch)

    def head(self, features: int) -> Head:
        """A new one."""
        torch.manual_seed(self.head_seed)
        settings = self.settings
        return Head(
            features,
            self.classes,
            embedding=settings.embedding,
            dropout=settings.dropout,
            classifies_vectors=not any(name in NAMING for _, name in parse(settings.loss)),
        )


@dataclass(frozen=True)
class Trained:
    network: Served
    history: tuple[Epoch, ...]


class Recipe(Protocol):
    """Deterministic: the same run twice gives the same network."""

    @property
    def defaults(self) -> Settings: ...

    @property
    def model(self) -> str:
        """The backbone when none is asked for."""
        ...

    def train(self, run: Run) -> Trained:
        """Leaves `run.backbone` as it was."""
        ...


def load_recipe(name: str) -> Recipe:
    """Raises ShelflensError that lists what there is."""
    recipe: Recipe = plug.find("recipes", name)
    return recipe
