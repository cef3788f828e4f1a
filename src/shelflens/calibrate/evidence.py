"""What is known about one query and one candidate product, and the table of features that a model reads from it.

Missing evidence is not evidence against: every kind of evidence brings a flag `known` beside its value, a missing one
is value 0 with flag 0, and the flag's weight is learned, so that silence and a low value may mean different things.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shelflens.types import Evidence

Table: TypeAlias = NDArray[np.float64]  # (candidates, len(COLUMNS)), in COLUMNS' order


@dataclass(frozen=True, slots=True)
class CandidateEvidence:
    """One candidate product of one query; a name that is absent, or None, is unknown."""

    values: Mapping[str, float | None]  # by the evidence's name, in the unit of what measured it
    category: str = ""  # the candidate's; empty: unknown


def _log_count(value: float) -> float:
    """Counts speak by their order of magnitude: 40 points against 20 says as much as 20 against 10."""
    return math.log1p(max(0.0, value))


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of evidence, and how a model reads it: on a scale on which equal steps speak about equally."""

    name: str
    read: Callable[[float], float] = float
    rivals: bool = False  # is it also compared with the best other candidate's?
    prior: float = 0.0  # the weight of its value before any data, in log-odds per unit


KINDS: Final[tuple[Kind, ...]] = (
    Kind("similarity", rivals=True),  # cosine of the best photo
    Kind("local", read=_log_count, rivals=True),  # agreeing points
    Kind("lightglue", read=_log_count, rivals=True),  # agreeing points; weighed once a catalogue was calibrated with it
    Kind("words", rivals=True),
    # 1: this product's, -1: another's. Rare in photos, so that few shops could fit it; a check digit lets about one
    # misreading in a thousand through, and log(1000) is 7.
    Kind("barcode", prior=7.0),
    Kind("hash"),
    Kind("colour"),
    Kind("category"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """One number that a model weighs."""

    name: str  # "local", "local lead", "local known"
    evidence: str  # the kind that it comes from
    rising: bool  # higher can only speak for the same product: its weight is never negative
    prior: float = 0.0  # the weight before any data


def _columns(kind: Kind) -> tuple[Column, ...]:
    value = Column(kind.name, kind.name, rising=True, prior=kind.prior)
    lead = (Column(f"{kind.name} lead", kind.name, rising=True),) if kind.rivals else ()
    return (value, *lead, Column(f"{kind.name} known", kind.name, rising=False))


COLUMNS: Final[tuple[Column, ...]] = tuple(column for kind in KINDS for column in _columns(kind))
RISING: Final[NDArray[np.bool_]] = np.array([column.rising for column in COLUMNS])
PRIOR: Final[NDArray[np.float64]] = np.array([column.prior for column in COLUMNS])


def of_evidence(evidence: Sequence[Evidence], *, category: str = "") -> CandidateEvidence:
    """A match's own evidence, as `search` hands it out."""
    return CandidateEvidence({one.name: one.value for one in evidence}, category)


def features(candidates: Sequence[CandidateEvidence]) -> Table:
    """One query's candidates, in any order. A lead is the value less the best of the *other* candidates' known ones,
    and 0 where no other candidate is known. Raises ValueError on a value that is not finite."""
    table = np.zeros((len(candidates), len(COLUMNS)))
    at = 0
    for kind in KINDS:
        _fill(table[:, at:], kind, [candidate.values.get(kind.name) for candidate in candidates])
        at += 3 if kind.rivals else 2
    return table


def _fill(table: Table, kind: Kind, found: Sequence[float | None]) -> None:
    known = [(row, kind.read(value)) for row, value in enumerate(found) if value is not None]
    if not known:
        return
    if not all(math.isfinite(value) for _, value in known):
        raise ValueError(f"the evidence {kind.name!r} must be finite or None, not {list(found)}")
    by_value = sorted(known, key=lambda pair: -pair[1])
    best, best_row = by_value[0][1], by_value[0][0]
    second = by_value[1][1] if len(by_value) > 1 else best
    for row, value in known:
        table[row, 0] = value
        if kind.rivals:
            table[row, 1] = value - (second if row == best_row else best)
        table[row, 2 if kind.rivals else 1] = 1.0
