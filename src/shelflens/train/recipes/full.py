"""Hours on a CPU, minutes on a GPU: the whole network learns, from photos augmented anew in each epoch."""

from __future__ import annotations

import copy
from dataclasses import replace

from torch import nn

from shelflens.train.augmentation import augmentation
from shelflens.train.classifying import fit_classifier, neighbours
from shelflens.train.fitting import fit
from shelflens.train.inputs import PictureInputs
from shelflens.train.learner import Learner, Served
from shelflens.train.recipes.base import FINE_TUNING, Run, Trained


class FullRecipe:
    model = "lite0"
    defaults = replace(FINE_TUNING, epochs=8)

    def train(self, run: Run) -> Trained:
        backbone, settings = run.backbone, run.settings
        augment = augmentation(settings.augmentation, backbone.preprocessing.size)
        learner = Learner(copy.deepcopy(backbone.stages), run.head(backbone.dimension))
        examples = run.examples(PictureInputs(run.pictures, augment, run.device))
        history = fit(learner, examples, run.fit, pretrained=learner.upper, frozen_statistics=True)
        fit_classifier(learner, examples)
        near = neighbours(learner, examples, settings)
        network = Served(nn.Identity(), learner, backbone.stages, blend=settings.blend, neighbours=near)
        return Trained(network, history)


RECIPE = FullRecipe()
