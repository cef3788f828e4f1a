"""Near-duplicate hashes on photos: robust where the picture is the same, apart where it is not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from shelflens.errors import CatalogueError
from shelflens.types import Product
from shelflens.verify.hashing import SAME, HashVerifier, perceptual_hash, similarity

PRODUCT = Product("p")


def compare(one: Image.Image, other: Image.Image) -> float:
    verifier = HashVerifier()
    finding = verifier.compare(verifier.describe(one), verifier.describe(other), PRODUCT)
    assert finding is not None
    return finding.value


@pytest.fixture(scope="module")
def photos(real_data: Path) -> list[Image.Image]:
    paths = sorted((real_data / "grocery" / "val").rglob("*.jpg"))[::5]
    return [Image.open(path).convert("RGB") for path in paths]


def recompressed(picture: Image.Image, quality: int) -> Image.Image:
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=quality)
    return Image.open(data)


def test_copies_are_above_and_other_photos_below_the_line(photos: list[Image.Image]) -> None:
    copies = []
    for photo in photos:
        small = photo.resize((photo.width // 2, photo.height // 2), Image.Resampling.LANCZOS)
        copies += [compare(photo, copy) for copy in (small, recompressed(photo, 30), recompressed(small, 60))]
        copies += [compare(photo, ImageEnhance.Brightness(photo).enhance(1.15))]
        copies += [compare(photo, photo.resize((photo.width, photo.height * 2 // 3)))]
    hashes = np.array([perceptual_hash(photo) for photo in photos])
    others = similarity(hashes[:, None], hashes[None])[~np.eye(len(photos), dtype=bool)]
    assert np.mean(np.array(copies) >= SAME) > 0.98
    assert others.max() < SAME
    assert np.median(others) < 0.15


def test_half_of_the_bits_are_set(photos: list[Image.Image]) -> None:
    for photo in photos:
        bits = perceptual_hash(photo)
        assert bits is not None and np.bitwise_count(bits).sum() == 128


def test_the_waves_are_the_cosine_transform_written_out(photos: list[Image.Image]) -> None:
    grey = np.asarray(photos[0].convert("L").resize((64, 64), Image.Resampling.BOX, reducing_gap=3.0), np.float64)
    places = np.arange(64) + 0.5
    low = [
        sum(
            grey[y, x] * np.cos(np.pi * v * places[y] / 64) * np.cos(np.pi * u * places[x] / 64)
            for y in range(64)
            for x in range(64)
        )
        for v, u in [(1, 1), (1, 16), (16, 1), (7, 3)]
    ]
    bits = np.unpackbits(np.asarray(perceptual_hash(photos[0]))).reshape(16, 16)
    every = np.array([bits[0, 0], bits[0, 15], bits[15, 0], bits[6, 2]], bool)
    # The threshold is the median of all 256; the written-out ones must fall on the same side of some threshold.
    assert not every.any() or not (~every).any() or min(np.array(low)[every]) > max(np.array(low)[~every])


def test_a_mirrored_picture_is_another(photos: list[Image.Image]) -> None:
    assert np.median([compare(photo, ImageOps.mirror(photo)) for photo in photos[:20]]) < 0.3


def test_plain_tones_have_no_hash() -> None:
    verifier = HashVerifier()
    assert verifier.describe(Image.new("RGB", (200, 200), "white")) == b""
    assert verifier.compare(b"", b"", PRODUCT) is None


def test_similarity_is_one_for_equal_and_zero_from_half_the_bits_on() -> None:
    ones, none = np.full(32, 255, np.uint8), np.zeros(32, np.uint8)
    quarter = np.where(np.arange(32) < 8, 255, 0).astype(np.uint8)
    assert similarity(ones, ones) == 1
    assert similarity(none, quarter) == 0.5
    assert similarity(ones, none) == 0


def test_a_foreign_description_is_refused() -> None:
    good = HashVerifier().describe(Image.effect_noise((64, 64), 60))
    assert len(good) == 38
    for bad in (good[:-1], b"x" * 38):
        with pytest.raises(CatalogueError, match="a hash has 38 bytes"):
            HashVerifier().compare(bad, good, PRODUCT)
