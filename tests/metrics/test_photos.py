"""The ranking of photos: against plain loops, scikit-learn and trec_eval."""

from __future__ import annotations

import math

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, ndcg_score

from shelflens.metrics.photos import average_precision, average_precision_at_r, ndcg, precision


@st.composite
def rankings(draw: st.DrawFn) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Up to 8 queries over up to 25 ranked photos, with up to 5 relevant photos below the ranking's depth."""
    queries, depth = draw(st.integers(1, 8)), draw(st.integers(0, 25))
    row = st.lists(st.booleans(), min_size=depth, max_size=depth)
    relevance = np.array(draw(st.lists(row, min_size=queries, max_size=queries)), dtype=bool).reshape(queries, depth)
    unseen = draw(st.lists(st.integers(0, 5), min_size=queries, max_size=queries))
    return relevance, np.count_nonzero(relevance, axis=1) + np.array(unseen, dtype=np.int64)


def loop_average_precision(row: list[bool], relevant: int, depth: int) -> float:
    found, total = 0, 0.0
    for place, is_relevant in enumerate(row[:depth], start=1):
        if is_relevant:
            found += 1
            total += found / place
    return total / relevant if relevant else 0.0


def loop_ndcg(row: list[bool], relevant: int, k: int) -> float:
    gained = sum(1 / math.log2(place + 1) for place, hit in enumerate(row[:k], start=1) if hit)
    best = sum(1 / math.log2(place + 1) for place in range(1, min(k, relevant) + 1))
    return gained / best if best else 0.0


@settings(deadline=None)
@given(rankings(), st.integers(1, 30))
def test_all_equal_plain_loops(ranking: tuple[NDArray[np.bool_], NDArray[np.int64]], k: int) -> None:
    relevance, relevant = ranking
    rows = list(zip(relevance.tolist(), relevant.tolist(), strict=True))
    assert precision(relevance, k).tolist() == [sum(row[:k]) / k for row, _ in rows]
    assert average_precision(relevance, relevant).tolist() == pytest.approx(
        [loop_average_precision(row, total, len(row)) for row, total in rows]
    )
    assert average_precision_at_r(relevance, relevant).tolist() == pytest.approx(
        [loop_average_precision(row, total, total) for row, total in rows]
    )
    assert ndcg(relevance, relevant, k).tolist() == pytest.approx([loop_ndcg(row, total, k) for row, total in rows])


@settings(deadline=None)
@given(rankings())
def test_map_at_r_never_exceeds_map_and_all_lie_from_0_to_1(
    ranking: tuple[NDArray[np.bool_], NDArray[np.int64]],
) -> None:
    relevance, relevant = ranking
    full, at_r = average_precision(relevance, relevant), average_precision_at_r(relevance, relevant)
    assert (at_r <= full + 1e-12).all()
    for values in (full, at_r, ndcg(relevance, relevant, 10), precision(relevance, 5)):
        assert ((values >= 0) & (values <= 1 + 1e-12)).all()


def test_a_perfect_ranking_scores_1_everywhere() -> None:
    relevance = np.array([[True] * 12 + [False] * 20])
    relevant = np.array([12])
    for values in (
        precision(relevance, 10),
        average_precision(relevance, relevant),
        average_precision_at_r(relevance, relevant),
        ndcg(relevance, relevant, 10),
    ):
        assert values.tolist() == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("correct", "map_at_r"), [((1,), 0.10), ((1, 10), 0.12), ((1, 2), 0.20), (tuple(range(1, 11)), 1.0)]
)
def test_map_at_r_has_the_values_of_the_paper(correct: tuple[int, ...], map_at_r: float) -> None:
    """Musgrave et al. 2020, the table that compares it with R-precision: ten relevant photos, ten results."""
    relevance = np.isin(np.arange(1, 11), correct)[None]
    assert average_precision_at_r(relevance, np.array([10]))[0] == pytest.approx(map_at_r)


def test_a_query_without_relevant_photos_scores_0() -> None:
    relevance, relevant = np.zeros((1, 5), dtype=bool), np.array([0])
    assert average_precision(relevance, relevant).tolist() == [0.0]
    assert average_precision_at_r(relevance, relevant).tolist() == [0.0]
    assert ndcg(relevance, relevant, 10).tolist() == [0.0]


def test_more_relevant_photos_ranked_than_there_are_is_our_mistake() -> None:
    with pytest.raises(AssertionError):
        average_precision(np.array([[True, True]]), np.array([1]))


@pytest.fixture
def scored() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Scores of 40 queries over a gallery of 200 photos, and which photos are relevant."""
    random = np.random.default_rng(3)
    relevant = random.random((40, 200)) < random.uniform(0.01, 0.3, size=(40, 1))
    relevant[:, 0] = True
    scores = np.argsort(np.argsort(random.normal(size=(40, 200)) + relevant, axis=1), axis=1).astype(float)
    return scores, relevant


def ranked(scores: NDArray[np.float64], relevant: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.take_along_axis(relevant, np.argsort(-scores, axis=1), axis=1)


def test_average_precision_and_ndcg_equal_scikit_learn(
    scored: tuple[NDArray[np.float64], NDArray[np.bool_]],
) -> None:
    scores, relevant = scored
    relevance, total = ranked(scores, relevant), relevant.sum(axis=1)
    assert average_precision(relevance, total) == pytest.approx(
        [average_precision_score(truth, score) for truth, score in zip(relevant, scores, strict=True)]
    )
    for k in (1, 10, 500):
        assert ndcg(relevance, total, k).mean() == pytest.approx(ndcg_score(relevant, scores, k=k))


def test_all_equal_trec_eval(scored: tuple[NDArray[np.float64], NDArray[np.bool_]]) -> None:
    scores, relevant = scored
    judged = {
        str(query): {str(photo): int(truth) for photo, truth in enumerate(row)}
        for query, row in enumerate(relevant.tolist())
    }
    runs = {
        str(query): {str(photo): score for photo, score in enumerate(row)} for query, row in enumerate(scores.tolist())
    }
    found = pytrec_eval.RelevanceEvaluator(judged, {"map", "P_1,5,10", "ndcg_cut_10"}).evaluate(runs)
    relevance, total = ranked(scores, relevant), relevant.sum(axis=1)
    for name, values in {
        "map": average_precision(relevance, total),
        "P_1": precision(relevance, 1),
        "P_5": precision(relevance, 5),
        "P_10": precision(relevance, 10),
        "ndcg_cut_10": ndcg(relevance, total, 10),
    }.items():
        assert [found[str(query)][name] for query in range(len(scores))] == pytest.approx(values.tolist())


def test_precision_over_a_gallery_smaller_than_k_still_divides_by_k_as_trec_eval() -> None:
    found = pytrec_eval.RelevanceEvaluator({"q": {"a": 1, "b": 1}}, {"P_10"}).evaluate({"q": {"a": 2.0, "b": 1.0}})
    assert precision(np.array([[True, True]]), 10)[0] == found["q"]["P_10"] == 0.2


def test_a_truncated_ranking_counts_the_photos_below_it_as_never_found() -> None:
    whole = np.array([[True, False, True, False, True]])
    three = np.array([3])
    assert average_precision(whole, three)[0] == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    assert average_precision(whole[:, :3], three)[0] == pytest.approx((1 + 2 / 3) / 3)
