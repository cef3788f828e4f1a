"""The heat lies on the part of a picture that the network looked at."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from shelflens.explain.heat import CIVIDIS, in_place
from shelflens.locate.base import WHOLE
from shelflens.picture import fit
from shelflens.types import Box, Fit, Preprocessing

GREY = (90, 90, 90)
CORNER = np.array([[1, 0], [0, 0]], np.float32)  # all of the heat is in the upper left cell


def drawn(size: tuple[int, int], seen: Box, how: Fit, share: float = 0.5) -> NDArray[np.int64]:
    preprocessing = Preprocessing(size=64, fit=how, crop_share=share)
    return np.asarray(in_place(Image.new("RGB", size, GREY), CORNER, seen=seen, preprocessing=preprocessing), np.int64)


def faded(pixels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(H, W): lighter than the picture and as grey."""
    pale: NDArray[np.bool_] = (np.ptp(pixels, axis=2) < 5) & (pixels.min(axis=2) > 150)
    return pale


def hot(pixels: NDArray[np.int64]) -> tuple[float, float]:
    """Where the warmest pixels lie on the average: x, y in pixels."""
    far = np.abs(pixels - CIVIDIS[-1]).sum(axis=2)
    rows, columns = np.nonzero(far <= far.min() + 20)
    return float(columns.mean()), float(rows.mean())


def test_a_whole_squashed_picture_is_seen_to_its_edges() -> None:
    pixels = drawn((100, 60), WHOLE, "squash")
    assert not faded(pixels).any()
    assert hot(pixels) < (50, 30)


def test_what_is_outside_of_the_located_part_is_faded() -> None:
    pixels = drawn((100, 80), Box(0.5, 0.25, 1.0, 0.75), "squash")
    expected = np.ones((80, 100), np.bool_)
    expected[20:60, 50:] = False
    np.testing.assert_array_equal(faded(pixels), expected)
    x, y = hot(pixels)
    assert 50 <= x < 75 and 20 <= y < 40


def test_the_rim_that_a_centre_crop_leaves_out_is_faded_too() -> None:
    pixels = drawn((100, 60), WHOLE, "crop")
    expected = np.ones((60, 100), np.bool_)
    expected[15:45, 35:65] = False
    np.testing.assert_array_equal(faded(pixels), expected)


def test_padding_is_no_part_of_the_picture() -> None:
    pixels = drawn((100, 60), WHOLE, "pad", share=1.0)
    assert pixels.shape == (60, 100, 3) and not faded(pixels).any()
    assert hot(pixels)[1] < 10, "the cell's own middle lies at 25 of 100 rows, of which 20 are padding"


@pytest.mark.parametrize("how", ["squash", "crop", "pad"])
@pytest.mark.parametrize("size", [(100, 60), (60, 100)])
def test_what_is_not_faded_is_what_the_network_is_given(how: Fit, size: tuple[int, int]) -> None:
    seen = ~faded(drawn(size, WHOLE, how))
    numbered = Image.fromarray((np.indices(size[::-1])[0] * 255 // size[1]).astype(np.uint8)).convert("RGB")
    given = np.asarray(fit(numbered, Preprocessing(size=64, fit=how, crop_share=0.5)))
    rows = np.asarray(numbered)[..., 0][seen]
    assert abs(int(rows.min()) - int(given.min())) <= 6 and abs(int(rows.max()) - int(given.max())) <= 6
