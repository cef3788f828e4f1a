"""What the protocol promises, for every implementation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.locate.conftest import bright_detector, pack_shot

from shelflens import plug
from shelflens.errors import ModelError
from shelflens.locate.base import Locator
from shelflens.locate.loading import load_locator

NAMES = ("whole", "plain", "auto", "activations", "detector")


def brightness(picture: Image.Image) -> np.ndarray[tuple[int, int, int], np.dtype[np.float32]]:
    return np.asarray(picture.resize((7, 7), Image.Resampling.BOX), np.float32).transpose(2, 0, 1)


@pytest.fixture(params=NAMES)
def locator(request: pytest.FixtureRequest, tmp_path: Path) -> Locator:
    name: str = request.param
    if name == "detector":
        name = f"detector:{bright_detector(tmp_path / 'bright.onnx')}"
    return load_locator(name, look=brightness)


@pytest.fixture
def pictures(busy: Image.Image) -> list[Image.Image]:
    sizes = [Image.new("RGB", size, "white") for size in ((1, 1), (1, 300), (300, 1), (40, 60))]
    return [pack_shot(), busy, *sizes, Image.new("RGB", (50, 50), "black")]


def test_every_picture_has_a_box_and_a_confidence(locator: Locator, pictures: list[Image.Image]) -> None:
    for picture in pictures:
        located = locator.locate(picture)  # a box checks itself
        assert 0 <= located.confidence <= 1


def test_equal_pictures_have_equal_boxes_in_any_thread(locator: Locator, pictures: list[Image.Image]) -> None:
    alone = [locator.locate(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(locator.locate, [picture.copy() for picture in pictures] * 4)) == alone * 4


def test_pictures_are_left_as_they_were(locator: Locator, pictures: list[Image.Image]) -> None:
    before = [picture.tobytes() for picture in pictures]
    for picture in pictures:
        locator.locate(picture)
    assert [picture.tobytes() for picture in pictures] == before


def test_it_is_found_again_by_its_name(locator: Locator) -> None:
    again = load_locator(locator.name, look=brightness)
    assert (again.name, again.identity) == (locator.name, locator.identity)


def test_identities_differ(tmp_path: Path) -> None:
    names = ["whole", "plain", "auto", "activations", f"detector:{bright_detector(tmp_path / 'a.onnx')}"]
    assert len({load_locator(name, look=brightness).identity for name in names}) == len(names)


def test_contract_covers_every_built_in_locator() -> None:
    assert set(NAMES) == set(plug.BUILT_IN["locators"])


@pytest.mark.parametrize("name", ["whole:x", "plain:x", "activations:x", "detector:", "detector:/nowhere.onnx"])
def test_a_name_that_means_nothing_is_refused(name: str) -> None:
    with pytest.raises(ModelError):
        load_locator(name, look=brightness)
