"""Features: leads, flags of the known, and the order that must not matter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelflens.calibrate.evidence import COLUMNS, KINDS, CandidateEvidence, features, of_evidence
from shelflens.types import Evidence

NAMES = [column.name for column in COLUMNS]


def column(candidates: list[CandidateEvidence], name: str) -> list[float]:
    return [float(value) for value in features(candidates)[:, NAMES.index(name)]]


def only(name: str, *values: float | None) -> list[CandidateEvidence]:
    return [CandidateEvidence({name: value}) for value in values]


def test_a_lead_is_over_the_best_other_candidate() -> None:
    assert column(only("similarity", 0.7, 0.9, 0.8), "similarity lead") == pytest.approx([-0.2, 0.1, -0.1])


def test_equal_bests_have_no_lead() -> None:
    assert column(only("similarity", 0.9, 0.9), "similarity lead") == [0.0, 0.0]


def test_one_candidate_has_no_lead() -> None:
    assert column(only("words", 0.4), "words lead") == [0.0]


def test_missing_evidence_is_zero_and_not_known_and_leads_pass_it_by() -> None:
    candidates = only("words", 0.2, None, -0.3)
    assert column(candidates, "words") == [0.2, 0.0, -0.3]
    assert column(candidates, "words known") == [1.0, 0.0, 1.0]
    assert column(candidates, "words lead") == pytest.approx([0.5, 0.0, -0.5])


def test_a_name_that_is_absent_and_a_none_are_the_same() -> None:
    assert (features([CandidateEvidence({})]) == features(only("barcode", None))).all()


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_evidence_that_is_not_finite_is_refused_by_name(value: float) -> None:
    with pytest.raises(ValueError, match="'similarity' must be finite"):
        features(only("similarity", 0.5, value))


def test_a_matchs_evidence_is_read_by_name() -> None:
    found = of_evidence([Evidence("words", 0.4), Evidence("barcode", 1.0)], category="Milk")
    assert found == CandidateEvidence({"words": 0.4, "barcode": 1.0}, "Milk")


value = st.none() | st.floats(-1, 100)


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({kind.name: value for kind in KINDS}), min_size=1, max_size=6), st.randoms())
def test_the_order_of_the_candidates_changes_nothing(rows: list[dict[str, float | None]], random: object) -> None:
    candidates = [CandidateEvidence(row) for row in rows]
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis types it as Random only for itself
    shuffled = features([candidates[at] for at in order])
    assert np.array_equal(shuffled, features(candidates)[order])
