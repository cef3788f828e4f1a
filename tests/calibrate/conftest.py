"""Drawn candidate lists in which the true probability of every candidate is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from shelflens.calibrate.evidence import CandidateEvidence
from shelflens.calibrate.examples import Example

#: of the drawn world: utilities are 20 · similarity + 2 · local, and "none" has NONE
SLOPES = {"similarity": 20.0, "local": 2.0}
NONE = 22.0


@dataclass(frozen=True, slots=True)
class World:
    examples: tuple[Example, ...]
    truth: tuple[NDArray[np.float64], ...]  # each candidate's true probability


def draw(*, products: int, each: int, seed: int, candidates: int = 6) -> World:
    """Evidence first, then the right answer by its true probability, so that the model's form is the truth."""
    random = np.random.default_rng(seed)
    examples, truth = [], []
    for product in range(products):
        for _ in range(each):
            similarity = random.normal(0.7, 0.08, candidates)
            local = np.log1p(random.poisson(random.choice([3, 30], candidates, p=[0.8, 0.2])))
            utility = SLOPES["similarity"] * similarity + SLOPES["local"] * local
            powers = np.exp(utility - NONE)
            p = powers / (1 + powers.sum())
            right = int(random.choice(candidates + 1, p=np.append(p, 1 - p.sum())))
            values = zip(similarity.tolist(), local.tolist(), strict=True)
            found = tuple(
                CandidateEvidence({"similarity": s, "local": float(n)}, f"kind {product % 3}") for s, n in values
            )
            examples.append(Example(found, right if right < candidates else None, f"product {product}"))
            truth.append(p)
    return World(tuple(examples), tuple(truth))


@pytest.fixture(scope="session")
def world() -> World:
    return draw(products=50, each=14, seed=1)


@pytest.fixture
def drawn() -> Callable[..., World]:
    return draw
