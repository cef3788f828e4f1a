"""Is the imported network still the original one? Asked with pictures, in both runtimes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from shelflens.errors import ModelError
from shelflens.picture.pixels import pixels
from shelflens.train.importing.base import Answer, Foreign, Pixels
from shelflens.train.importing.graph import End, run
from shelflens.types import Preprocessing

PICTURES = 6
_LEAST_COSINE = 0.9999  # between the original's and the imported network's answer
_MOST_DIFFERENCE = 0.01  # between them, as a share of the largest number


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the imported network is from the original on the pictures that were compared."""

    pictures: int
    least_cosine: float  # of answers
    most_difference: float  # of answers and, of a classifier, probabilities, relative to the largest


def drawn(preprocessing: Preprocessing, *, seed: int = 0) -> list[Pixels]:
    """Pictures of coloured patches in different sizes, (1, 3, size, size), as the manifest prepares them."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(PICTURES):
        coarse = random.integers(0, 256, (3 + 2 * number, 4 + number, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((320, 240), Image.Resampling.NEAREST)
        made.append(pixels(picture.filter(ImageFilter.GaussianBlur(number)), preprocessing)[None])
    return made


def originals(foreign: Foreign, pictures: Sequence[Pixels], *, bgr: bool) -> list[Answer]:
    """What the network answers in its own runtime. Raises ModelError when that is not finite."""
    answers = []
    for picture in pictures:
        turned = picture[:, ::-1] if bgr else picture
        own = turned.transpose(0, 2, 3, 1) if foreign.layout == "NHWC" else turned
        answers.append(foreign.run(np.ascontiguousarray(own)))
    if not all(np.isfinite(answer).all() for answer in answers):
        raise ModelError("the network answers with NaN or infinity; its weights are broken")
    return answers


def check(
    model: onnx.ModelProto, answer: str, end: End, pictures: Sequence[Pixels], expected: Sequence[Answer]
) -> Agreement:
    """Raises ModelError when they disagree. `model` still has the network's own output `answer`."""
    cosines, differences = [], []
    classifies = "logits" in {output.name for output in model.graph.output}
    for picture, right in zip(pictures, expected, strict=True):
        found = run(model, [answer, *(["logits"] if classifies else [])], picture)
        cosines.append(_cosine(found[answer], right))
        differences.append(_difference(found[answer], right))
        if classifies:
            differences.append(_difference(_softmax(found["logits"][0]), _probabilities(right.reshape(-1), end)))
    agreement = Agreement(len(pictures), min(cosines), max(differences))
    if not (agreement.least_cosine >= _LEAST_COSINE and agreement.most_difference <= _MOST_DIFFERENCE):
        raise ModelError(
            f"the imported network does not answer as the original does (cosine {agreement.least_cosine:.6f}, off by "
            f"{agreement.most_difference:.2%} of the largest number), so it was not written; report this with the "
            "file's kind and the versions of its framework, onnx and onnxruntime"
        )
    return agreement


def are_probabilities(answers: Sequence[Answer]) -> bool:
    """Shares of one whole, as behind a softmax that was written out."""
    return all((answer >= 0).all() and abs(float(answer.sum()) - 1) < 1e-3 for answer in answers)


def _probabilities(answer: NDArray[np.float32], end: End) -> NDArray[np.float64]:
    shares = answer.astype(np.float64)
    if end == "sigmoid":
        return np.array([1 - shares[0], shares[0]])
    return shares if are_probabilities([answer]) else _softmax(shares)


def _softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return np.asarray(powers / powers.sum())


def _cosine(one: Answer, other: Answer) -> float:
    a, b = (x.reshape(-1).astype(np.float64) for x in (one, other))
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths else float((a == b).all())


def _difference(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    gap = np.abs(one.reshape(-1).astype(np.float64) - other.reshape(-1))
    return float(gap.max() / max(float(np.abs(other).max()), 1e-9))
