"""Minutes: the upper stages learn, on feature maps of the lower ones that are computed once and kept.

The lower stages see edges and textures, which a shop's photos share with ImageNet; leaving them out saves most of each
epoch's work.
"""

from __future__ import annotations

import copy
from dataclasses import replace

from shelflens.train.classifying import fit_classifier, neighbours
from shelflens.train.fitting import fit
from shelflens.train.inputs import CachedInputs
from shelflens.train.learner import Learner, Served
from shelflens.train.recipes.base import FINE_TUNING, Run, Trained


class PartialRecipe:
    model = "lite2:320"
    defaults = replace(FINE_TUNING, epochs=5, views=4, mirror=True)

    def train(self, run: Run) -> Trained:
        backbone, settings = run.backbone, run.settings
        lower, upper = backbone.split(settings.frozen_stages or backbone.cut)
        maps = run.cache.features(
            lower,
            f"{backbone.digest}/{len(lower)}",
            run.pictures,
            views=settings.views,
            augment=settings.augmentation,
            rows=run.viewed,
        )
        learner = Learner(copy.deepcopy(upper), run.head(backbone.dimension))
        examples = run.examples(CachedInputs(maps, run.device))
        history = fit(learner, examples, run.fit, pretrained=learner.upper, frozen_statistics=True)
        fit_classifier(learner, examples)
        near = neighbours(learner, examples, settings)
        return Trained(Served(lower, learner, upper, blend=settings.blend, neighbours=near), history)


RECIPE = PartialRecipe()
