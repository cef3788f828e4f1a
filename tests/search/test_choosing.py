"""A ranking is left only for one that is clearly better."""

from __future__ import annotations

import numpy as np
import pytest

from shelflens.calibrate.calibration import default_calibration
from shelflens.calibrate.fitting import Fit, HeldOut
from shelflens.search.choosing import Trial, clearly_better
from shelflens.search.ranking import Ranking


def trial(right: list[bool]) -> Trial:
    zeros = np.zeros(len(right))
    return Trial(Ranking(), Fit(default_calibration(), HeldOut(zeros, np.array(right), zeros > 0, zeros)))


@pytest.mark.parametrize(
    ("won", "lost", "better"),
    [(0, 0, False), (1, 0, False), (2, 0, False), (3, 0, True), (8, 3, False), (9, 3, True), (3, 9, False)],
)
def test_it_must_win_more_questions_than_chance_would_let_it(won: int, lost: int, better: bool) -> None:
    same = [True] * 20 + [False] * 20
    one = trial(same + [True] * won + [False] * lost)
    other = trial(same + [False] * won + [True] * lost)
    assert clearly_better(one, other) is better


def test_trials_of_different_questions_are_not_compared() -> None:
    assert not clearly_better(trial([True] * 9), trial([False] * 8))
