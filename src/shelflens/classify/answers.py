"""The best answers out of a picture's probabilities, named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Answer:
    """One class that a picture may be of."""

    label: str
    probability: float  # 0..1


def best(probabilities: NDArray[np.float64], names: Sequence[str], *, k: int) -> tuple[Answer, ...]:
    """(classes,) -> the k most probable, best first, equal ones in the order of `names`; all when there are fewer."""
    places = np.argsort(-probabilities, kind="stable")[:k]
    return tuple(Answer(names[place], float(probabilities[place])) for place in places)
