"""Small JPEGs for pages."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from shelflens.picture import thumbnail


@pytest.mark.parametrize(
    ("size", "expected"), [((800, 400), (160, 80)), ((400, 800), (80, 160)), ((9, 5), (9, 5)), ((5000, 3), (160, 1))]
)
def test_thumbnail_keeps_the_shape_and_never_enlarges(size: tuple[int, int], expected: tuple[int, int]) -> None:
    picture = Image.new("RGB", size, (200, 30, 40))
    with Image.open(BytesIO(thumbnail(picture))) as small:
        assert small.format == "JPEG"
        assert small.size == expected
        red, green, blue = small.convert("RGB").getpixel((0, 0))  # type: ignore[misc]  # RGB has three bands
        assert abs(red - 200) < 6 and abs(green - 30) < 6 and abs(blue - 40) < 6
    assert picture.size == size


def test_lower_quality_is_smaller(scene: Image.Image) -> None:
    noisy = Image.effect_noise((300, 300), 80).convert("RGB")
    assert len(thumbnail(noisy, quality=30)) < len(thumbnail(noisy, quality=90))
    assert len(thumbnail(noisy, side=60)) < len(thumbnail(noisy, side=160))
