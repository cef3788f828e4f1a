from __future__ import annotations

import numpy as np
import pytest

from shelflens.demo.assortment import MOST, assortment, strangers
from shelflens.demo.barcode import modules, symbol
from shelflens.feed.gtin import check_digit


def test_the_check_digit_of_a_known_number() -> None:
    assert check_digit("400638133393") == "1"  # the example of the EAN-13 literature, 4006381333931


def test_the_modules_of_a_known_number() -> None:
    # 4006381333931 written out by hand from the tables: 4 sets the parity LGLLGG
    left = ["0001101", "0100111", "0101111", "0111101", "0001001", "0110011"]
    right = ["1000010", "1000010", "1000010", "1110100", "1000010", "1100110"]
    assert modules("4006381333931") == "101" + "".join(left) + "01010" + "".join(right) + "101"


@pytest.mark.parametrize("ean", ["4006381333932", "123", "40063813339x1", ""])
def test_a_number_that_is_no_ean_is_refused(ean: str) -> None:
    with pytest.raises(ValueError, match="valid check digit"):
        modules(ean)


def test_the_drawn_bars_are_the_modules() -> None:
    ean = "2913937000006"
    row = np.asarray(symbol(ean, module=4).convert("L"))[60]  # through the bars
    drawn = "".join("1" if value < 128 else "0" for value in row[2::4])
    assert drawn == "0" * 11 + modules(ean) + "0" * 7


def test_every_gtin_is_valid_distinct_and_nobody_elses() -> None:
    items = (*assortment(MOST), *strangers(MOST))
    gtins = [item.gtin for item in items]
    assert len(set(gtins)) == len(items)
    for gtin in gtins:
        weights = [1, 3] * 6 + [1]
        assert len(gtin) == 13 and gtin.startswith("29")
        assert sum(weight * int(digit) for weight, digit in zip(weights, gtin, strict=True)) % 10 == 0
