"""Labelled candidate lists, and the ways to make honest ones from a shop's own photos.

Split by product, never by photo: two photos of one product are not independent, and a model that saw one has half
seen the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shelflens.calibrate.evidence import CandidateEvidence

OCCASION = 0.77  # mean cosine from which photos of one product are taken as shot on one occasion


@dataclass(frozen=True, slots=True)
class Example:
    """One query and its candidates, as search would list them."""

    candidates: tuple[CandidateEvidence, ...]  # distinct products
    right: int | None  # the place of the query's product among them; None: it is not there
    product_id: str  # the query's product: examples of one product stay in one fold

    def __post_init__(self) -> None:
        if self.right is not None and not 0 <= self.right < len(self.candidates):
            raise ValueError(f"right must be a place among {len(self.candidates)} candidates, not {self.right}")

    def unknown(self) -> Example:
        """The same query in a catalogue without its product."""
        if self.right is None:
            return self
        return replace(self, candidates=self.candidates[: self.right] + self.candidates[self.right + 1 :], right=None)


def folds(examples: Sequence[Example], *, count: int, seed: int = 0) -> NDArray[np.int64]:
    """(N,): the fold of each example; all of one product are in the same."""
    products = sorted({example.product_id for example in examples})
    order = np.random.default_rng(seed).permutation(len(products))
    place = {product: int(order[at]) % count for at, product in enumerate(products)}
    return np.array([place[example.product_id] for example in examples], dtype=np.int64)


def digest(examples: Sequence[Example]) -> str:
    """12 hex digits that name the fitting data, whatever the order of the examples."""
    lines = sorted(
        json.dumps(
            [
                example.product_id,
                example.right,
                [
                    [one.category, sorted((k, v) for k, v in one.values.items() if v is not None)]
                    for one in example.candidates
                ],
            ]
        )
        for example in examples
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def occasions(vectors: NDArray[np.float32], *, at: float = OCCASION) -> NDArray[np.int64]:
    """(N,) group numbers of one product's N unit vectors: photos that were shot on one occasion look more alike than a
    customer's photo will ever look. A query made from one must not find the others, or the fit would expect
    of customers what only bursts can give.

    Average linkage (Sokal and Michener 1958), joined while the mean cosine between two groups is at least `at`;
    O(N³), meant for the photos of one product (hundreds).
    """
    total = vectors.astype(np.float64) @ vectors.T.astype(np.float64)  # sums of cosines between groups
    sizes = np.ones(len(vectors))
    group = np.arange(len(vectors))
    np.fill_diagonal(total, -np.inf)
    while len(vectors) > 1:
        mean = total / np.outer(sizes, sizes)
        one, other = sorted(np.unravel_index(int(np.argmax(mean)), mean.shape))
        if not mean[one, other] >= at:
            break
        total[one] += total[other]
        total[:, one] += total[:, other]
        total[one, one] = -np.inf
        total[other], total[:, other] = -np.inf, -np.inf
        sizes[one] += sizes[other]
        group[group == other] = one
    return np.unique(group, return_inverse=True)[1].astype(np.int64)
