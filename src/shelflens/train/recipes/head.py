"""Seconds: the network stays as it is; a linear map and a classifier are learnt on its features, computed once.

Enough for kinds that ImageNet tells apart by itself, and the baseline that longer recipes must beat.
"""

from __future__ import annotations

import torch
from torch import nn

from shelflens.train.classifying import fit_classifier, neighbours
from shelflens.train.fitting import fit
from shelflens.train.inputs import CachedInputs
from shelflens.train.learner import Learner, Served
from shelflens.train.recipes.base import Run, Trained
from shelflens.train.settings import Settings


class HeadRecipe:
    model = "joined:lite0,lite2"
    defaults = Settings(
        epochs=30,
        batch=128,
        learning_rate=1e-3,
        weight_decay=0.1,
        dropout=0.3,
        loss="ce+0.5*supcon",
        label_smoothing=0.1,
        augmentation="light",
        views=3,
        fit="pad",
    )

    def train(self, run: Run) -> Trained:
        backbone, settings = run.backbone, run.settings
        features = run.cache.features(
            backbone.stages,
            backbone.digest,
            run.pictures,
            views=settings.views,
            augment=settings.augmentation,
            rows=run.viewed,
            pool=True,
        )
        inputs = CachedInputs(features, run.device)
        head = run.head(backbone.dimension)
        head.standardise(torch.from_numpy(features[run.train, 0]).float())
        learner = Learner(nn.Identity(), head)
        examples = run.examples(inputs)
        history = fit(learner, examples, run.fit, pretrained=learner.upper, frozen_statistics=True)
        fit_classifier(learner, examples)
        near = neighbours(learner, examples, settings)
        network = Served(backbone.stages, learner, nn.Identity(), blend=settings.blend, neighbours=near)
        return Trained(network, history)


RECIPE = HeadRecipe()
