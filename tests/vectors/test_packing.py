from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from shelflens.packing import LARGEST, pack, unpack
from shelflens.types import Vectors

rows = arrays.arrays(np.float32, (3, 40), elements=st.floats(-1, 1, width=32)).filter(
    lambda drawn: bool((np.linalg.norm(drawn, axis=1) > 1e-3).all())
)


@given(rows)
def test_packing_moves_no_vector_by_a_visible_angle(drawn: Vectors) -> None:
    vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    again = unpack(pack(vectors))
    np.testing.assert_allclose(np.linalg.norm(again, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose((again * vectors).sum(axis=1), 1, atol=1e-6)


@given(rows)
def test_packing_again_changes_nothing(drawn: Vectors) -> None:
    packed = pack(drawn)
    assert np.abs(packed).max(axis=1).tolist() == [LARGEST] * 3
    assert (pack(unpack(packed)) == packed).all()
