"""From outcomes to means with intervals, over all queries, per category, and to the most confused products."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from shelflens.evaluate.result import METRICS, CategoryScores, Confusion, Outcome, Score
from shelflens.metrics.bootstrap import intervals


def scores(outcomes: Sequence[Outcome], *, seed: int) -> tuple[Score, ...]:
    """In the order of METRICS; at least one outcome."""
    values = np.array([outcome.values for outcome in outcomes])  # (queries, metrics)
    means, ends = values.mean(axis=0).tolist(), intervals(values, seed=seed).tolist()
    return tuple(Score(metric, mean, low, high) for metric, mean, (low, high) in zip(METRICS, means, ends, strict=True))


def categories(outcomes: Sequence[Outcome], *, seed: int) -> tuple[CategoryScores, ...]:
    """By name; none when no query has a category."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.category].append(outcome)
    if set(groups) == {""}:
        return ()
    return tuple(
        CategoryScores(
            category=category,
            queries=len(members),
            queries_without_product=sum(member.relevant == 0 for member in members),
            scores=scores(members, seed=seed),
        )
        for category, members in sorted(groups.items())
    )


def confusions(outcomes: Sequence[Outcome], *, limit: int = 20) -> tuple[Confusion, ...]:
    """Pairs of (product, wrong first match): most queries first, then the more confident, then by ids.

    Queries whose product is not in the gallery are left out: whatever they found had to be wrong.
    """
    pairs: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.relevant and outcome.matches and not outcome.right:
            pairs[outcome.product.product_id, outcome.matches[0].product.product_id].append(outcome)
    for mistakes in pairs.values():
        mistakes.sort(key=lambda outcome: -outcome.matches[0].score)
    ranked = sorted(pairs.items(), key=lambda pair: (-len(pair[1]), -pair[1][0].matches[0].score, pair[0]))
    return tuple(
        Confusion(mistakes[0].product, mistakes[0].matches[0].product, tuple(mistakes))
        for _, mistakes in ranked[:limit]
    )


def worst(outcomes: Sequence[Outcome], *, limit: int = 24) -> tuple[Outcome, ...]:
    """Wrong answers to queries that have a right one: the right product not found or farthest down first, then
    the more confident mistake."""
    wrong = [outcome for outcome in outcomes if outcome.relevant and not outcome.right]
    wrong.sort(key=lambda outcome: (-(outcome.rank or math.inf), -_top_score(outcome), outcome.where))
    return tuple(wrong[:limit])


def _top_score(outcome: Outcome) -> float:
    return outcome.matches[0].score if outcome.matches else -1.0
