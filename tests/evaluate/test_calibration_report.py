"""The page of a calibration: what it draws is what was measured."""

from __future__ import annotations

import re

import numpy as np
import pytest

from shelflens.calibrate.bands import Bands
from shelflens.calibrate.calibration import Calibration, Provenance
from shelflens.calibrate.fitting import HeldOut
from shelflens.calibrate.fusion import FusionModel
from shelflens.evaluate.calibration_report import calibration_page, histogram_chart, precision_chart, reliability_chart

RANDOM = np.random.default_rng(1)
PROBABILITY = RANDOM.beta(0.6, 0.4, 800)
RIGHT = RANDOM.random(800) < PROBABILITY
FITTED = Calibration(
    FusionModel({"similarity": 12.0, "barcode": 7.0, "local known": -1.5}, none=8.0),
    Bands(accept=0.97, reject=None),
    Provenance("photos of <b>shop</b>", "0123456789ab", 800, 40, 0.02, 0.02, 0.1),
)


def test_the_reliability_of_true_probabilities_lies_on_the_diagonal_within_its_band() -> None:
    chart = reliability_chart(PROBABILITY, RIGHT)
    assert len(chart.curves[0].points) == 10
    inside = [low <= promised <= high for promised, low, high in chart.curves[0].band]
    assert sum(inside) >= 8


def test_precision_ends_at_the_share_of_right_answers() -> None:
    recall, precision = precision_chart(PROBABILITY, RIGHT).curves[0].points[-1]
    assert recall == 1.0 and precision == pytest.approx(RIGHT.mean())
    assert [x for x, _ in precision_chart(PROBABILITY, RIGHT).curves[0].points] == sorted(
        x for x, _ in precision_chart(PROBABILITY, RIGHT).curves[0].points
    )


def test_the_histogram_holds_every_query_once() -> None:
    assert sum(sum(columns.heights) for columns in histogram_chart(PROBABILITY, RIGHT).columns) == 800


def test_the_page_says_bands_weights_and_provenance_and_escapes_them() -> None:
    page = calibration_page(FITTED, HeldOut(PROBABILITY, RIGHT, np.arange(800) % 10 > 0, PROBABILITY / 2))
    for words in ("from a probability of 97.0%", "the examples cannot support the promise", "barcode +7.00", "AUROC"):
        assert words in page
    assert "&lt;b&gt;shop" in page and "<b>shop" not in page
    assert len(re.findall("<svg", page)) >= 3 and "<script" not in page


def test_one_answer_is_enough_for_a_page() -> None:
    judged = HeldOut(np.array([1.0]), np.array([True]), np.array([True]), np.array([0.5]))
    assert "Reliability" in calibration_page(FITTED, judged)
