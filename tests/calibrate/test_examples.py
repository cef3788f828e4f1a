"""Examples: split by product, digests, the open set, and photos of one occasion."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from shelflens.calibrate.evidence import CandidateEvidence
from shelflens.calibrate.examples import Example, digest, folds, occasions

A, B, C = (CandidateEvidence({"similarity": value}, "Milk") for value in (0.9, 0.8, 0.7))


def test_all_queries_of_a_product_are_in_one_fold_and_every_fold_has_some() -> None:
    examples = [Example((A,), 0, f"p{at % 23}") for at in range(200)]
    found = folds(examples, count=5)
    assert set(found.tolist()) == set(range(5))
    assert all(
        len({fold for fold, e in zip(found, examples, strict=True) if e.product_id == f"p{n}"}) == 1 for n in range(23)
    )


def test_the_fold_of_a_product_does_not_depend_on_the_order_of_the_queries() -> None:
    examples = [Example((A,), 0, f"p{at}") for at in range(20)]
    assert folds(examples[::-1], count=4)[::-1].tolist() == folds(examples, count=4).tolist()


def test_a_query_in_a_catalogue_without_its_product_has_no_right_answer() -> None:
    assert Example((A, B, C), 1, "p").unknown() == Example((A, C), None, "p")
    assert Example((A, B), None, "p").unknown() == Example((A, B), None, "p")


def test_a_place_outside_the_candidates_is_refused() -> None:
    with pytest.raises(ValueError, match="a place among 2 candidates, not 2"):
        Example((A, B), 2, "p")


def test_the_digest_names_the_data_and_not_its_order() -> None:
    one, other = Example((A, B), 0, "p"), Example((B, C), None, "q")
    assert digest([one, other]) == digest([other, one])
    changed = [Example((A, B), 1, "p"), Example((A, C), 0, "p"), Example((A, B), 0, "x"), Example((B, A), 0, "p")]
    assert len({digest([it, other]) for it in [one, *changed]}) == 5
    missing = Example((CandidateEvidence({"similarity": 0.9, "words": None}, "Milk"), B), 0, "p")
    assert digest([missing]) == digest([one])  # None and absent are the same


def photos(seed: int, count: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(4, 16))
    vectors = centres[random.integers(4, size=count)] + 0.5 * random.normal(size=(count, 16))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("at", [0.5, 0.77, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_occasions_are_average_linkage(seed: int, at: float) -> None:
    vectors = photos(seed, 40)
    far = 1 - vectors.astype(np.float64) @ vectors.T
    np.fill_diagonal(far, 0)
    peer = fcluster(linkage(squareform(far, checks=False), "average"), 1 - at, "distance")
    found = occasions(vectors, at=at)
    assert ((found[:, None] == found[None]) == (peer[:, None] == peer[None])).all()


def test_one_photo_and_none_are_their_own_occasions() -> None:
    assert occasions(photos(0, 1)).tolist() == [0]
    assert occasions(photos(0, 1)[:0]).tolist() == []
