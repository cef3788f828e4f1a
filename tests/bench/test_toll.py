"""What a fault took is counted rightly; callers go on whatever fails."""

from __future__ import annotations

import time
from itertools import count

from bench.toll import COLUMNS, Attempt, Callers, Patience, Toll, failures, longest_wait


def test_a_wait_lasts_from_the_first_call_that_failed_to_the_first_answer() -> None:
    attempts = [
        Attempt("search 0", 1, 0.0, 1.0),
        Attempt("search 0", 2, 2.0, 2.5, "gone"),
        Attempt("search 1", 3, 2.0, 2.1),
        Attempt("search 0", 4, 3.0, 3.5, "gone"),
        Attempt("search 0", 5, 4.0, 6.0),
        Attempt("search 1", 6, 7.0, 10.0, "gone"),  # never answered
    ]
    assert longest_wait(attempts) == 4.0
    assert longest_wait([]) == 0.0


def test_a_row_tells_what_failed_and_when_it_was_over() -> None:
    attempts = (
        Attempt("search 0", 0, 0.0, 0.1),
        Attempt("search 0", 1, 5.0, 6.5, "503 store-away"),
        Attempt("search 0", 2, 7.0, 7.1),
        Attempt("write", 0, 5.0, 9.0, "503 store-away"),
        Attempt("write", 0, 9.0, 9.2),
        Attempt("write", 1, 10.0, 10.1),
    )
    toll = Toll("something killed", attempts, at=5.0, missing=2)
    assert toll.acknowledged == [0, 1]
    assert toll.recovered == 4.0
    expected = ("something killed", 3, 1, 2.1, 2, 1, 4.2, 2, 4.0, "2 x 503 store-away")
    assert [round(cell, 3) if isinstance(cell, float) else cell for cell in toll.row()] == list(expected)
    assert len(COLUMNS) == len(toll.row())
    assert failures([toll, toll]) == 4


def test_callers_go_on_and_what_is_not_acknowledged_is_written_again() -> None:
    calls, written = count(), list[int]()

    def search(_number: int) -> None:
        if next(calls) % 3 == 2:
            raise OSError("gone")

    def write(number: int) -> None:
        written.append(number)
        if len(written) % 2:
            raise ValueError("gone")

    callers = Callers(search, write, pause=0.01, every=0.01, named=lambda error: type(error).__name__)
    with callers.calling():
        toll = callers.watch("nothing", lambda: time.sleep(0.2), Patience(before=0.1, least=0.1, quiet=0.1, most=0.5))
    assert written[:4] == [0, 0, 1, 1]
    assert toll.acknowledged[:2] == [0, 1]
    assert {one.error for one in toll.attempts} == {"", "OSError", "ValueError"}
