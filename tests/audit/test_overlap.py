"""The same picture after other hands, against other shots of the same thing."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from shelflens.audit.copies import SAME
from shelflens.audit.overlap import overlap, sketch

CHANGES = ["quality", "half", "brighter", "crop", "corner", "all"]


def changed(picture: Image.Image, how: str) -> Image.Image:
    width, height = picture.size
    if how == "brighter":
        picture = picture.point(lambda level: min(255, int(level * 1.15)))
    if how in ("crop", "all"):
        picture = picture.crop((width // 20, height // 20, width - width // 20, height - height // 20))
    if how == "corner":
        picture = picture.crop((0, 0, round(width * 0.85), round(height * 0.85)))
    if how in ("half", "all"):
        picture = picture.resize((picture.width // 2, picture.height // 2))
    file = BytesIO()
    picture.save(file, "JPEG", quality=30 if how == "quality" else 60)
    return Image.open(file).convert("RGB")


@pytest.mark.parametrize("how", CHANGES)
def test_a_changed_copy_is_the_same_picture(grocery_rows: list[tuple[str, str]], how: str) -> None:
    for photo, _ in grocery_rows[::24]:
        picture = Image.open(photo).convert("RGB")
        copy = sketch(changed(picture, how))
        assert overlap(sketch(picture), copy) >= SAME, photo
        assert overlap(copy, sketch(picture)) == overlap(sketch(picture), copy)


def test_other_shots_of_the_same_product_are_other_pictures(grocery_rows: list[tuple[str, str]]) -> None:
    for one, other in zip(grocery_rows[::12], grocery_rows[1::12], strict=False):
        assert overlap(sketch(Image.open(one[0])), sketch(Image.open(other[0]))) < SAME, (one, other)


def test_pictures_without_contrast_are_like_nothing(shop: Path) -> None:
    white, grey = (sketch(Image.new("RGB", (300, 200), colour)) for colour in ("white", "gray"))
    assert overlap(white, grey) == 0
    assert overlap(white, sketch(Image.open(shop / "p0" / "0.jpg"))) == 0


def test_another_shape_is_another_picture(shop: Path) -> None:
    picture = Image.open(shop / "p1" / "0.jpg")
    wide = picture.resize((600, 200))
    assert overlap(sketch(picture), sketch(wide)) == 0
