from __future__ import annotations

from shelflens.vectors.choice import DOWN, UP, choose


def test_small_catalogues_are_searched_exactly_and_large_ones_by_sign_bits() -> None:
    assert choose(0) == choose(UP - 1) == "exact"
    assert choose(UP) == choose(10**9) == "ivf"


def test_a_catalogue_that_hovers_around_the_limit_keeps_its_index() -> None:
    assert choose(UP - 1, current="ivf") == choose(DOWN, current="ivf") == "ivf"
    assert choose(DOWN - 1, current="ivf") == "exact"
    assert choose(UP - 1, current="exact") == "exact"
    assert choose(UP, current="exact") == "ivf"
