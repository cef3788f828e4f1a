"""Which locator serves a kind of picture best: the whole picture, unless another is better beyond chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

SURE: Final = 2.0  # standard errors of the difference, that another locator must be better by
ENOUGH: Final = 20  # queries that two locators answer differently, for the difference to mean anything


def choose(right: Mapping[str, Sequence[bool]]) -> str:
    """The name of the best; `right` tells for every locator which of the same queries it answered rightly.

    "whole" must be among them. Paired, after McNemar 1947: queries that both answer alike say nothing. Ties by name.
    """
    whole = right["whole"]
    better = {name: sum(its) for name, its in right.items() if name != "whole" and is_better(its, whole)}
    return min(better, key=lambda name: (-better[name], name)) if better else "whole"


def is_better(one: Sequence[bool], other: Sequence[bool]) -> bool:
    """Whether the first of two series of the same queries' answers is right more often, beyond chance."""
    won = sum(a and not b for a, b in zip(one, other, strict=True))
    lost = sum(b and not a for a, b in zip(one, other, strict=True))
    return won + lost >= ENOUGH and won - lost > SURE * math.sqrt(won + lost)
