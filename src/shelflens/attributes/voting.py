"""What a picture's neighbours in a catalogue say of it, with calibrated probabilities.

Each neighbour votes with exp((cosine - 1) / width), the kernel form of the nearest-neighbour rule; the catalogue's own
frequencies vote as one more neighbour at the cosine `floor`, so that a picture far from everything is told nothing but
what is common. Width and floor are fitted to the catalogue: each of a sample of its photos asks those of other products
(leave one product out), and the pair with the least log loss is taken (Guo et al. 2017 fit one temperature likewise).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product as pairs
from typing import Final

from shelflens.classify.answers import Answer
from shelflens.errors import CatalogueError

WIDTHS: Final = (0.02, 0.03, 0.045, 0.07, 0.1, 0.15)
FLOORS: Final = (0.3, 0.5, 0.65, 0.8)
LEAST: Final = 0.01  # probability of an answer that is listed
SMALLEST: Final = 1e-3  # probability that no value falls below, for the loss of one that nobody voted for


@dataclass(frozen=True, slots=True)
class Kernel:
    """How a column's votes are weighed."""

    width: float = 0.07
    floor: float = 0.5
    examples: int = 0  # that it was fitted on


@dataclass(frozen=True, slots=True)
class Vote:
    """What one neighbouring product has in a column."""

    value: str
    cosine: float  # of its nearest photo


@dataclass(frozen=True, slots=True)
class Example:
    """One photo's neighbours of other products, and the truth about it."""

    truth: str
    votes: tuple[Vote, ...]


def shares(votes: Iterable[Vote], frequencies: Mapping[str, float], kernel: Kernel) -> dict[str, float]:
    """Value -> probability; sums to 1. `frequencies` are of the catalogue, and sum to 1."""
    weight = math.exp((kernel.floor - 1) / kernel.width)
    totals = {value: weight * share for value, share in frequencies.items()}
    for vote in votes:
        totals[vote.value] = totals.get(vote.value, 0.0) + math.exp((min(vote.cosine, 1.0) - 1) / kernel.width)
    total = sum(totals.values())
    return {value: part / total for value, part in totals.items()}


def fit(examples: Sequence[Example], frequencies: Mapping[str, float]) -> Kernel:
    """The default where there are no examples."""
    if not examples:
        return Kernel()
    losses = {}
    for width, floor in pairs(WIDTHS, FLOORS):
        kernel = Kernel(width, floor, len(examples))
        found = (shares(example.votes, frequencies, kernel).get(example.truth, 0.0) for example in examples)
        losses[kernel] = -sum(math.log(max(one, SMALLEST)) for one in found)
    return min(losses, key=lambda kernel: losses[kernel])


def frequencies_of(values: Iterable[str]) -> dict[str, float]:
    """Empty values do not count."""
    counts = Counter(value for value in values if value)
    return {value: count / counts.total() for value, count in sorted(counts.items())}


def answers(probabilities: Mapping[str, float], *, k: int) -> tuple[Answer, ...]:
    """The k most probable, best first, equal ones by name."""
    order = sorted(probabilities.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Answer(value, probability) for value, probability in order[:k] if probability >= LEAST)


def to_json(kernels: Mapping[str, Kernel]) -> str:
    return json.dumps({column: asdict(kernel) for column, kernel in kernels.items()}, ensure_ascii=False)


def from_json(text: str, *, where: str) -> dict[str, Kernel]:
    try:
        return {column: Kernel(**kernel) for column, kernel in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise CatalogueError(
            f"{where}: not what was learnt of the columns ({error}); index with --attributes again"
        ) from None
