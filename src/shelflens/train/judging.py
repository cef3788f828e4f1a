"""How good a network is on photos held out, through the exported file as it is served."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from shelflens.classify.labels import Labels
from shelflens.metrics.calibration import expected_calibration_error
from shelflens.metrics.classification import among_first, class_counts, log_loss
from shelflens.network.session import open_session
from shelflens.picture.pixels import normalise
from shelflens.train.pictures import Pictures
from shelflens.train.sampling import Rows


@dataclass(frozen=True, slots=True)
class Answers:
    """Of N photos."""

    vectors: NDArray[np.float32]  # (N, dimension), unit rows
    logits: NDArray[np.float64]  # (N, classes)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of the photos held out. Shares, 0..1; Recall@1 by the nearest photo's class."""

    photos: int
    accuracy: float
    top5: float
    macro_recall: float
    macro_f1: float
    log_loss: float  # with the temperature
    calibration_error: float
    groups: Mapping[str, float]  # coarser column -> accuracy
    recall_at_1: float  # gallery: training photos
    gallery: int  # so many of them
    catalogue_recall_at_1: float | None  # gallery: the catalogue pictures; None without any


def answers(model: Path, pictures: Pictures, rows: Rows, *, threads: int, done: Callable[[int], None]) -> Answers:
    """What the ONNX file answers, a photo at a time, as it is served; `threads` of them side by side."""
    session = open_session(model, threads=1)

    def answer(row: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        pixels = normalise(pictures.served[row], pictures.preprocessing)
        vector, logits = session.run(["embedding", "logits"], {"pixels": pixels[None]})
        return vector[0], logits[0]

    vectors, logits = [], []
    with ThreadPoolExecutor(threads) as pool:
        for number, (vector, logit) in enumerate(pool.map(answer, rows.tolist()), 1):
            vectors.append(vector)
            logits.append(logit)
            done(number)
    found = np.stack(vectors)
    return Answers(found / np.linalg.norm(found, axis=1, keepdims=True), np.stack(logits).astype(np.float64))


def judge(
    held: Answers,
    truth: NDArray[np.int64],
    labels: Labels,
    *,
    gallery: tuple[NDArray[np.float32], NDArray[np.int64]],
    catalogue: tuple[NDArray[np.float32], NDArray[np.int64]] | None,
) -> Judgement:
    """`truth`, (N,), of the photos held out; galleries are vectors with the classes of their photos."""
    probabilities = softmax(held.logits / labels.temperature)
    predicted = probabilities.argmax(axis=1)
    counts = class_counts(truth, predicted, classes=len(labels.names))
    return Judgement(
        photos=len(truth),
        accuracy=float((predicted == truth).mean()),
        top5=float(among_first(probabilities, truth, 5).mean()),
        macro_recall=float(counts.macro(counts.recall)),
        macro_f1=float(counts.macro(counts.f1)),
        log_loss=float(log_loss(probabilities, truth).mean()),
        calibration_error=expected_calibration_error(probabilities.max(axis=1), predicted == truth),
        groups={
            group.name: float((group.sums(probabilities).argmax(axis=1) == group.places()[truth]).mean())
            for group in labels.groups
        },
        recall_at_1=recall_at_1(held.vectors, truth, *gallery),
        gallery=len(gallery[1]),
        catalogue_recall_at_1=recall_at_1(held.vectors, truth, *catalogue) if catalogue else None,
    )


def recall_at_1(
    vectors: NDArray[np.float32],
    truth: NDArray[np.int64],
    gallery: NDArray[np.float32],
    gallery_truth: NDArray[np.int64],
) -> float:
    """Share of photos whose nearest in the gallery is of their class; of equally near ones the first."""
    right = 0
    for start in range(0, len(vectors), 256):
        nearest = (vectors[start : start + 256] @ gallery.T).argmax(axis=1)
        right += int((gallery_truth[nearest] == truth[start : start + 256]).sum())
    return right / len(vectors)


def temperature(logits: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """The divisor of the logits with the least log-loss on photos held out (Guo et al. 2017), from 1/20 to 20."""

    def loss(exponent: float) -> float:
        return float(log_loss(softmax(logits / np.exp(exponent)), truth).mean())

    best = minimize_scalar(loss, bounds=(-np.log(20), np.log(20)), method="bounded")
    return float(np.exp(best.x))


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, classes), over the rows."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares
