"""Neighbours' votes are probabilities, and calibrated ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelflens.attributes.voting import Example, Kernel, Vote, answers, fit, frequencies_of, from_json, shares, to_json
from shelflens.errors import CatalogueError

FREQUENCIES = {"plain": 0.5, "striped": 0.3, "dotted": 0.2}
VOTES = st.lists(
    st.builds(Vote, st.sampled_from(sorted(FREQUENCIES)), st.floats(-1, 1, allow_subnormal=False)), max_size=8
)


@given(VOTES)
def test_shares_sum_to_one(votes: list[Vote]) -> None:
    assert sum(shares(votes, FREQUENCIES, Kernel()).values()) == pytest.approx(1)


@given(VOTES)
def test_one_more_vote_for_a_value_never_makes_it_less_probable(votes: list[Vote]) -> None:
    more = [*votes, Vote("dotted", 0.9)]
    assert shares(more, FREQUENCIES, Kernel())["dotted"] >= shares(votes, FREQUENCIES, Kernel())["dotted"] - 1e-12


def test_far_from_everything_the_frequencies_are_all_that_is_said() -> None:
    found = shares([Vote("dotted", -0.5)], FREQUENCIES, Kernel())
    assert found == pytest.approx(FREQUENCIES, abs=1e-3)


def test_a_fitted_kernel_is_calibrated() -> None:
    """Where every second neighbour is wrong, a lone near neighbour is believed half."""
    rng = np.random.default_rng(3)
    values = sorted(FREQUENCIES)
    examples = []
    for _ in range(400):
        truth = values[rng.integers(3)]
        said = truth if rng.random() < 0.6 else values[rng.integers(3)]
        examples.append(Example(truth, (Vote(said, 0.8), Vote(values[rng.integers(3)], 0.6))))
    even = dict.fromkeys(values, 1 / 3)
    kernel = fit(examples[:200], even)
    told = [max(shares(one.votes, even, kernel).items(), key=lambda pair: pair[1]) for one in examples[200:]]
    right = np.mean([value == one.truth for (value, _), one in zip(told, examples[200:], strict=True)])
    assert np.mean([probability for _, probability in told]) == pytest.approx(right, abs=0.12)
    assert kernel.examples == 200


def test_answers_are_listed_by_probability_then_name() -> None:
    found = answers({"b": 0.4, "a": 0.4, "c": 0.195, "d": 0.005}, k=5)
    assert [one.label for one in found] == ["a", "b", "c"]


def test_empty_values_have_no_frequency() -> None:
    assert frequencies_of(["a", "", "b", "a", ""]) == {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 3)}


def test_kernels_are_read_as_they_were_written() -> None:
    kernels = {"pattern": Kernel(0.03, 0.65, 12)}
    assert from_json(to_json(kernels), where="here") == kernels
    with pytest.raises(CatalogueError, match="here: not what was learnt"):
        from_json('{"pattern": {"breadth": 1}}', where="here")
