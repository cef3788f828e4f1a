"""A product is itself, however it is held and lit; its sibling is another, however alike."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from shelflens.demo.assortment import assortment
from shelflens.demo.package import View
from shelflens.demo.scene import studio
from shelflens.demo.shapes import package
from shelflens.locate.loading import load_locator
from shelflens.types import Product
from shelflens.verify.local import LocalVerifier
from shelflens.watch.sameness import front, sameness

pytest.importorskip("cv2", reason="local features need OpenCV: pip install 'shelflens[evidence]'")

VERIFIER = LocalVerifier()


@pytest.fixture(scope="module")
def siblings() -> list[Image.Image]:
    """Two flavours of one brand, in the studio."""
    items = [item for item in assortment(120) if item.brand == assortment(120)[3].brand][:2]
    return [
        studio(package(item, View.FRONT, np.random.default_rng(4)), 480, (255, 255, 255)).convert("RGB")
        for item in items
    ]


def held(picture: Image.Image) -> Image.Image:
    """Smaller, turned, in another light, a hand over its lower edge."""
    seen = picture.resize((220, 220), Image.Resampling.BICUBIC)
    ImageDraw.Draw(seen).ellipse((80, 175, 150, 225), fill=(198, 134, 98))
    seen = seen.rotate(14, Image.Resampling.BICUBIC, fillcolor=(120, 130, 120))
    warm = np.asarray(seen, np.float32) * [0.9, 0.82, 0.7]
    return Image.fromarray(warm.clip(0, 255).astype(np.uint8))


def same(region: Image.Image, picture: Image.Image) -> float:
    found = VERIFIER.compare(VERIFIER.describe(region), VERIFIER.describe(picture), Product("p"))
    assert found is not None and found.value >= 5, "the test compares what has nothing in common"
    body = load_locator("plain").locate(picture).box
    return sameness(region, front(picture, body), body, found.lines)


def test_a_product_is_itself_and_its_sibling_is_not(siblings: list[Image.Image]) -> None:
    one, other = siblings
    for mine, its in ((one, other), (other, one)):
        assert same(held(mine), mine) > 0.6
        assert same(held(its), mine) < 0.3


def test_a_part_of_a_frame_is_enlarged_no_more_than_asked(siblings: list[Image.Image]) -> None:
    small = siblings[0].resize((120, 120))
    assert LocalVerifier(1.0).describe(small) != VERIFIER.describe(small)
    large = siblings[0].resize((640, 640))
    assert LocalVerifier(1.0).describe(large) == VERIFIER.describe(large)


def test_nothing_is_said_where_too_little_agrees(siblings: list[Image.Image]) -> None:
    body = load_locator("plain").locate(siblings[0]).box
    assert sameness(siblings[0], front(siblings[0], body), body, ()) == 0.0
