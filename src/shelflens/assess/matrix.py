"""The confusion matrix as a drawing: classes of one group side by side, at most as many as can be read."""

from __future__ import annotations

import numpy as np

from shelflens.assess.result import Assessment
from shelflens.metrics.classification import confusion
from shelflens.pages.model_report import Cell, Matrix

MOST = 100  # classes drawn


def matrix(found: Assessment) -> Matrix | None:
    """Of classes that have a photo or were said of one, those with most mistakes where they are too many."""
    if found.labels is None or not found.known.any():
        return None
    names, known = found.labels.names, found.known
    counts = confusion(found.truth[known], found.predicted[known], classes=len(names))
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    there = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1) > 0)
    drawn = there[np.argsort(-wrong[there], kind="stable")[:MOST]].tolist()
    groups = found.labels.groups
    drawn.sort(key=lambda place: (*(group.of_labels[place] for group in groups), names[place]))
    totals = counts.sum(axis=1)
    cells = tuple(
        Cell(row, column, int(counts[own, other]), float(counts[own, other] / totals[own]))
        for row, own in enumerate(drawn)
        for column, other in enumerate(drawn)
        if counts[own, other]
    )
    return Matrix(tuple(names[place] for place in drawn), cells, left_out=len(there) - len(drawn))
