"""The customer's list: against a plain loop, scikit-learn and trec_eval."""

from __future__ import annotations

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import top_k_accuracy_score

from shelflens.metrics.products import recall, reciprocal_rank

ranks_lists = st.lists(st.integers(0, 30), min_size=1, max_size=40)


def test_recall_is_the_share_of_queries_whose_product_is_among_the_first_k() -> None:
    ranks = np.array([1, 2, 5, 6, 10, 11, 0])
    assert recall(ranks, 1).mean() == pytest.approx(1 / 7)
    assert recall(ranks, 5).mean() == pytest.approx(3 / 7)
    assert recall(ranks, 10).mean() == pytest.approx(5 / 7)


def test_reciprocal_rank_of_an_absent_product_is_0() -> None:
    assert reciprocal_rank(np.array([1, 2, 4, 0])).tolist() == [1.0, 0.5, 0.25, 0.0]


@settings(deadline=None)
@given(ranks_lists, st.integers(1, 35))
def test_both_equal_a_plain_loop(ranks: list[int], k: int) -> None:
    array = np.array(ranks)
    assert recall(array, k).tolist() == [1.0 if 1 <= rank <= k else 0.0 for rank in ranks]
    assert reciprocal_rank(array).tolist() == [1.0 / rank if rank else 0.0 for rank in ranks]


@settings(deadline=None)
@given(ranks_lists)
def test_recall_never_falls_with_k_and_bounds_the_reciprocal_rank(ranks: list[int]) -> None:
    array = np.array(ranks)
    by_k = [recall(array, k).mean() for k in range(1, 32)]
    assert by_k == sorted(by_k)
    assert by_k[0] <= reciprocal_rank(array).mean() <= by_k[-1]


def test_both_equal_trec_eval() -> None:
    random = np.random.default_rng(1)
    ranks = random.integers(0, 25, size=60)
    ranks[:3] = 0
    judged = {str(query): {"right": 1} for query in range(len(ranks))}
    runs = {str(query): _run(int(rank)) for query, rank in enumerate(ranks)}
    found = pytrec_eval.RelevanceEvaluator(judged, {"recip_rank", "success_1,5,10"}).evaluate(runs)
    for name, values in {
        "recip_rank": reciprocal_rank(ranks),
        "success_1": recall(ranks, 1),
        "success_5": recall(ranks, 5),
        "success_10": recall(ranks, 10),
    }.items():
        assert [found[str(query)][name] for query in range(len(ranks))] == pytest.approx(values.tolist())


def _run(rank: int) -> dict[str, float]:
    """A list of 30 products with the right one at `rank`; none right for 0."""
    names = [f"wrong{place}" for place in range(1, 31)]
    if rank:
        names[rank - 1] = "right"
    return {name: float(100 - place) for place, name in enumerate(names)}


def test_recall_equals_the_top_k_accuracy_of_scikit_learn() -> None:
    random = np.random.default_rng(2)
    scores = random.normal(size=(50, 12))
    product = random.integers(12, size=50)
    product[:12] = np.arange(12)
    ranks = 1 + (scores > scores[np.arange(50), product][:, None]).sum(axis=1)
    for k in (1, 5, 10):
        assert recall(ranks, k).mean() == pytest.approx(top_k_accuracy_score(product, scores, k=k))
