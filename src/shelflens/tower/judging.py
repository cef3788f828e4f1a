"""How well products are found by words that were held out, by words alone, by their looks alone, and by both."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.tower.bm25 import Bm25
from shelflens.tower.questions import Fold, folds
from shelflens.types import Product

ASKED = 400  # questions of each fold
DEPTH = 50  # products that are ranked by their looks, as in a search: the others count as the last of them
#: Never none: no held-out text can show what looks are worth for a product of which nothing is said.
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)

Likeness: TypeAlias = NDArray[np.float32]  # (Q, N), of questions and products; higher looks more like it
#: For a fold and some questions: each setting on trial, and what it says.
Pointing: TypeAlias = Callable[[Fold, Sequence[str]], Iterator[tuple[float, Likeness]]]
OnStage: TypeAlias = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One setting, with one share of looks."""

    setting: float
    share: float  # 0..1
    reciprocal: NDArray[np.float64]  # (questions,) 1 / rank of the right product, by both together
    top5_text: float
    top5_looks: float
    top5: float


def judge(products: Sequence[Product], pointing: Pointing, *, settings: int, tell: OnStage) -> list[Trial]:
    """Every setting with every share, over both folds; none when there is nothing to ask."""
    by_words: list[NDArray[np.float64]] = []
    by_looks: dict[float, list[NDArray[np.float64]]] = {}
    by_both: dict[tuple[float, float], list[NDArray[np.float64]]] = {}
    done = 0
    for fold in folds(products):
        right = _asked(fold)
        if not len(right):
            continue
        questions = [fold.asked[at] for at in right]
        said = Bm25(fold.known).scores(questions)
        said /= np.maximum(said.max(axis=1, keepdims=True), 1e-9)
        by_words.append(places(said, right))
        for setting, likeness in pointing(fold, questions):
            alike = _relative(likeness)
            by_looks.setdefault(setting, []).append(places(alike, right))
            for share in SHARES:
                blended = places((1 - share) * said + share * alike, right)
                by_both.setdefault((setting, share), []).append(blended)
            done += 1
            tell("comparing", done, 2 * settings)
    return [
        Trial(
            setting,
            share,
            reciprocal=1 / (1 + its),
            top5_text=_top5(np.concatenate(by_words)),
            top5_looks=_top5(np.concatenate(by_looks[setting])),
            top5=_top5(its),
        )
        for (setting, share), found in by_both.items()
        for its in (np.concatenate(found),)
    ]


def prudent(trials: Sequence[Trial]) -> Trial:
    """That with the smallest share, and of these the greatest setting, of all that are no worse than the best by more
    than one standard error of the difference, question by question.

    Breiman, Friedman, Olshen, Stone, "Classification and Regression Trees", 1984, section 3.4.3.
    """
    best = max(trials, key=lambda trial: float(trial.reciprocal.mean()))
    return min((one for one in trials if _as_good(one, best)), key=lambda trial: (trial.share, -trial.setting))


def _as_good(one: Trial, best: Trial) -> bool:
    worse = best.reciprocal - one.reciprocal
    return float(worse.mean()) <= float(worse.std()) / math.sqrt(len(worse))


def places(scores: NDArray[np.floating], right: NDArray[np.int64]) -> NDArray[np.float64]:
    """(Q,) how many score better than the right one, equal ones half; `scores` (Q, N), `right` (Q,)."""
    its = scores[np.arange(len(right)), right][:, None]
    better: NDArray[np.float64] = (scores > its).sum(axis=1) + ((scores == its).sum(axis=1) - 1) / 2
    return better


def _asked(fold: Fold) -> NDArray[np.int64]:
    """Which products are asked for: evenly over those that have a question."""
    asked = np.array([at for at, question in enumerate(fold.asked) if question.strip()], np.int64)
    return asked[:: -(-len(asked) // ASKED) or 1]


def _relative(likeness: Likeness) -> Likeness:
    """0..1 in each row, as `rank.blending.relative` does for the products that a search finds."""
    last = max(0, likeness.shape[1] - DEPTH)
    low = np.partition(likeness, last, axis=1)[:, last, None]
    best = likeness.max(axis=1, keepdims=True)
    relative: Likeness = np.clip((likeness - low) / np.maximum(best - low, 1e-9), 0, 1)
    return relative


def _top5(found: NDArray[np.float64]) -> float:
    return float((found < 5).mean())
