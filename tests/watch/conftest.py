"""One short film of drawn products, its truth, and a catalogue of some of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.filmed import Filmed, filmed_in

import shelflens
from shelflens.assemble import Catalogue


@pytest.fixture(scope="session")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Filmed:
    return filmed_in(tmp_path_factory.mktemp("watch"))


@pytest.fixture(scope="session")
def listed(filmed: Filmed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with shelflens.open(str(tmp_path_factory.mktemp("watch") / "catalogue"), create=True, locate="whole") as catalogue:
        catalogue.index(filmed.pictures)
        yield catalogue
