"""What is added when a network has learnt: a classifier, where it was taught vectors only, and its neighbours."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from shelflens.train.fitting import Examples, predict
from shelflens.train.learner import Learner, Neighbours
from shelflens.train.settings import Settings

_INVERSE_PENALTY = 100.0  # unit vectors are short: weights must be able to grow
_REMEMBERED = 5_000  # photos at most whose vectors are exported: 26 MB of 1,280 components


def fit_classifier(learner: Learner, examples: Examples) -> None:
    """Logistic regression on the vectors; nothing, where the loss has taught the classifier already."""
    head = learner.head
    if not head.classifies_vectors:
        return
    vectors, _ = predict(learner, examples.inputs, examples.train)
    model = LogisticRegression(C=_INVERSE_PENALTY, max_iter=1000).fit(vectors.numpy(), examples.labels[examples.train])
    weight, bias = model.coef_, model.intercept_
    if examples.classes == 2:  # scikit-learn keeps one row for two classes
        weight, bias = np.vstack([-weight, weight]) / 2, np.hstack([-bias, bias]) / 2
    with torch.no_grad():
        head.classifier.weight.copy_(torch.from_numpy(weight))
        head.classifier.bias.copy_(torch.from_numpy(bias))


def neighbours(learner: Learner, examples: Examples, settings: Settings) -> Neighbours | None:
    """Of all photos that were learnt from, or of as many of each class in turn as there is room for; None: not asked.

    To be called last, since their vectors are those of the network as it is.
    """
    if not settings.neighbours:
        return None
    labels = examples.labels[examples.train]
    order = np.random.default_rng(0).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    counts = np.bincount(labels, minlength=examples.classes)
    turn = np.concatenate([np.arange(count) for count in counts])  # the how manieth of its class
    kept = np.sort(order[np.argsort(turn, kind="stable")[:_REMEMBERED]])
    vectors, _ = predict(learner, examples.inputs, examples.train[kept])
    return Neighbours(vectors, torch.from_numpy(labels[kept]), classes=examples.classes, share=settings.neighbours)
