"""The whole picture, unless another is better beyond chance."""

from __future__ import annotations

import pytest

from shelflens.locate.choice import choose


def answers(won: int, lost: int, same: int = 100) -> tuple[list[bool], list[bool]]:
    """One locator's and the whole picture's."""
    return [True] * won + [False] * lost + [True] * same, [False] * won + [True] * lost + [True] * same


@pytest.mark.parametrize(
    ("won", "lost", "chosen"),
    [
        (30, 10, "plain"),
        (25, 20, "whole"),  # five more of 45 is chance
        (10, 0, "whole"),  # ten differing queries are too few
        (10, 30, "whole"),
        (0, 0, "whole"),
    ],
)
def test_a_locator_is_chosen_that_is_better_beyond_chance(won: int, lost: int, chosen: str) -> None:
    plain, whole = answers(won, lost)
    assert choose({"plain": plain, "whole": whole}) == chosen


def test_the_best_of_the_better_is_chosen_and_ties_go_by_name() -> None:
    plain, whole = answers(40, 0)
    weaker = [*plain[:-1], False]
    assert choose({"plain": weaker, "activations": plain, "whole": whole}) == "activations"
    assert choose({"plain": plain, "activations": plain, "whole": whole}) == "activations"
