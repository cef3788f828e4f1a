"""Database-side augmentation: every gallery photo moves towards its neighbours, once, when the catalogue is built.

Turcot and Lowe, "Better matching with fewer features", ICCV workshops 2009; weighted by cosine ** alpha as in Gordo et
al., "End-to-end learning of deep visual representations for image retrieval", IJCV 2017.
"""

from __future__ import annotations

import numpy as np

from shelflens.rank.expansion import expand
from shelflens.types import Vectors

NEIGHBOURS = 5
ALPHA = 3.0
PORTION = 1_024  # photos compared at once with the gallery


def augment(gallery: Vectors, *, neighbours: int = NEIGHBOURS, alpha: float = ALPHA) -> Vectors:
    """(N, dim), unit rows, of the photos as they were: a photo is its own nearest neighbour, and counts double."""
    if len(gallery) == 0:
        return gallery.copy()
    portions = range(0, len(gallery), PORTION)
    return np.concatenate(
        [expand(gallery[at : at + PORTION], gallery, neighbours=neighbours + 1, alpha=alpha) for at in portions]
    )
