"""Laws of the steady clock, whatever the stamps do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelflens.video.clock import LONGEST_STEP, SteadyClock

STAMPS = st.lists(
    st.tuples(st.none() | st.floats(-1e6, 1e6), st.floats(0, 5)),
    min_size=1,
    max_size=40,
)


@given(STAMPS, st.booleans())
def test_time_never_runs_backwards_and_never_leaps(stamps: list[tuple[float | None, float]], live: bool) -> None:
    clock, arrived, before = SteadyClock(live=live), 100.0, 0.0
    for stamp, passed in stamps:
        arrived += passed
        now = clock.at(stamp, arrived=arrived)
        assert before <= now <= before + LONGEST_STEP + 1e-9
        before = now


def test_sound_stamps_are_kept_to_the_letter() -> None:
    clock = SteadyClock(live=True)
    assert [clock.at(stamp, arrived=0.0) for stamp in (7.0, 7.2, 9.0)] == pytest.approx([0.0, 0.2, 2.0])
    assert clock.jumps == 0


def test_a_jump_counts_what_has_passed_here_instead() -> None:
    clock = SteadyClock(live=True)
    clock.at(7.0, arrived=50.0)
    assert clock.at(86_400.0, arrived=50.5) == pytest.approx(0.5)
    assert clock.at(3.0, arrived=51.0) == pytest.approx(1.0)
    assert clock.jumps == 2


def test_in_a_file_a_jump_counts_the_usual_step() -> None:
    clock = SteadyClock(live=False)
    clock.at(0.0, arrived=0.0)
    clock.at(0.25, arrived=0.0)
    assert clock.at(90.0, arrived=0.0) == pytest.approx(0.5)
