"""What the protocol promises, for every implementation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shelflens import plug
from shelflens.classify.base import Classifier
from shelflens.classify.loading import load_classifier


@pytest.fixture(params=["onnx-int8", "onnx-fp32"])
def classifier(request: pytest.FixtureRequest, model: Path) -> Classifier:
    return load_classifier(str(model if request.param == "onnx-int8" else model / "model.onnx"), threads=1)


def test_rows_are_probabilities_that_sum_to_one(classifier: Classifier, pictures: list[Image.Image]) -> None:
    found = classifier.classify(pictures)
    assert found.dtype == np.float64
    assert found.shape == (len(pictures), len(classifier.labels.names))
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)


def test_it_knows_what_it_was_trained_on(classifier: Classifier, pictures: list[Image.Image]) -> None:
    answers = classifier.classify(pictures).argmax(axis=1)
    assert [classifier.labels.names[place] for place in answers] == [*(f"p{n}" for n in range(8)), "p0"]


def test_no_pictures_give_no_rows(classifier: Classifier) -> None:
    assert classifier.classify([]).shape == (0, len(classifier.labels.names))


def test_order_is_kept_and_no_picture_changes_anothers_row(classifier: Classifier, pictures: list[Image.Image]) -> None:
    together = classifier.classify(pictures)
    alone = np.concatenate([classifier.classify([picture]) for picture in pictures])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(classifier.classify(pictures[::-1]), together[::-1])
    np.testing.assert_array_equal(together[0], together[-1])


def test_eight_threads_give_what_one_gives(classifier: Classifier, pictures: list[Image.Image]) -> None:
    alone = classifier.classify(pictures)
    with ThreadPoolExecutor(8) as threads:
        for found in threads.map(classifier.classify, [pictures] * 8):
            np.testing.assert_array_equal(found, alone)


def test_pictures_are_left_as_they_were(classifier: Classifier, pictures: list[Image.Image]) -> None:
    before = [picture.tobytes() for picture in pictures]
    classifier.classify(pictures)
    assert [picture.tobytes() for picture in pictures] == before


def test_contract_covers_every_built_in_classifier() -> None:
    assert set(plug.BUILT_IN["classifiers"]) == {"onnx"}
