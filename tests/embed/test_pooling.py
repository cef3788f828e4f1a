"""From tokens to one unit vector."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shelflens.embed.pooling import POOLS, unit

OUTPUT = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)


def test_cls_is_the_first_token() -> None:
    assert POOLS["cls"](OUTPUT).tolist() == [tokens[0] for tokens in OUTPUT.tolist()]


def test_mean_is_the_mean_of_all_tokens() -> None:
    by_hand = [[math.fsum(token[axis] for token in tokens) / 5 for axis in range(3)] for tokens in OUTPUT.tolist()]
    np.testing.assert_allclose(POOLS["mean"](OUTPUT), by_hand, rtol=1e-5)


def test_none_changes_nothing() -> None:
    assert POOLS["none"](OUTPUT[0]) is not None
    np.testing.assert_array_equal(POOLS["none"](OUTPUT[0]), OUTPUT[0])


def test_a_row_of_zeros_becomes_the_diagonal() -> None:
    np.testing.assert_allclose(unit(np.zeros((1, 4), np.float32)), [[0.5, 0.5, 0.5, 0.5]])


@given(arrays(np.float32, (3, 6), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_rows_of_any_magnitude_become_unit_rows_of_the_same_direction(rows: np.ndarray) -> None:
    units = unit(rows)
    np.testing.assert_allclose(np.linalg.norm(units.astype(np.float64), axis=1), 1, atol=1e-6)
    for row, direction in zip(rows.astype(np.float64), units, strict=True):
        if row.any():
            length = math.sqrt(math.fsum(value * value for value in row.tolist()))
            np.testing.assert_allclose(direction, row / length, atol=1e-6)
