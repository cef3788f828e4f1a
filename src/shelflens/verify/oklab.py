"""OKLab, a colour space in which equal steps look equally large (Björn Ottosson 2020, bottosson.github.io)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_LINEAR = np.array(
    [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in np.arange(256) / 255],
    np.float32,
)


def oklab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(..., 3) sRGB bytes -> (..., 3): lightness 0..1, green to red and blue to yellow, each about -0.4..0.4."""
    cones = np.cbrt(_LINEAR[rgb] @ _TO_CONES.T)
    lab: NDArray[np.float32] = cones @ _TO_LAB.T
    return lab
