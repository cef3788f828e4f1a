"""Connected regions against a flood fill that is obviously right."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from shelflens.locate.region import Mask, box_of, largest, regions
from shelflens.types import Box


def flooded(mask: Mask) -> NDArray[np.int64]:
    labels: NDArray[np.int64] = np.zeros(mask.shape, np.int64)
    count = 0
    for start in zip(*np.nonzero(mask), strict=True):
        if labels[start]:
            continue
        count += 1
        waiting = [start]
        while waiting:
            y, x = waiting.pop()
            inside = 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1]
            if inside and mask[y, x] and not labels[y, x]:
                labels[y, x] = count
                waiting += [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
    return labels


@pytest.mark.parametrize("seed", range(40))
def test_regions_are_those_of_a_flood_fill(seed: int) -> None:
    random = np.random.default_rng(seed)
    mask = random.random(random.integers(1, 24, 2)) < random.uniform(0.2, 0.9)
    np.testing.assert_array_equal(regions(mask), flooded(mask))


def test_the_largest_is_kept_and_the_first_of_equals() -> None:
    mask = np.array([[1, 0, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 1, 1]], np.bool_)
    np.testing.assert_array_equal(largest(mask), mask & (regions(mask) == 2))
    equal = np.array([[1, 0, 1]], np.bool_)
    np.testing.assert_array_equal(largest(equal), [[True, False, False]])
    assert not largest(np.zeros((3, 3), np.bool_)).any()


def test_a_box_is_tight() -> None:
    mask = np.zeros((10, 20), np.bool_)
    mask[2:5, 4:10] = True
    assert box_of(mask) == Box(0.2, 0.2, 0.5, 0.5)
