"""What was found about a model: figures with intervals, class by class, and its mistakes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelflens.assess.looking import Seen
from shelflens.classify.labels import Labels
from shelflens.feed.base import BadRow


@dataclass(frozen=True, slots=True)
class Score:
    """A figure with its 95 % bootstrap interval. None: not defined for these photos, or it has no interval."""

    metric: str  # "accuracy"; a promise: docs/classification.md
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ClassScores:
    """One class of the model against the rest; 0..1."""

    label: str
    photos: int  # of it
    predicted: int  # said to be of it
    right: int  # both
    precision: float
    recall: float
    f1: float
    auroc: float | None  # None: no photo of it, or of no other
    average_precision: float | None  # None: no photo of it


@dataclass(frozen=True, slots=True)
class Confusion:
    """Photos of one class that were said to be of another."""

    label: str
    taken_for: str
    places: tuple[int, ...]  # of the photos in `Assessment.seen`, the surest mistake first


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Recall and precision of the vectors, over some of the photos."""

    queries: int  # photos that were ranked
    queries_without_product: int  # of these, those of whose label the gallery has no photo: misses
    alone: int  # photos that have no other of their label, left out because nothing could be found
    scores: tuple[Score, ...]  # in the order of RETRIEVAL; None without queries


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """Photos are known by their places in `seen`."""

    model: str
    space: str
    target: str  # the column that was asked for
    labels: Labels | None  # None: an embedder, which gives no answers
    seen: Seen
    truth: NDArray[np.int64]  # (N,), place of the label among the model's; -1: it has not learnt it
    nearest: NDArray[np.int64]  # (N,), place of the nearest other photo, or of the gallery's nearest
    gallery: Seen | None  # without pictures that are among the data
    gallery_repeated: int  # those pictures
    bad_rows: tuple[BadRow, ...]
    scores: tuple[Score, ...]  # of the answers to photos of known labels; none without a classifier
    classes: tuple[ClassScores, ...]  # in the model's order
    confusions: tuple[Confusion, ...]  # most photos first
    retrieval: Retrieval  # over all photos
    retrieval_seen: Retrieval  # over those of labels that the model has learnt
    retrieval_unseen: Retrieval

    @property
    def known(self) -> NDArray[np.bool_]:
        """(N,), is the photo's label among the model's?"""
        return self.truth >= 0

    @property
    def predicted(self) -> NDArray[np.int64]:
        """(N,), place of the most probable class; -1 without a classifier."""
        if self.labels is None:
            return np.full(len(self.truth), -1)
        places: NDArray[np.int64] = self.seen.probabilities.argmax(axis=1)
        return places

    @property
    def sureness(self) -> NDArray[np.float64]:
        """(N,), probability of the most probable class; 0 without a classifier."""
        sure: NDArray[np.float64] = self.seen.probabilities.max(axis=1, initial=0.0)
        return sure

    @property
    def right(self) -> NDArray[np.bool_]:
        """(N,); never for a label that the model does not know."""
        right: NDArray[np.bool_] = self.known & (self.predicted == self.truth)
        return right

    def score(self, metric: str) -> Score:
        """Of the answers, or of the vectors over all photos."""
        return next(score for score in (*self.scores, *self.retrieval.scores) if score.metric == metric)
