"""The model's view shows all of the main body."""

from __future__ import annotations

import numpy as np
import pytest

from shelflens.locate.base import WHOLE
from shelflens.locate.framing import framed
from shelflens.types import Box, Preprocessing

CROP = Preprocessing(fit="crop", crop_share=0.8)


def test_the_whole_picture_stays_whole() -> None:
    assert framed(WHOLE, (300, 200), CROP) == WHOLE


def test_a_box_in_the_middle_becomes_a_square_with_room_for_the_crop() -> None:
    box = framed(Box(0.4, 0.3, 0.6, 0.7), (100, 100), CROP)
    np.testing.assert_allclose((box.left, box.top, box.right, box.bottom), (0.25, 0.25, 0.75, 0.75))


def test_a_square_at_the_edge_is_moved_into_the_picture() -> None:
    box = framed(Box(0.0, 0.3, 0.2, 0.7), (100, 100), CROP)
    np.testing.assert_allclose((box.left, box.top, box.right, box.bottom), (0.0, 0.25, 0.5, 0.75))


@pytest.mark.parametrize("preprocessing", [Preprocessing(fit="squash"), Preprocessing(fit="pad", crop_share=1.0)])
def test_a_model_that_sees_everything_needs_no_room(preprocessing: Preprocessing) -> None:
    box = framed(Box(0.4, 0.3, 0.6, 0.7), (100, 100), preprocessing)
    np.testing.assert_allclose((box.left, box.top, box.right, box.bottom), (0.3, 0.3, 0.7, 0.7))


@pytest.mark.parametrize("seed", range(30))
def test_the_box_is_inside_and_the_frame_in_the_picture(seed: int) -> None:
    random = np.random.default_rng(seed)
    left, right = sorted(random.random(2).tolist())
    top, bottom = sorted(random.random(2).tolist())
    box = framed(Box(left, top, right, bottom), tuple(random.integers(20, 500, 2).tolist()), CROP)
    assert box.left <= left + 1e-9 and box.right >= right - 1e-9
    assert box.top <= top + 1e-9 and box.bottom >= bottom - 1e-9
