from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shelflens.audit.groups import groups


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12))))
def test_groups_are_what_can_be_reached_step_by_step(pairs: list[tuple[int, int]]) -> None:
    found = {}
    for start in range(13):
        reached = {start}
        while more := {b for a, b in pairs + [(b, a) for a, b in pairs] if a in reached} - reached:
            reached |= more
        if len(reached) > 1:
            found[min(reached)] = tuple(sorted(reached))
    assert groups(pairs) == [found[first] for first in sorted(found)]


def test_a_long_chain_is_one_group() -> None:
    assert groups((n + 1, n) for n in range(50_000)) == [tuple(range(50_001))]
