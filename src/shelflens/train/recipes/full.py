"""Hours on a CPU, minutes on a GPU: the whole network learns, from photos augmented anew in each epoch."""

from __future__ import annotations

import copy

from torch import nn

from shelflens.train.augmentation import augmentation
from shelflens.train.classifying import fit_classifier
from shelflens.train.fitting import fit
from shelflens.train.inputs import PictureInputs
from shelflens.train.learner import Learner, Served
from shelflens.train.recipes.base import Run, Trained
from shelflens.train.settings import Settings


class FullRecipe:
    model = "lite0"
    defaults = Settings(
        epochs=8,
        batch=32,
        learning_rate=3e-3,
        pretrained_rate=0.2,
        weight_decay=0.05,
        dropout=0.2,
        loss="ce+0.5*supcon",
        label_smoothing=0.1,
        augmentation="light",
        average="ema",
        embedding=0,
    )

    def train(self, run: Run) -> Trained:
        backbone, settings = run.backbone, run.settings
        augment = augmentation(settings.augmentation, backbone.preprocessing.size)
        learner = Learner(copy.deepcopy(backbone.stages), run.head(backbone.dimension))
        examples = run.examples(PictureInputs(run.pictures, augment, run.device))
        history = fit(learner, examples, run.fit, pretrained=learner.upper, frozen_statistics=True)
        fit_classifier(learner, examples)
        return Trained(Served(nn.Identity(), learner, backbone.stages, blend=settings.blend), history)


RECIPE = FullRecipe()
