"""Which photos make a batch, and how often each is seen in an epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.errors import ShelflensError
from shelflens.train.settings import Settings

Rows: TypeAlias = NDArray[np.int64]  # positions of photos

#: (labels of the photos, settings, random) -> positions of the photos, a batch at a time, for one epoch.
Sampler: TypeAlias = Callable[[NDArray[np.int64], Settings, np.random.Generator], Iterator[Rows]]


def sampler(name: str) -> Sampler:
    """Raises ShelflensError that lists what there is."""
    if name not in SAMPLERS:
        raise ShelflensError(f"no sampler called {name!r}; there is {', '.join(SAMPLERS)}")
    return SAMPLERS[name]


def shuffled(labels: NDArray[np.int64], settings: Settings, random: np.random.Generator) -> Iterator[Rows]:
    """Every photo once."""
    yield from _batches(random.permutation(len(labels)), settings.batch)


def balanced(labels: NDArray[np.int64], settings: Settings, random: np.random.Generator) -> Iterator[Rows]:
    """As many photos as there are, every class equally often: rare ones repeat, frequent ones take turns."""
    classes = np.unique(labels)
    drawn = random.permutation(np.resize(random.permutation(classes), len(labels)))
    decks = {label: np.flatnonzero(labels == label) for label in classes.tolist()}
    rows = np.empty(len(labels), np.int64)
    for label, deck in decks.items():
        places = np.flatnonzero(drawn == label)
        rounds = [random.permutation(deck) for _ in range(-(-len(places) // len(deck)))]
        rows[places] = np.concatenate(rounds)[: len(places)] if rounds else rows[places]
    yield from _batches(rows, settings.batch)


def pxk(labels: NDArray[np.int64], settings: Settings, random: np.random.Generator) -> Iterator[Rows]:
    """P classes with K photos each, for losses that compare photos (Hermans et al. 2017): P = batch / K.

    An epoch has as many photos as there are; a class with fewer than K repeats some.
    """
    each = settings.photos_per_class
    classes = np.unique(labels)
    per_batch = min(max(settings.batch // each, 2), len(classes))
    members = {label: np.flatnonzero(labels == label) for label in classes.tolist()}
    deck: list[int] = []
    for _ in range(max(1, len(labels) // (per_batch * each))):
        if len(deck) < per_batch:
            held = set(deck)
            deck = deck + [label for label in random.permutation(classes).tolist() if label not in held]
        chosen, deck = deck[:per_batch], deck[per_batch:]
        yield np.concatenate([_draw(members[label], each, random) for label in chosen])


SAMPLERS: dict[str, Sampler] = {"balanced": balanced, "pxk": pxk, "shuffled": shuffled}


def _draw(members: Rows, count: int, random: np.random.Generator) -> Rows:
    rounds = [random.permutation(members) for _ in range(-(-count // len(members)))]
    return np.concatenate(rounds)[:count]


def _batches(rows: Rows, size: int) -> Iterator[Rows]:
    """All rows; the last batch takes in a remainder that would be too small to normalise or compare in."""
    starts = list(range(0, len(rows), size))
    if len(starts) > 1 and len(rows) - starts[-1] < size // 2:
        starts.pop()
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        yield rows[start:end]
