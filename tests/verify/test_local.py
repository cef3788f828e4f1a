"""Local features on drawn labels: found again wherever they are, and told apart by their colours."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image
from tests.verify.conftest import label

from shelflens.errors import CatalogueError
from shelflens.types import Product
from shelflens.verify.agreement import agree, alike
from shelflens.verify.keypoints import Keypoints
from shelflens.verify.local import LocalVerifier

PRODUCT = Product("p")


def in_a_shop(product: Image.Image, *, angle: float, scale: float) -> Image.Image:
    """The product turned, smaller and off the centre, before a cluttered shelf."""
    clutter = np.random.default_rng(99).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    shelf = Image.fromarray(clutter).resize((480, 480), Image.Resampling.BICUBIC)
    side = round(480 * scale)
    mask = Image.new("L", (side, side), 255).rotate(angle, expand=True)
    shelf.paste(product.resize((side, side)).rotate(angle, expand=True), (60, 40), mask)
    return shelf


@pytest.fixture(scope="module")
def verifier() -> LocalVerifier:
    pytest.importorskip("cv2", reason="local features need shelflens[evidence]")
    return LocalVerifier()


@pytest.mark.parametrize(("angle", "scale"), [(0, 0.7), (15, 0.6), (90, 0.7), (200, 0.7), (0, 0.45)])
def test_a_label_is_found_again_turned_and_smaller(verifier: LocalVerifier, angle: float, scale: float) -> None:
    query = verifier.describe(in_a_shop(label(1), angle=angle, scale=scale))
    right = verifier.compare(query, verifier.describe(label(1)), PRODUCT)
    wrong = [verifier.compare(query, verifier.describe(label(seed)), PRODUCT) for seed in (2, 3, 4)]
    assert right is not None and right.value > 15
    assert all(other is not None and other.value < right.value / 5 for other in wrong)


def test_lines_join_the_same_points(verifier: LocalVerifier) -> None:
    picture = label(1)
    finding = verifier.compare(
        verifier.describe(picture), verifier.describe(picture.resize((480, 480), Image.Resampling.LANCZOS)), PRODUCT
    )
    assert finding is not None and len(finding.lines) > 100
    assert max(math.dist(line.query, line.photo) for line in finding.lines) < 0.04


def test_siblings_with_the_same_artwork_are_told_apart_by_colour(verifier: LocalVerifier) -> None:
    query = verifier.describe(in_a_shop(label(1), angle=5, scale=0.7))
    same = verifier.compare(query, verifier.describe(label(1)), PRODUCT)
    sibling = verifier.compare(query, verifier.describe(label(1, tint=(40, 120, 200))), PRODUCT)
    assert same is not None and sibling is not None
    assert len(sibling.lines) > 0.6 * len(same.lines)
    assert same.value > 3 * sibling.value


def test_comparing_is_the_same_both_ways_within_a_quarter(verifier: LocalVerifier) -> None:
    one, other = verifier.describe(in_a_shop(label(1), angle=10, scale=0.7)), verifier.describe(label(1))
    there, back = verifier.compare(one, other, PRODUCT), verifier.compare(other, one, PRODUCT)
    assert there is not None and back is not None
    assert back.value == pytest.approx(there.value, rel=0.25)


def test_plain_pictures_say_nothing(verifier: LocalVerifier) -> None:
    assert verifier.describe(Image.new("RGB", (300, 200), "white")) == b""
    assert verifier.compare(b"", verifier.describe(label(1)), PRODUCT) is None
    assert verifier.compare(verifier.describe(label(1)), b"", PRODUCT) is None


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (900, 2), (16, 16), (3000, 40)])
def test_odd_sizes_are_described(verifier: LocalVerifier, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    description = verifier.describe(Image.fromarray(noise))
    if description:
        finding = verifier.compare(description, description, PRODUCT)
        assert finding is not None


def test_descriptions_are_deterministic_and_small(verifier: LocalVerifier) -> None:
    picture = in_a_shop(label(1), angle=10, scale=0.7)
    assert verifier.describe(picture) == verifier.describe(picture.copy())
    assert len(verifier.describe(picture)) < 46_000


def test_a_cut_or_foreign_description_is_refused(verifier: LocalVerifier) -> None:
    whole = verifier.describe(label(1))
    for broken in (whole[:-1], whole[:10], b"words" + whole, b"SLK1"):
        with pytest.raises(CatalogueError, match=r"local features|cut"):
            verifier.compare(broken, whole, PRODUCT)


def test_unpacking_gives_back_what_was_packed_up_to_rounding() -> None:
    random = np.random.default_rng(0)
    descriptors = random.random((9, 128)).astype(np.float32) ** 3
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    before = Keypoints(
        random.random((9, 4)).astype(np.float32),
        descriptors,
        (random.random((32, 64, 2)).astype(np.float32) - 0.5) * 0.8,
        (1.0, 1.75),
    )
    after = Keypoints.unpack(before.pack())
    np.testing.assert_allclose(after.places, before.places, atol=5e-4)
    np.testing.assert_allclose(after.descriptors, before.descriptors, atol=2e-3)
    np.testing.assert_allclose(after.tints, before.tints, atol=2.1e-3)
    assert after.extent == before.extent


def test_matches_are_those_of_a_loop() -> None:
    random = np.random.default_rng(3)
    query = random.normal(size=(40, 16)).astype(np.float32)
    photo = np.concatenate([query[:15] + 0.2 * random.normal(size=(15, 16)), random.normal(size=(20, 16))])
    query /= np.linalg.norm(query, axis=1, keepdims=True)
    photo = (photo / np.linalg.norm(photo, axis=1, keepdims=True)).astype(np.float32)
    expected = []
    for row, descriptor in enumerate(query):
        near = sorted((float(np.linalg.norm(descriptor - other)), column) for column, other in enumerate(photo))
        if near[0][0] < 0.85 * near[1][0]:
            expected.append([row, near[0][1]])
    assert alike(query, photo, ratio=0.85).tolist() == expected
    assert 15 <= len(expected) < 40


def test_agreement_is_the_best_of_all_single_match_motions() -> None:
    random = np.random.default_rng(4)
    turn, scale, shift = 0.6, 1.4, np.array([0.1, -0.2])
    places = np.column_stack([random.random((60, 2)), 0.02 + 0.02 * random.random(60), 360 * random.random(60)])
    rotation = scale * np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    moved = places.copy()
    moved[:, :2] = places[:, :2] @ rotation + shift
    moved[:, 2] *= scale
    moved[:, 3] += math.degrees(turn)
    moved[25:, :2] = random.random((35, 2)) * 2  # wrong matches
    pairs = np.column_stack([np.arange(60), np.arange(60)])
    agreement = agree(places.astype(np.float32), moved.astype(np.float32), pairs)
    found = set(agreement.pairs[:, 0].tolist())
    assert set(range(25)) <= found and len(found) <= 29
    assert agreement.affine is not None
    np.testing.assert_allclose(agreement.affine[:2], rotation, atol=0.05)


def test_no_pairs_or_one_agree_on_nothing() -> None:
    places = np.ones((3, 4), np.float32)
    for count in (0, 1):
        agreement = agree(places, places, np.zeros((count, 2), np.intp))
        assert len(agreement.pairs) == 0 and agreement.affine is None
