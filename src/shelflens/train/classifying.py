"""The classifier of a network that was taught vectors only: logistic regression on them, when they are done."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from shelflens.train.fitting import Examples, predict
from shelflens.train.learner import Learner

_INVERSE_PENALTY = 100.0  # unit vectors are short: weights must be able to grow


def fit_classifier(learner: Learner, examples: Examples) -> None:
    """Nothing, where the loss has taught the classifier already."""
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
