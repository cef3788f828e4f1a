"""Which drawer makes which shape."""

from __future__ import annotations

import numpy as np

from shelflens.demo import flexible, folded, revolved
from shelflens.demo.assortment import Item
from shelflens.demo.package import Package, Shape, View

SHAPES: dict[str, Shape] = {
    **dict.fromkeys(revolved.SOLIDS, revolved.draw),
    **dict.fromkeys(folded.FOLDS, folded.draw),
    **dict.fromkeys(flexible.FILMS, flexible.draw),
}


def package(item: Item, view: View, rng: np.random.Generator) -> Package:
    """The item's package from that side; small differences in angle and creases come from `rng`."""
    return SHAPES[item.brand.shape](item, view, rng)
