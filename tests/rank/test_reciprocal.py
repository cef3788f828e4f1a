"""k-reciprocal re-ranking against the paper's sets, one element at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from shelflens.rank.reciprocal import distances
from shelflens.types import Vectors


def slow(query: np.ndarray, gallery: Vectors, k1: int, k2: int, share: float) -> list[float]:
    photos = [query.astype(float), *(photo.astype(float) for photo in gallery)]
    everyone = range(len(photos))
    raw = [[max(1 - float(a @ b), 0.0) for b in photos] for a in photos]
    plain = [[raw[j][i] / max(raw[k][i] for k in everyone) for j in everyone] for i in everyone]
    order = [sorted(everyone, key=lambda j: (plain[i][j], j)) for i in everyone]

    def reciprocal(p: int, k: int) -> set[int]:
        return {g for g in order[p][: k + 1] if p in order[g][: k + 1]}

    def encoding(p: int) -> list[float]:
        members = reciprocal(p, k1)
        expanded = set(members)
        for q in members:
            further = reciprocal(q, round(k1 / 2))
            if len(further & members) > 2 / 3 * len(further):
                expanded |= further
        weights = [math.exp(-plain[p][g]) if g in expanded else 0.0 for g in everyone]
        return [weight / sum(weights) for weight in weights]

    own = [encoding(p) for p in everyone]
    smooth = [[sum(own[j][g] for j in order[p][:k2]) / k2 for g in everyone] for p in everyone]
    result = []
    for photo in everyone[1:]:
        least = sum(min(a, b) for a, b in zip(smooth[0], smooth[photo], strict=True))
        most = sum(max(a, b) for a, b in zip(smooth[0], smooth[photo], strict=True))
        result.append((1 - share) * (1 - least / most) + share * plain[0][photo])
    return result


@pytest.mark.parametrize(("k1", "k2", "share"), [(6, 3, 0.3), (10, 1, 0.0), (4, 2, 1.0)])
def test_distances_are_those_of_the_papers_sets(
    queries: Vectors, gallery: Vectors, k1: int, k2: int, share: float
) -> None:
    found = distances(queries[3], gallery[:30], nearest=k1, smoothed=k2, distance_share=share)
    np.testing.assert_allclose(found, slow(queries[3], gallery[:30], k1, k2, share), atol=1e-6)


def test_a_querys_own_cluster_comes_first(queries: Vectors, gallery: Vectors) -> None:
    for cluster, query in enumerate(queries):
        nearest = np.argsort(distances(query, gallery, nearest=8, smoothed=3))[:6]
        assert set(nearest // 6) == {cluster}


def test_a_single_candidate_is_ranked(queries: Vectors, gallery: Vectors) -> None:
    assert distances(queries[0], gallery[:1]).shape == (1,)
