"""The fit: finds the truth it was drawn from, judges on held-out products, and knows the unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from shelflens.calibrate.evidence import CandidateEvidence
from shelflens.calibrate.examples import Example
from shelflens.calibrate.fitting import FitOptions, fit
from shelflens.errors import CatalogueError
from shelflens.metrics.calibration import auroc, chance_error, expected_calibration_error

if TYPE_CHECKING:
    from .conftest import World

CLOSED = FitOptions(unknown_share=0.0)


def test_probabilities_on_new_products_are_the_true_ones(world: World, drawn: Callable[..., World]) -> None:
    model = fit(world.examples, data="drawn", options=CLOSED).calibration.model
    new = drawn(products=40, each=20, seed=77)
    found = np.concatenate([model.probabilities(example.candidates) for example in new.examples])
    truth = np.concatenate(new.truth)
    assert np.abs(found - truth).mean() < 0.02
    right = np.concatenate([np.arange(len(e.candidates)) == e.right for e in new.examples])
    assert expected_calibration_error(found, right) < 0.015 + chance_error(found)


def test_held_out_probabilities_come_true(world: World) -> None:
    held_out = fit(world.examples, data="drawn").held_out
    error = expected_calibration_error(held_out.probability, held_out.right)
    assert error < 0.015 + chance_error(held_out.probability)


def test_a_product_that_was_left_out_is_less_probable(world: World, drawn: Callable[..., World]) -> None:
    model = fit(world.examples, data="drawn", options=FitOptions(unknown_share=0.2)).calibration.model
    known = [example for example in drawn(products=40, each=10, seed=5).examples if example.right is not None]
    best = [max(model.probabilities(example.candidates)) for example in known]
    without = [max(model.probabilities(example.unknown().candidates)) for example in known]
    assert auroc(np.array(best), np.array(without)) > 0.8


def test_held_out_queries_are_also_judged_in_a_catalogue_without_their_product(world: World) -> None:
    held_out = fit(world.examples, data="drawn", options=FitOptions(unknown_share=0.2)).held_out
    assert auroc(held_out.probability[held_out.known], held_out.without[held_out.known]) > 0.8
    absent = np.array([example.right is None for example in world.examples])
    assert np.array_equal(held_out.probability[absent], held_out.without[absent])


def test_expecting_more_unknown_products_lowers_what_is_promised(world: World) -> None:
    few, many = (
        fit(world.examples, data="drawn", options=FitOptions(unknown_share=share)).held_out for share in (0.02, 0.5)
    )
    assert many.probability.mean() < few.probability.mean() - 0.1


def test_the_labels_of_a_product_have_no_say_in_its_own_held_out_answers(world: World) -> None:
    """Split by product: every label of one product is turned, and only the answers to other products change."""
    target = world.examples[0].product_id
    turned = [
        replace(example, right=0 if example.right is None else None) if example.product_id == target else example
        for example in world.examples
    ]
    mine = np.array([example.product_id == target for example in world.examples])
    before, after = (fit(it, data="drawn", options=CLOSED).held_out.probability for it in (world.examples, turned))
    assert np.array_equal(before[mine], after[mine])
    assert not np.allclose(before[~mine], after[~mine], atol=1e-6)


def test_the_same_examples_in_another_order_give_the_same_model(world: World) -> None:
    options = replace(CLOSED, per_category=False)
    one = fit(world.examples, data="drawn", options=options).calibration
    other = fit(world.examples[::-1], data="drawn", options=options).calibration
    assert other.model.none == pytest.approx(one.model.none, rel=1e-6)
    assert dict(other.model.weights) == pytest.approx(dict(one.model.weights), rel=1e-6, abs=1e-9)
    assert other.provenance.digest == one.provenance.digest


def test_evidence_that_is_missing_by_chance_costs_little(world: World) -> None:
    random = np.random.default_rng(0)

    def forgetful(example: Example) -> Example:
        return replace(
            example,
            candidates=tuple(
                CandidateEvidence({**one.values, "local": None}, one.category) if forget else one
                for one, forget in zip(
                    example.candidates, [random.random() < 0.3] * len(example.candidates), strict=True
                )
            ),
        )

    held_out = fit([forgetful(example) for example in world.examples], data="drawn").held_out
    error = expected_calibration_error(held_out.probability, held_out.right)
    assert error < 0.02 + chance_error(held_out.probability)


def test_evidence_that_nobody_has_is_not_in_the_model_but_a_barcode_always_counts(world: World) -> None:
    model = fit(world.examples, data="drawn").calibration.model
    assert model.evidence == ("similarity", "local", "barcode") and model.weights["barcode"] == 7.0


def test_evidence_that_misleads_weighs_nothing(world: World) -> None:
    def misled(example: Example) -> Example:
        right = example.right
        return replace(
            example,
            candidates=tuple(
                CandidateEvidence({**one.values, "colour": 0.0 if at == right else 1.0}, one.category)
                for at, one in enumerate(example.candidates)
            ),
        )

    weights = fit([misled(example) for example in world.examples], data="drawn").calibration.model.weights
    assert weights.get("colour", 0.0) == 0.0


def test_the_provenance_says_what_was_fitted_on(world: World) -> None:
    found = fit(world.examples, data="a drawn world").calibration.provenance
    assert (found.data, found.queries, found.products, found.unknown_share) == ("a drawn world", 700, 50, 0.02)


def test_too_few_products_are_refused(drawn: Callable[..., World]) -> None:
    with pytest.raises(CatalogueError, match=r"shop: .* at least 10 products, not 9"):
        fit(drawn(products=9, each=30, seed=1).examples, data="shop")


def test_examples_without_any_right_candidate_are_refused(world: World) -> None:
    with pytest.raises(CatalogueError, match="no query has its product among its candidates"):
        fit([example.unknown() for example in world.examples], data="shop")
