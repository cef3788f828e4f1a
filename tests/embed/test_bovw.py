"""Bags of visual words: against a loop, and as bad as a baseline should be, not worse."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shelflens.embed.bovw import VOCABULARIES, BagOfWordsEmbedder, Vocabulary, grey, local_features
from shelflens.embed.loading import load_embedder
from shelflens.errors import ModelError

cv2 = pytest.importorskip("cv2", reason="bags of visual words need shelflens[evidence]")


@pytest.mark.parametrize("features", ["sift", "orb"])
def test_a_vector_is_the_weighted_roots_of_word_counts(features: str) -> None:
    blocks = np.random.default_rng(1).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    picture = Image.fromarray(blocks).resize((400, 400), Image.Resampling.NEAREST)
    embedder = BagOfWordsEmbedder(features)
    vocabulary = Vocabulary.read(VOCABULARIES / f"{features}.npz")
    counts = np.zeros(len(vocabulary.idf))
    for feature in local_features(grey(picture), features):
        counts[min(range(len(counts)), key=lambda word: float(np.linalg.norm(vocabulary.words[word] - feature)))] += 1
    expected = np.sqrt(counts) * vocabulary.idf
    assert counts.sum() > 20
    np.testing.assert_allclose(embedder.embed([picture])[0], expected / np.linalg.norm(expected), atol=1e-5)


def test_packaged_goods_are_found_far_better_than_by_chance(real_data: Path) -> None:
    def rows(name: str) -> list[tuple[str, Path]]:
        with (real_data / "grocery" / f"{name}.csv").open(encoding="utf-8") as table:
            return [
                (row["product_id"], real_data / "grocery" / row["photo"])
                for row in csv.DictReader(table)
                if "/Packages/" in row["photo"]
            ]

    def embedded(paths: list[Path]) -> np.ndarray:
        return embedder.embed([Image.open(path).convert("RGB") for path in paths])

    embedder = load_embedder("bovw:sift")
    gallery, queries = rows("catalogue"), rows("val")[::2]
    nearest = (embedded([path for _, path in queries]) @ embedded([path for _, path in gallery]).T).argmax(axis=1)
    right = [gallery[place][0] == product for place, (product, _) in zip(nearest, queries, strict=True)]
    assert np.mean(right) > 0.2  # chance is 0.03


def test_unknown_features_are_refused() -> None:
    with pytest.raises(ModelError, match="there is bovw:sift, bovw:orb, bovw:akaze, bovw:surf"):
        load_embedder("bovw:hog")


def test_what_opencv_lacks_is_told() -> None:
    if hasattr(cv2, "SURF_create") or hasattr(getattr(cv2, "xfeatures2d", None), "SURF_create"):
        pytest.skip("this OpenCV has SURF")
    with pytest.raises(ModelError, match="this OpenCV has no SURF"):
        load_embedder("bovw:surf")


def test_a_broken_vocabulary_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04 cut"):
        (tmp_path / "sift.npz").write_bytes(content)
        with pytest.raises(ModelError, match="no vocabulary can be read"):
            Vocabulary.read(tmp_path / "sift.npz")
