"""A small drawn shop that the tests of this folder share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from shelflens.demo import Demo, draw

PRODUCTS = 2


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Two products, drawn by one worker with the seed 7."""
    folder: Path = tmp_path_factory.mktemp("demo")
    return draw(folder, seed=7, products=PRODUCTS, workers=1)


@dataclass(frozen=True)
class Watched:
    """A shop with the progress that drawing it reported."""

    demo: Demo
    steps: list[tuple[int, int]]


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """One product, with another seed."""
    steps: list[tuple[int, int]] = []
    folder: Path = tmp_path_factory.mktemp("other")
    return Watched(draw(folder, seed=8, products=1, workers=1, progress=lambda *step: steps.append(step)), steps)
