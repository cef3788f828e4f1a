"""Colours by name: what people say, in two languages."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import XKCD_COLORS

from shelflens.attributes.names import NAMES, chinese, fits, name_of
from shelflens.attributes.survey import CALLED
from shelflens.verify.oklab import oklab


@pytest.mark.parametrize(
    ("rgb", "name", "zh"),
    [
        ((200, 30, 40), "red", "红色"),
        ((255, 150, 20), "orange", "橙色"),
        ((250, 220, 40), "yellow", "黄色"),
        ((40, 140, 50), "green", "绿色"),
        ((10, 130, 130), "teal", "青色"),
        ((20, 40, 140), "blue", "蓝色"),
        ((120, 50, 160), "purple", "紫色"),
        ((250, 150, 190), "pink", "粉色"),
        ((100, 60, 30), "brown", "棕色"),
        ((225, 200, 150), "beige", "米色"),
        ((130, 130, 130), "grey", "灰色"),
        ((15, 15, 15), "black", "黑色"),
        ((252, 252, 250), "white", "白色"),
    ],
)
def test_a_plain_colour_has_its_plain_name(rgb: tuple[int, int, int], name: str, zh: str) -> None:
    assert (name_of(rgb), chinese(name)) == (name, zh)


def test_names_agree_with_the_survey_they_come_from() -> None:
    asked = {name[5:]: tuple(bytes.fromhex(str(value)[1:])) for name, value in XKCD_COLORS.items()}
    plain = {words: rgb for words, rgb in asked.items() if words.split()[-1] in NAMES and "/" not in words}
    mixed = {words for words in plain if any(word in NAMES for word in words.split()[:-1])}
    right = [
        name_of((rgb[0], rgb[1], rgb[2])) == words.split()[-1] for words, rgb in plain.items() if words not in mixed
    ]
    assert len(right) > 300
    assert np.mean(right) > 0.9


def test_the_table_is_the_nearest_colour_of_each_word() -> None:
    known = [oklab(np.array([list(bytes.fromhex(one)) for one in CALLED[name].split()], np.uint8)) for name in NAMES]
    for cell in np.random.default_rng(1).integers(0, 32, (20, 3)):
        middle = (cell * 8 + 4).astype(np.uint8)
        nearest = [min(float(np.sqrt((one - oklab(middle)) ** 2 @ [1, 2, 2])) for one in its) for its in known]
        powers = np.exp(-(np.array(nearest) - min(nearest)) / 0.03)
        np.testing.assert_allclose(fits(middle), powers / powers.sum(), atol=1e-3)


def test_fits_of_a_picture_sum_to_one() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (7, 5, 3)).astype(np.uint8)
    assert fits(picture).shape == (7, 5, len(NAMES))
    np.testing.assert_allclose(fits(picture).sum(axis=-1), 1, rtol=1e-5)
