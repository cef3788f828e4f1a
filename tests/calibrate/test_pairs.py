"""Two bare pictures: models fitted on drawn pairs, and the ones that are shipped."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from shelflens.calibrate.evidence import CandidateEvidence
from shelflens.calibrate.pairs import (
    LOOKED_FOR,
    Pair,
    PairModel,
    digest,
    fit_pairs,
    judge_pairs,
    pair_name,
    shipped_pair_model,
)
from shelflens.metrics.calibration import auroc, chance_error, expected_calibration_error

MODELS = ("lite0", "lite2", "joined:lite0,lite2")
SUBSETS = [subset for size in range(len(LOOKED_FOR) + 1) for subset in combinations(LOOKED_FOR, size)]
ALIKE = {"similarity": 0.8, "local": 60.0, "words": 0.4, "colour": 0.8, "hash": 0.5}
UNLIKE = {"similarity": 0.2, "local": 0.0, "words": 0.0, "colour": 0.2, "hash": 0.0}


def drawn(count: int, *, seed: int = 0, share: float = 0.5) -> list[Pair]:
    """Similarities 0.6 and 0.4 with a spread of 0.15; points in every other pair; 30 products."""
    random = np.random.default_rng(seed)
    pairs = []
    for at in range(count):
        same = bool(random.random() < share)
        one, other = (f"p{product:02}" for product in random.choice(30, 2, replace=False))
        values: dict[str, float | None] = {"similarity": float(random.normal(0.6 if same else 0.4, 0.15))}
        if at % 2:
            values["local"] = float(np.expm1(max(0.0, random.normal(3.0 if same else 1.5, 1.0))))
        pairs.append(Pair(CandidateEvidence(values), same, (one, one if same else other)))
    return pairs


def test_probabilities_of_products_held_out_come_true() -> None:
    pairs = [pair.only({"similarity"}) for pair in drawn(1500)]
    probability, same = judge_pairs(pairs), np.array([pair.same for pair in pairs])
    assert expected_calibration_error(probability, same) < 1.6 * chance_error(probability)
    assert auroc(probability[same], probability[~same]) > 0.8


def test_a_similarity_alone_is_bayes_rule() -> None:
    """Two bells of one spread: the log-odds are a line through 0.5 with the slope (0.6 - 0.4) / 0.15²."""
    model = fit_pairs([pair.only({"similarity"}) for pair in drawn(8000)], ridge=0.0)
    for similarity in (0.3, 0.5, 0.7):
        expected = 1 / (1 + np.exp(-(similarity - 0.5) * 0.2 / 0.15**2))
        assert model.probability(CandidateEvidence({"similarity": similarity})) == pytest.approx(expected, abs=0.03)


def test_no_pair_is_judged_by_a_model_that_saw_its_products() -> None:
    """Other labels of one product's pairs, as many each way, change the answers of others, never its own."""
    pairs = drawn(400)
    of_it = [at for at, pair in enumerate(pairs) if "p00" in pair.products]
    same = [at for at in of_it if pairs[at].same]
    exchanged = {*same, *[at for at in of_it if not pairs[at].same][: len(same)]}
    assert len(exchanged) == 2 * len(same) > 4
    altered = [replace(pair, same=pair.same != (at in exchanged)) for at, pair in enumerate(pairs)]
    before, after = judge_pairs(pairs), judge_pairs(altered)
    np.testing.assert_array_equal(before[of_it], after[of_it])
    assert (before != after).mean() > 0.5


def test_other_odds_before_looking_are_bayes_rule() -> None:
    model = fit_pairs(drawn(1000))
    evidence = CandidateEvidence({"similarity": 0.55})
    even, rare = model.at(0.5).probability(evidence), model.at(0.01).probability(evidence)
    assert rare / (1 - rare) == pytest.approx(even / (1 - even) * (0.01 / 0.99))
    assert model.at(0.01).at(0.5).probability(evidence) == pytest.approx(even)
    for wrong in (0, 1, -0.1, 1.5):
        with pytest.raises(ValueError, match="between 0 and 1"):
            model.at(wrong)


def test_the_stated_prior_holds_however_many_pairs_there_are_of_each() -> None:
    few, many = (fit_pairs(drawn(4000, share=share), prior=0.3) for share in (0.1, 0.6))
    assert few.prior == many.prior == 0.3
    for similarity in (0.3, 0.5, 0.7):
        evidence = CandidateEvidence({"similarity": similarity})
        assert few.probability(evidence) == pytest.approx(many.probability(evidence), abs=0.06)


@pytest.mark.parametrize("name", MODELS)
def test_every_set_of_evidence_has_a_shipped_model(name: str) -> None:
    for kinds in SUBSETS:
        model = shipped(name, kinds)
        assert set(model.fusion.evidence) <= {"similarity", "barcode", *kinds}
        alike, unlike = (
            CandidateEvidence({kind: values[kind] for kind in ("similarity", *kinds)}) for values in (ALIKE, UNLIKE)
        )
        assert model.probability(unlike) < 0.3 < 0.7 < model.probability(alike)


def shipped(name: str, kinds: tuple[str, ...]) -> PairModel:
    model = shipped_pair_model(name, kinds)
    assert model is not None
    return model


def test_more_evidence_never_lowers_a_shipped_probability() -> None:
    model = shipped("lite0", LOOKED_FOR)
    for kind, steps in (("similarity", 1.0), ("local", 300.0), ("words", 0.6), ("colour", 1.0), ("hash", 1.0)):
        values = np.linspace(0, steps, 9)
        found = [model.probability(CandidateEvidence({**UNLIKE, "barcode": None, kind: v})) for v in values]
        assert found == sorted(found), kind


def test_a_barcode_outweighs_looks_both_ways() -> None:
    model = shipped("lite0", ())
    assert model.probability(CandidateEvidence({"similarity": 0.2, "barcode": 1.0})) > 0.9
    assert model.probability(CandidateEvidence({"similarity": 0.8, "barcode": -1.0})) < 0.1


def test_an_explanation_sums_to_the_logit_and_knows_no_rivals() -> None:
    model = shipped("lite0", ("local",)).at(0.2)
    found = model.explain(CandidateEvidence({"similarity": 0.6, "local": 12.0}))
    assert [one.name for one in found.contributions[:1]] == ["start"]
    assert {one.name for one in found.contributions} == {"start", "similarity", "local"}
    logit = np.log(found.probability / (1 - found.probability))
    assert sum(one.log_odds for one in found.contributions) == pytest.approx(logit, abs=1e-9)


def test_rounding_alone_is_no_other_model_and_strangers_have_none() -> None:
    assert pair_name("lite0-fp32", ["words", "barcode", "local"]) == "lite0 local words"
    assert shipped_pair_model("hub:dinov2-small", ()) is None


def test_a_digest_does_not_know_the_order() -> None:
    pairs = drawn(20)
    assert digest(pairs) == digest(pairs[::-1]) != digest(pairs[1:])
