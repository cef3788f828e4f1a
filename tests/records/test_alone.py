"""Taking turns: what is done alone is done by nobody else at the same time, in any implementation of the records."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from shelflens.records.base import Records


def test_what_is_done_alone_is_done_one_after_another(opened: Callable[[], Records]) -> None:
    stores = [opened() for _ in range(3)]
    inside, seen = list[int](), list[int]()

    def work(number: int) -> None:
        for _ in range(3):
            with stores[number].alone("vectors"):
                inside.append(number)
                seen.append(len(inside))
                time.sleep(0.01)
                inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 9


def test_another_name_need_not_wait_and_an_error_ends_the_turn(opened: Callable[[], Records]) -> None:
    one, two = opened(), opened()
    with pytest.raises(ZeroDivisionError), one.alone("vectors"), two.alone("words"):
        _ = 1 / 0
    with two.alone("vectors"):
        assert two.version() == 0
