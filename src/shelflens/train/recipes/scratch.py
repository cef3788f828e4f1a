"""A baseline: the network of the classical tutorials, from random weights, to see what pretraining is worth."""

from __future__ import annotations

import copy

from torch import nn

from shelflens.train.augmentation import augmentation
from shelflens.train.classifying import fit_classifier, neighbours
from shelflens.train.fitting import fit
from shelflens.train.inputs import PictureInputs
from shelflens.train.learner import Learner, Served
from shelflens.train.recipes.base import Run, Trained
from shelflens.train.settings import Settings


class ScratchRecipe:
    model = "tutorial"
    defaults = Settings(
        epochs=30,
        batch=32,
        learning_rate=5e-4,
        weight_decay=0.01,
        dropout=0.5,
        loss="ce",
        label_smoothing=0.0,
        augmentation="light",
        embedding=0,
        blend=0.0,
    )

    def train(self, run: Run) -> Trained:
        backbone, settings = run.backbone, run.settings
        augment = augmentation(settings.augmentation, backbone.preprocessing.size)
        learner = Learner(copy.deepcopy(backbone.stages), run.head(backbone.dimension))
        examples = run.examples(PictureInputs(run.pictures, augment, run.device))
        history = fit(learner, examples, run.fit, pretrained=nn.Identity(), frozen_statistics=False)
        fit_classifier(learner, examples)
        near = neighbours(learner, examples, run.settings)
        return Trained(Served(nn.Identity(), learner, nn.Identity(), blend=0.0, neighbours=near), history)


RECIPE = ScratchRecipe()
