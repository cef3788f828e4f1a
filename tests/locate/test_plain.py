"""Pack shots, their noise and their shadows."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tests.locate.conftest import PACK, pack_shot

from shelflens.locate.base import NOTHING
from shelflens.locate.plain import PlainLocator
from shelflens.types import Box

TRUE = Box(PACK[0] / 300, PACK[1] / 320, PACK[2] / 300, PACK[3] / 320)
NEAR = 0.03  # of the picture: the margin, and two pixels of the scale that is looked at


def found(picture: Image.Image) -> Box:
    located = PlainLocator().locate(picture)
    assert located.confidence > 0
    return located.box


def assert_near(box: Box, wanted: Box = TRUE) -> None:
    sides = (box.left, box.top, box.right, box.bottom)
    np.testing.assert_allclose(sides, (wanted.left, wanted.top, wanted.right, wanted.bottom), atol=NEAR)


@pytest.mark.parametrize("background", [(255, 255, 255), (238, 236, 230), (0, 0, 0), (230, 200, 210)])
def test_a_pack_is_found_on_any_plain_background(background: tuple[int, int, int]) -> None:
    assert_near(found(pack_shot(background=background)))


@pytest.mark.parametrize("quality", [95, 40, 10])
def test_jpeg_noise_moves_nothing(quality: int) -> None:
    assert_near(found(pack_shot(quality=quality)))


def test_a_soft_shadow_is_no_part_of_the_pack() -> None:
    assert_near(found(pack_shot(shadow=True, quality=80)))


def test_a_busy_picture_is_whole(busy: Image.Image) -> None:
    assert PlainLocator().locate(busy) == NOTHING


def test_a_blank_picture_is_whole() -> None:
    assert PlainLocator().locate(Image.new("RGB", (200, 200), "white")) == NOTHING


def test_a_speck_is_dust() -> None:
    picture = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(picture).rectangle((20, 20, 32, 32), fill="black")
    assert PlainLocator().locate(picture) == NOTHING


def test_things_apart_are_found_together() -> None:
    picture = Image.new("RGB", (300, 300), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40, 100, 120, 180), fill="orange")
    draw.ellipse((180, 100, 260, 180), fill="orange")
    assert_near(found(picture), Box(40 / 300, 100 / 300, 260 / 300, 180 / 300))


def test_a_thing_that_touches_the_edge_is_found() -> None:
    picture = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(picture).rectangle((100, 120, 200, 299), fill="navy")
    assert_near(found(picture), Box(1 / 3, 0.4, 2 / 3, 1.0))
