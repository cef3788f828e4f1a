"""Which vector index a catalogue of some size should have: the switch happens of its own accord."""

from __future__ import annotations

from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["exact", "ivf"]

UP = 10_000  # vectors from which cells are worth their approximation
DOWN = 7_500  # vectors below which a catalogue goes back to exact search


def choose(count: int, *, current: str | None = None) -> Kind:
    """`current` is the kind that the catalogue has now; None when it has none yet.

    Between DOWN and UP a catalogue keeps what it has, so that one that hovers around a limit does not
    build an index again and again.
    """
    if current == "ivf":
        return "ivf" if count >= DOWN else "exact"
    return "ivf" if count >= UP else "exact"
