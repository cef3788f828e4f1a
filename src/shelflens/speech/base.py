"""What it takes to understand a spoken question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

RATE = 16_000  # samples a second

Samples = NDArray[np.float32]  # (N,), -1..1, RATE a second, one channel


class Recogniser(Protocol):
    """Knows the phrases that it was made for, and the words in them in any order. Safe to call from several threads."""

    def hear(self, samples: Samples) -> str:
        """The words that were most likely said; "" when none was understood. Equal samples give equal words."""
        ...


class RecogniserMaker(Protocol):
    """What stands in the name table. Raises ShelflensError when what it needs is not installed."""

    def __call__(self, phrases: Sequence[str]) -> Recogniser:
        """For a catalogue in whose texts these phrases stand."""
        ...
