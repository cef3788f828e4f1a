"""Colours against the definition of OKLab, and against what people see."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from shelflens.errors import CatalogueError
from shelflens.types import Product
from shelflens.verify.colour import BINS, ColourVerifier, histogram
from shelflens.verify.oklab import oklab

PRODUCT = Product("p")


def disc(colour: str, background: str = "white", *, at: int = 100) -> Image.Image:
    picture = Image.new("RGB", (200, 200), background)
    ImageDraw.Draw(picture).ellipse((at - 70, 30, at + 70, 170), fill=colour)
    return picture


def compare(one: Image.Image, other: Image.Image) -> float:
    verifier = ColourVerifier()
    finding = verifier.compare(verifier.describe(one), verifier.describe(other), PRODUCT)
    assert finding is not None
    return finding.value


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (1.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (0.62796, 0.22486, 0.12585)),  # the CSS Color 4 specification's samples
        ((0, 128, 0), (0.51975, -0.14030, 0.10768)),
        ((0, 0, 255), (0.45201, -0.03246, -0.31153)),
    ],
)
def test_oklab_is_the_published_one(rgb: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    np.testing.assert_allclose(oklab(np.array(rgb, np.uint8)), lab, atol=5e-4)


def test_the_same_colours_share_all_and_others_little() -> None:
    assert compare(disc("red"), disc("red")) == pytest.approx(1, abs=1e-3)
    assert compare(disc("red", "green"), disc("blue", "yellow")) < 0.1
    assert (
        compare(disc("red"), disc("crimson"))
        > compare(disc("red"), disc("orange"))
        > compare(disc("red"), disc("blue"))
    )


def test_a_little_less_light_changes_little() -> None:
    assert compare(disc("orange"), ImageEnhance.Brightness(disc("orange")).enhance(0.97)) > 0.85


def test_the_middle_counts_more_than_the_edge() -> None:
    middle = compare(disc("red"), disc("blue"))
    edges = compare(disc("red", "white"), disc("red", "black"))
    assert edges > middle


def test_histogram_is_the_linear_sharing_written_out() -> None:
    random = np.random.default_rng(2)
    colours = (random.random((30, 3)) * [1.2, 0.6, 0.6] + [-0.1, -0.3, -0.3]).astype(np.float32)
    weights = random.random(30)
    expected = np.zeros(BINS)
    for colour, weight in zip(colours, weights, strict=True):
        axes = []
        for value, low, high, bins in zip(colour, (0, -0.25, -0.25), (1, 0.25, 0.25), BINS, strict=True):
            place = min(max((value - low) / (high - low), 0), 1) * (bins - 1)
            axes.append([max(0.0, 1 - abs(place - centre)) for centre in range(bins)])  # a tent over each bin
        expected += weight * np.einsum("i,j,k->ijk", *axes)
    np.testing.assert_allclose(histogram(colours, weights), (expected / expected.sum()).ravel(), atol=1e-6)


def test_a_foreign_description_is_refused() -> None:
    good = ColourVerifier().describe(disc("red"))
    assert len(good) == 816
    with pytest.raises(CatalogueError, match="816 bytes"):
        ColourVerifier().compare(good[:-2], good, PRODUCT)
    assert ColourVerifier().compare(b"", good, PRODUCT) is None
