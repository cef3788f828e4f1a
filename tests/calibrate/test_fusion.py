"""The model: probabilities that add up, rise with the evidence, and explain themselves."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelflens.calibrate.curve import BetaCurve
from shelflens.calibrate.evidence import CandidateEvidence
from shelflens.calibrate.fusion import FusionModel

MODEL = FusionModel(
    weights={
        "similarity": 12.0, "similarity lead": 8.0, "local": 1.5, "local lead": 0.5, "local known": -3.0,
        "barcode": 6.0, "words": 4.0, "words known": -0.5,
    },
    none=9.0,
    curve=BetaCurve(0.8, 1.2, -0.1, {"Milk": 0.4}),
    typical={"similarity": 8.5, "local": 0.5, "words": 1.0},
)  # fmt: skip

one = st.fixed_dictionaries(
    {
        "similarity": st.floats(-1, 1),
        "local": st.none() | st.integers(0, 300).map(float),
        "words": st.none() | st.floats(0, 1),
        "barcode": st.sampled_from([None, None, -1.0, 1.0]),
    }
)
lists = st.lists(st.builds(CandidateEvidence, one, st.sampled_from(["", "Milk", "Tea"])), max_size=8)


@settings(deadline=None)
@given(lists)
def test_probabilities_are_shares_of_one(candidates: list[CandidateEvidence]) -> None:
    found = MODEL.probabilities(candidates)
    assert len(found) == len(candidates)
    assert all(0 <= p <= 1 for p in found) and sum(found) <= 1 + 1e-9


@settings(deadline=None)
@given(lists.filter(len), st.randoms())
def test_the_order_of_the_candidates_changes_nothing(candidates: list[CandidateEvidence], random: object) -> None:
    order = list(range(len(candidates)))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis types it as Random only for itself
    shuffled = MODEL.probabilities([candidates[at] for at in order])
    assert shuffled == pytest.approx([MODEL.probabilities(candidates)[at] for at in order], abs=1e-9)


@settings(deadline=None)
@given(lists.filter(len), st.sampled_from(["similarity", "local", "words", "barcode"]), st.floats(0.01, 1))
def test_more_of_any_evidence_never_lowers_a_probability(
    candidates: list[CandidateEvidence], name: str, more: float
) -> None:
    known = candidates[0].values[name]
    if known is None:
        return
    raised = CandidateEvidence({**candidates[0].values, name: known + more}, candidates[0].category)
    before, after = (MODEL.probabilities([it, *candidates[1:]])[0] for it in (candidates[0], raised))
    assert after >= before - 1e-9


def test_a_rival_takes_its_share() -> None:
    alone = CandidateEvidence({"similarity": 0.8})
    near = CandidateEvidence({"similarity": 0.79})
    assert MODEL.probabilities([alone])[0] > MODEL.probabilities([alone, near])[0]


@settings(deadline=None)
@given(lists.filter(len))
def test_contributions_sum_to_the_logit_of_the_probability(candidates: list[CandidateEvidence]) -> None:
    for which, probability in enumerate(MODEL.probabilities(candidates)):
        found = MODEL.explain(candidates, which)
        assert found.probability == pytest.approx(probability)
        if 1e-12 < probability < 1 - 1e-9:
            total = sum(part.log_odds for part in found.contributions)
            assert total == pytest.approx(np.log(probability / (1 - probability)), abs=1e-6)


def test_missing_evidence_is_not_among_the_reasons() -> None:
    names = [
        part.name for part in MODEL.explain([CandidateEvidence({"similarity": 0.8, "words": None})], 0).contributions
    ]
    assert names == ["start", "similarity", "rivals", "correction"]


def test_the_strongest_reason_comes_first() -> None:
    found = MODEL.explain([CandidateEvidence({"similarity": 0.71, "barcode": 1.0, "local": 3.0})], 0)
    assert found.contributions[1].name == "barcode"
    assert found.contributions[1].log_odds == pytest.approx(6.0)


def test_no_candidates_have_no_probabilities() -> None:
    assert MODEL.probabilities([]) == []


def test_certainty_neither_overflows_nor_warns() -> None:
    sure = FusionModel({"similarity": 5000.0}, none=0.0)
    assert sure.probabilities([CandidateEvidence({"similarity": s}) for s in (1.0, -1.0)]) == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"smell": 1.0}, "no feature called 'smell'; there is similarity"),
        ({"similarity": -1.0}, "'similarity' must be finite and not below 0"),
        ({"local known": float("nan")}, "'local known' must be finite"),
    ],
)
def test_weights_that_cannot_be_are_refused_by_name(weights: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FusionModel(weights, none=0.0)


def test_twenty_candidates_take_far_less_than_a_millisecond() -> None:
    candidates = [
        CandidateEvidence({"similarity": 0.5 + at / 100, "local": float(at), "words": 0.2}) for at in range(20)
    ]
    times = []
    for _ in range(50):
        start = time.thread_time()
        MODEL.probabilities(candidates)
        times.append(time.thread_time() - start)
    assert min(times) < 0.0005  # about 0.0001 here


def test_many_improbable_candidates_that_a_curve_lifts_take_little_from_the_best() -> None:
    lifting = FusionModel({"similarity": 20.0}, 8.0, BetaCurve(low=0.6))
    candidates = [CandidateEvidence({"similarity": 0.6})] + [CandidateEvidence({"similarity": 0.4})] * 29
    best, *others = lifting.probabilities(candidates)
    plain = FusionModel({"similarity": 20.0}, 8.0).probabilities(candidates)[0]
    assert best + sum(others) == pytest.approx(1, abs=1e-6)
    assert best > 0.85 * plain
    assert max(others) < best


def test_candidates_that_are_all_certain_share_evenly() -> None:
    model = FusionModel({"similarity": 1000.0}, -1000.0, BetaCurve(high=3.0, offset=50.0))
    assert model.probabilities([CandidateEvidence({"similarity": 0.9})] * 3) == pytest.approx([1 / 3] * 3)
