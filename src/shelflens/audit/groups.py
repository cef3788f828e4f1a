"""Pairs to groups: whatever hangs together is one group (union-find, Tarjan 1975)."""

from __future__ import annotations

from collections.abc import Iterable


def groups(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, ...]]:
    """The connected sets of two or more, each ascending, in the order of their first members."""
    parent: dict[int, int] = {}
    for one, other in pairs:
        low, high = sorted((_root(parent, one), _root(parent, other)))
        parent[high] = low
    members: dict[int, list[int]] = {}
    for member in sorted(parent):
        members.setdefault(_root(parent, member), []).append(member)
    return [tuple(members[root]) for root in sorted(members) if len(members[root]) > 1]


def _root(parent: dict[int, int], member: int) -> int:
    root = parent.setdefault(member, member)
    while parent[root] != root:
        root = parent[root]
    while parent[member] != root:  # the next look-up takes one step
        parent[member], member = root, parent[member]
    return root
