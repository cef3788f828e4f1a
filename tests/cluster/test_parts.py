"""What is done again when a worker is lost, and what is given up."""

from __future__ import annotations

from tests.cluster.errands import Measured

from shelflens.cluster.parts import OPEN, PART, Load, Part, parts
from shelflens.feed.base import BytesPhoto


def errand(number: int) -> Measured:
    return Measured(BytesPhoto(b"x", f"t:{number}"))


def part(count: int) -> Part[int, Measured, int]:
    return Part(list(range(count)), [errand(number) for number in range(count)])


def test_parts_are_the_errands_in_order() -> None:
    source = [(number, errand(number) if number % 5 else None) for number in range(2 * PART + 3)]
    cut: list[Part[int, Measured, int]] = list(parts(source))
    assert [len(one.tickets) for one in cut] == [PART, PART, 3]
    assert [(ticket, its) for one in cut for ticket, its in zip(one.tickets, one.errands, strict=True)] == source
    assert cut[0].open == [at for at in range(PART) if at % 5]


def test_a_part_without_errands_is_finished_at_once() -> None:
    cut: Part[int, Measured, int]
    (cut,) = parts([(1, None), (2, None)])
    assert not cut.open and list(cut.finished()) == [(1, None), (2, None)]


def test_after_one_loss_a_part_is_done_again_as_it_is() -> None:
    load = Load(part(3), (0, 1, 2))
    (again,) = load.after_loss()
    assert (again.at, again.lost, again.alone) == ((0, 1, 2), 1, False)


def test_after_two_its_photos_go_one_by_one_and_two_more_give_one_up() -> None:
    (again,) = Load(part(3), (0, 1, 2)).after_loss()
    single = again.after_loss()
    assert [(one.at, one.lost, one.alone) for one in single] == [((at,), 0, True) for at in range(3)]
    (once_more,) = single[1].after_loss()
    assert (once_more.at, once_more.alone) == ((1,), True)
    assert once_more.after_loss() == []


def test_a_result_may_be_none() -> None:
    cut = part(2)
    cut.results[:] = [None, OPEN]
    assert cut.open == [1]
