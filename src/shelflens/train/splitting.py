"""Which photos are learnt from and which are held out; folds for choosing settings within the former."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shelflens.errors import SourceError
from shelflens.train.photos import LabelledPhoto
from shelflens.train.sampling import Rows

_LEAST = 3  # photos, or products, of a class before one of them is held out


def hold_out(photos: Sequence[LabelledPhoto], rows: Rows, *, target: str, share: float, seed: int) -> Rows:
    """About `share` of `rows`, drawn within each class; whole products where a class has several.

    Raises SourceError when every class is too small to spare a photo.
    """
    random = np.random.default_rng([seed, 0x22])
    held: list[int] = []
    for members in _by_class(photos, rows).values():
        units = _units(photos, members, target)
        if len(units) < _LEAST:
            continue
        chosen = random.permutation(len(units))[: max(1, round(share * len(units)))]
        held += [row for unit in chosen.tolist() for row in units[unit]]
    if not held:
        raise SourceError(
            f"no class has {_LEAST} photos, so none can be held out to judge by; add photos, or give --validation"
        )
    return np.sort(np.array(held, dtype=np.int64))


def folds(photos: Sequence[LabelledPhoto], rows: Rows, *, target: str, count: int, seed: int) -> list[Rows]:
    """Parts of `rows`, each of which is held out once, with every class spread over them; photos of one product stay
    together where a class has several products."""
    random = np.random.default_rng([seed, 0x33])
    parts: list[list[int]] = [[] for _ in range(count)]
    for members in _by_class(photos, rows).values():
        units = _units(photos, members, target)
        start = int(random.integers(count))
        for place, unit in enumerate(random.permutation(len(units)).tolist()):
            parts[(start + place) % count] += units[unit]
    return [np.sort(np.array(part, dtype=np.int64)) for part in parts]


def leave_out_products(labels: NDArray[np.int64], rows: Rows, *, count: int, seed: int) -> list[Rows]:
    """Parts of `rows`, each all photos of a share of the classes: products that are new to who learns without them."""
    order = np.random.default_rng([seed, 0x44]).permutation(np.unique(labels[rows]))
    return [rows[np.isin(labels[rows], classes)] for classes in np.array_split(order, count)]


def _by_class(photos: Sequence[LabelledPhoto], rows: Rows) -> dict[str, list[int]]:
    members: dict[str, list[int]] = defaultdict(list)
    for row in rows.tolist():
        members[photos[row].label].append(row)
    return dict(sorted(members.items()))


def _units(photos: Sequence[LabelledPhoto], members: list[int], target: str) -> list[list[int]]:
    """What must not be torn apart: products, where the class is something coarser and has enough of them."""
    if target != "product_id":
        products: dict[str, list[int]] = defaultdict(list)
        for row in members:
            products[photos[row].product.product_id].append(row)
        if len(products) >= _LEAST:
            return list(products.values())
    return [[row] for row in members]
