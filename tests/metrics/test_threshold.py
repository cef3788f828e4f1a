"""What a threshold buys: against a plain loop over every threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelflens.metrics.threshold import threshold_curve

answers = st.lists(st.tuples(st.sampled_from([-1.0, 0.1, 0.25, 0.5, 0.75, float("-inf")]), st.booleans()), max_size=30)


@settings(deadline=None)
@given(answers)
def test_equals_a_plain_loop(pairs: list[tuple[float, bool]]) -> None:
    curve = threshold_curve(np.array([s for s, _ in pairs]), np.array([r for _, r in pairs], dtype=bool))
    thresholds = sorted({score for score, _ in pairs if score > float("-inf")})
    assert curve.thresholds.tolist() == thresholds
    for threshold, accuracy, answered in zip(thresholds, curve.accuracy, curve.answered, strict=True):
        shown = [right for score, right in pairs if score >= threshold]
        assert accuracy == pytest.approx(sum(shown) / len(shown))
        assert answered == pytest.approx(len(shown) / len(pairs))


def test_the_lowest_threshold_answers_all_and_is_the_accuracy() -> None:
    curve = threshold_curve(np.array([0.9, 0.8, 0.3, 0.2]), np.array([True, True, False, True]))
    assert (curve.accuracy[0], curve.answered[0]) == (0.75, 1.0)
    assert (curve.accuracy[-1], curve.answered[-1]) == (1.0, 0.25)
