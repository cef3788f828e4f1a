"""How a place looks, in 24 x 24 grey cells: enough to tell that nothing has happened there."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.picture import edges
from shelflens.types import Box

Patch: TypeAlias = NDArray[np.float32]  # (CELLS * CELLS,), mean 0 and length 1: neither light nor contrast matters

CELLS: Final = 24
SAME: Final = 0.92  # correlation from which a place looks as it did
FLAT: Final = 4.0  # grey levels of spread, below which there is only the grain of the camera to compare


def patch(grey: Image.Image, box: Box) -> Patch:
    """`grey` is a picture of mode L."""
    cells = grey.resize((CELLS, CELLS), Image.Resampling.BOX, box=edges(box, grey.size))
    values = np.asarray(cells, np.float32).ravel()
    values = values - values.mean()
    length = float(np.linalg.norm(values))
    if length < FLAT * CELLS:
        return np.zeros_like(values)
    unit: Patch = values / length
    return unit


def alike(one: Patch, other: Patch) -> bool:
    """Two flat places are alike."""
    flat, also = not one.any(), not other.any()
    return bool(one @ other > SAME) if not (flat or also) else flat and also
