"""A product's colours are the product's: whatever is behind it, however it is lit, wherever it lies."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from shelflens.attributes.palette import (
    Colour,
    ColourDescriber,
    from_bytes,
    main_colours,
    palette,
    to_bytes,
    together,
    weigh,
)
from shelflens.attributes.subject import find_subject
from shelflens.errors import CatalogueError
from shelflens.verify.oklab import oklab

COLOURS = {
    "red": (200, 35, 45),
    "blue": (40, 80, 180),
    "green": (60, 150, 60),
    "yellow": (245, 205, 50),
    "purple": (120, 60, 160),
    "black": (25, 24, 26),
}


def before_plain(rgb: tuple[int, int, int], paper: tuple[int, int, int]) -> Image.Image:
    """A pack with a white label, in the middle, with a soft shadow."""
    photo = Image.new("RGB", (300, 300), paper)
    shadow = Image.new("L", (300, 300))
    ImageDraw.Draw(shadow).ellipse((80, 225, 240, 265), fill=60)
    photo.paste((0, 0, 0), (0, 0), shadow.filter(ImageFilter.GaussianBlur(10)))
    draw = ImageDraw.Draw(photo)
    draw.rounded_rectangle((100, 50, 200, 245), 12, fill=rgb)
    draw.rectangle((115, 110, 185, 160), fill=(255, 255, 255))
    return photo


def before_clutter(rgb: tuple[int, int, int], seed: int) -> Image.Image:
    """A pack among blocks of other colours."""
    rng = np.random.default_rng(seed)
    photo = Image.new("RGB", (300, 300), (150, 140, 130))
    draw = ImageDraw.Draw(photo)
    others = [tuple(int(value) for value in one) for one in rng.integers(20, 236, (14, 3))]
    for place, other in enumerate(others):
        x, y = (place % 7) * 44, (place // 7) * 150
        draw.rectangle((x, y, x + 40, y + 140), fill=other)
    draw.rounded_rectangle((85, 60, 215, 250), 12, fill=rgb)
    draw.rectangle((110, 110, 190, 150), fill=(250, 250, 248))
    return photo.filter(ImageFilter.GaussianBlur(1))


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize("paper", [(255, 255, 255), (240, 243, 245), (30, 90, 60)])
def test_a_plain_background_is_no_colour_of_the_product(name: str, paper: tuple[int, int, int]) -> None:
    found = palette(before_plain(COLOURS[name], paper))
    assert found[0].name == name
    assert found[0].share > 0.5
    assert sum(colour.share for colour in found) <= 1.001


@pytest.mark.parametrize("name", [name for name in COLOURS if name != "black"])
@pytest.mark.parametrize("seed", range(4))
def test_the_main_colour_is_found_before_clutter(name: str, seed: int) -> None:
    assert palette(before_clutter(COLOURS[name], seed))[0].name == name


def test_a_label_of_the_background_s_colour_stays_part_of_the_product() -> None:
    lab = oklab(np.asarray(before_plain(COLOURS["red"], (255, 255, 255)).resize((96, 96), Image.Resampling.BOX)))
    subject = find_subject(lab)
    assert subject.plain
    assert subject.weights[43, 48] == 1  # the white label
    assert subject.weights[5, 5] == subject.weights[80, 60] == 0  # the paper, the shadow
    assert subject.weights.mean() == pytest.approx(100 * 195 / 90_000, rel=0.15)  # and a rim of mixed pixels


def test_the_hex_is_the_drawn_colour() -> None:
    found = palette(before_plain(COLOURS["blue"], (255, 255, 255)))
    levels = np.array(list(bytes.fromhex(found[0].hex)), float)
    assert np.abs(levels - COLOURS["blue"]).max() < 12


def test_a_turned_or_mirrored_picture_has_the_same_main_colour() -> None:
    photo = before_clutter(COLOURS["green"], 1)
    for turned in (photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT), photo.transpose(Image.Transpose.ROTATE_180)):
        assert palette(turned)[0].name == "green"


def test_warm_light_changes_no_main_colour() -> None:
    photo = np.asarray(before_clutter(COLOURS["blue"], 2), float) * [1.1, 1.0, 0.88] * 0.85
    assert palette(Image.fromarray(photo.clip(0, 255).astype(np.uint8)))[0].name == "blue"


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (8, 8)])
@pytest.mark.parametrize("rgb", [(0, 0, 0), (255, 255, 255), (200, 30, 40)])
def test_a_picture_of_one_colour_has_that_colour(size: tuple[int, int], rgb: tuple[int, int, int]) -> None:
    found = palette(Image.new("RGB", size, rgb))
    assert found[0].name == {(0, 0, 0): "black", (255, 255, 255): "white", (200, 30, 40): "red"}[rgb]


def test_shares_are_of_the_weighted_area() -> None:
    levels = np.zeros((2, 10, 3), np.uint8)
    levels[:, :6] = COLOURS["red"]
    levels[:, 6:] = COLOURS["blue"]
    weights = np.ones((2, 10), np.float32)
    shares = {colour.name: colour.share for colour in weigh(levels, weights)}
    assert shares["red"] == pytest.approx(0.6, abs=0.02)
    weights[:, :6] = 0
    assert [colour.name for colour in weigh(levels, weights)] == ["blue"]


def test_photos_of_one_product_are_put_together() -> None:
    one = (Colour("red", 0.8, 0.9, "c81e28"), Colour("white", 0.2, 0.1, "ffffff"))
    other = (Colour("white", 0.6, 0.3, "fefefe"), Colour("red", 0.4, 0.7, "aa2222"))
    both = together([one, other])
    assert [(colour.name, colour.share, colour.hex) for colour in both] == [
        ("red", 0.6, "c81e28"),
        ("white", 0.4, "fefefe"),
    ]
    assert together([one, other], [1.0, 0.0]) == one
    assert main_colours(both) == ("red", "white")


def test_a_description_is_read_as_it_was_written() -> None:
    photo = before_plain(COLOURS["red"], (255, 255, 255))
    assert from_bytes(ColourDescriber().describe(photo)) == palette(photo)
    assert from_bytes(to_bytes(())) == ()
    with pytest.raises(CatalogueError, match="no palette"):
        from_bytes(b"[{}]")
