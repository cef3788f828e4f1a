from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelflens.feed.gtin import check_digit, gtin_14, is_valid, normalise

# Printed in the GS1 General Specifications, in ISO 2108 and on packages.
KNOWN = ["629104150021" + "3", "03600029145" + "2", "9638507" + "4", "978316148410" + "0", "1061414100041" + "5"]


@pytest.mark.parametrize("number", KNOWN)
def test_published_numbers_have_the_check_digit_we_compute(number: str) -> None:
    assert check_digit(number[:-1]) == number[-1]
    assert is_valid(number)


@given(st.text("0123456789", min_size=1, max_size=20))
def test_check_digit_is_what_the_sum_by_position_says(body: str) -> None:
    total = 0
    for position, digit in enumerate(reversed(body)):
        total += int(digit) * (3 if position % 2 == 0 else 1)
    wanted = 0
    while (total + wanted) % 10:
        wanted += 1
    assert check_digit(body) == str(wanted)


@given(st.text("0123456789", min_size=12, max_size=12).filter(lambda body: body.strip("0")), st.integers(0, 12))
def test_any_single_wrong_digit_is_noticed(body: str, position: int) -> None:
    number = body + check_digit(body)
    wrong = number[:position] + str((int(number[position]) + 3) % 10) + number[position + 1 :]
    assert is_valid(number)
    assert not is_valid(wrong)


def test_one_number_in_every_length_is_one_text() -> None:
    assert normalise("036000291452") == normalise("0036000291452") == normalise("00036000291452") == "0036000291452"
    assert normalise("96385074") == "0000096385074"
    assert normalise("10614141000415") == "10614141000415"
    assert gtin_14("6291041500213") == "06291041500213"


def test_printed_forms_are_read() -> None:
    assert normalise("978-3-16-148410-0") == "9783161484100"
    assert normalise(" 6 291041 500213 ") == "6291041500213"


def test_isbn_10_is_its_isbn_13() -> None:
    assert normalise("3-16-148410-X") == "9783161484100"
    assert normalise("0306406152") == "9780306406157"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("6291041500214", "has the check digit 4, which should be 3"),
        ("12345", "has 5 digits; a GTIN has 8, 12, 13 or 14"),
        ("36000291452", "write 036000291452"),  # a spreadsheet's work
        ("4.00638E+12", "format the column as text"),
        ("n/a", "is not made of digits"),
        ("٦291041500213", "is not made of digits"),  # a digit, but not of a barcode
        ("0000000000000", "all zeros"),
        ("0306406153", "is no ISBN-10"),
        ("", "is not made of digits"),
    ],
)
def test_a_wrong_number_is_told_what_would_be_right(text: str, reason: str) -> None:
    assert not is_valid(text)
    with pytest.raises(ValueError, match=reason.replace(".", r"\.").replace("+", r"\+")):
        normalise(text)
