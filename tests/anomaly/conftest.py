"""A drawn product as a quality camera sees it, and a model of the good ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from shelflens.anomaly import AnomalyModel, PatchNetwork, fit
from shelflens.demo.assortment import Item, assortment
from shelflens.demo.inspection import inspected

GOOD = 10


@pytest.fixture(scope="session")
def item() -> Item:
    return assortment(120)[20]


@pytest.fixture(scope="session")
def network() -> PatchNetwork:
    return PatchNetwork()


@pytest.fixture(scope="session")
def model(item: Item, network: PatchNetwork) -> AnomalyModel:
    return fit((inspected(item, seed=number) for number in range(GOOD)), network, bank=800)


@pytest.fixture(scope="session")
def model_file(model: AnomalyModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("anomaly") / "good.model"
    model.save(path)
    return path
