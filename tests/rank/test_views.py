"""Views keep to the picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from shelflens.rank.views import closer, gallery_views, query_views


def test_query_views_are_the_picture_its_mirror_and_its_middle() -> None:
    pixels = np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)
    same, mirrored, middle = (np.asarray(view) for view in query_views(Image.fromarray(pixels)))
    np.testing.assert_array_equal(same, pixels)
    np.testing.assert_array_equal(mirrored, pixels[:, ::-1])
    np.testing.assert_array_equal(middle, pixels[5:35, 8:52])


def test_gallery_views_are_the_picture_and_its_mirror() -> None:
    picture = Image.new("RGB", (7, 5))
    assert [view.size for view in gallery_views(picture)] == [(7, 5), (7, 5)]


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (2, 2), (3, 4)])
def test_the_smallest_pictures_have_a_middle(size: tuple[int, int]) -> None:
    assert min(closer(Image.new("RGB", size)).size) >= 1
