"""Joined spaces and averaged views."""

from __future__ import annotations

import numpy as np
import pytest

from shelflens.rank.joining import average, join
from shelflens.types import Vectors


def test_the_joined_cosine_is_the_weighted_mean_of_the_cosines(queries: Vectors, gallery: Vectors) -> None:
    left, right = [queries, queries[:, ::-1]], [gallery, np.roll(gallery, 3, axis=1)]
    joined = join(left, [3, 1]) @ join(right, [3, 1]).T
    np.testing.assert_allclose(joined, 0.75 * left[0] @ right[0].T + 0.25 * left[1] @ right[1].T, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(join(left), axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], [1.0, -1.0]])
def test_each_space_needs_a_weight_above_zero(queries: Vectors, weights: list[float]) -> None:
    with pytest.raises(ValueError, match="a weight above 0 for each"):
        join([queries, queries], weights)


def test_average_is_the_unit_mean_and_opposites_stay_zero(queries: Vectors, gallery: Vectors) -> None:
    mean = (queries + gallery[:10]) / 2
    np.testing.assert_allclose(
        average([queries, gallery[:10]]), mean / np.linalg.norm(mean, axis=1, keepdims=True), atol=1e-5
    )
    assert not average([queries, -queries]).any()
