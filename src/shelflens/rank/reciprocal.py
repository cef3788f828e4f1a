"""k-reciprocal re-ranking: two photos are alike when they are among each other's nearest, and share such neighbours.

Zhong, Zheng, Cao and Li, "Re-ranking person re-identification with k-reciprocal encoding", CVPR 2017. Unlike the paper,
which ranks all queries with knowledge of each other, each query meets the gallery alone: an answer must not depend
on what others ask.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shelflens.types import Vectors

NEAREST = 20  # k1: neighbours whose return is asked for
SMOOTHED = 6  # k2: neighbours whose encodings are averaged
DISTANCE_SHARE = 0.3  # lambda: of the plain distance in the final one


def distances(
    query: NDArray[np.float32],
    gallery: Vectors,
    *,
    nearest: int = NEAREST,
    smoothed: int = SMOOTHED,
    distance_share: float = DISTANCE_SHARE,
) -> NDArray[np.float64]:
    """(N,), lower is nearer: (1 - share) x Jaccard distance + share x plain distance, as 1 - cosine over its largest.

    `query` is (dim,), `gallery` (N, dim): the candidates of one query, some hundreds. The time grows with N squared.
    """
    photos = np.concatenate([query[None], gallery]).astype(np.float64)
    plain = np.maximum(1 - photos @ photos.T, 0)
    plain /= np.maximum(plain.max(axis=0, keepdims=True), 1e-12)  # as the authors' code: each column over its largest
    plain = plain.T
    order = np.argsort(plain, axis=1, kind="stable")
    encodings = np.zeros_like(plain)
    for photo in range(len(photos)):
        members = _expanded(order, photo, nearest)
        weights = np.exp(-plain[photo, members])
        encodings[photo, members] = weights / weights.sum()
    if smoothed > 1:
        encodings = encodings[order[:, :smoothed]].mean(axis=1)
    shared = np.minimum(encodings[0], encodings[1:]).sum(axis=1)
    jaccard = 1 - shared / (2 - shared)  # encodings sum to 1, so the union is 2 minus what is shared
    mixed: NDArray[np.float64] = (1 - distance_share) * jaccard + distance_share * plain[0, 1:]
    return mixed


def _reciprocal(order: NDArray[np.intp], photo: int, nearest: int) -> NDArray[np.intp]:
    """The photo's nearest (itself included) that have it among theirs: R(p, k), equation 2."""
    forward = order[photo, : nearest + 1]
    returned = (order[forward, : nearest + 1] == photo).any(axis=1)
    members: NDArray[np.intp] = forward[returned]
    return members


def _expanded(order: NDArray[np.intp], photo: int, nearest: int) -> NDArray[np.intp]:
    """R*(p, k), equation 3: with the members of a member's half-sized set, where two thirds of that are shared."""
    members = _reciprocal(order, photo, nearest)
    expanded = members
    for member in members:
        further = _reciprocal(order, int(member), round(nearest / 2))
        if len(np.intersect1d(further, members)) > 2 / 3 * len(further):
            expanded = np.append(expanded, further)
    return np.unique(expanded)
