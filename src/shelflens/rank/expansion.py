"""Query expansion: the query moves towards what it found, and asks again.

Alpha query expansion of Radenović, Tolias and Chum, "Fine-tuning CNN image retrieval with no human annotation", TPAMI
2019; with alpha 0 it is the average query expansion of Chum et al., ICCV 2007.
"""

from __future__ import annotations

import numpy as np

from shelflens.types import Vectors

NEIGHBOURS = 5
ALPHA = 3.0


def expand(queries: Vectors, gallery: Vectors, *, neighbours: int = NEIGHBOURS, alpha: float = ALPHA) -> Vectors:
    """(Q, dim): each query plus its nearest gallery photos, weighted by cosine ** alpha; unit rows.

    A photo at a cosine of 0 or below adds nothing.
    """
    count = min(neighbours, len(gallery))
    if count == 0 or len(queries) == 0:
        return queries.copy()
    cosines = queries @ gallery.T
    nearest = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    found = np.take_along_axis(cosines, nearest, axis=1)
    weights = np.where(found > 0, np.maximum(found, 1e-12) ** alpha, 0).astype(np.float32)
    moved = queries + np.einsum("qk,qkd->qd", weights, gallery[nearest])
    unit: Vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return unit
