"""Trade item numbers: their check digit, and one form to compare them in.

GS1 General Specifications, section 7.9 "Check digit calculations"; ISBN-10 as ISO 2108 turns it into 13 digits.
"""

from __future__ import annotations

import re

LENGTHS = (8, 12, 13, 14)  # GTIN-8 (EAN-8), GTIN-12 (UPC-A), GTIN-13 (EAN-13, ISBN-13), GTIN-14

_FILLING = re.compile(r"[\s-]+")  # as printed: 978-3-16-148410-0
_ISBN_10 = re.compile(r"[0-9]{9}[0-9Xx]")


def check_digit(body: str) -> str:
    """The last digit of the number that begins with `body` (7, 11, 12 or 13 digits, or any other count).

    Weights 3, 1, 3, ... from the right, so zeros put in front change nothing.
    """
    if not (body.isascii() and body.isdigit()):
        raise ValueError(f"a check digit is made from digits, not from {body!r}")
    total = 3 * sum(map(int, body[::-2])) + sum(map(int, body[-2::-2]))
    return str(-total % 10)


def is_valid(text: str) -> bool:
    """Whether `normalise` takes it."""
    try:
        normalise(text)
    except ValueError:
        return False
    return True


def normalise(text: str) -> str:
    """13 digits, zeros in front; 14 only for a GTIN-14 that does not begin with 0. Equal numbers give equal text.

    Blanks and hyphens are dropped; an ISBN-10 becomes its ISBN-13. ValueError says what is wrong with anything else.
    """
    digits = _FILLING.sub("", text)
    if _ISBN_10.fullmatch(digits):
        return _from_isbn_10(digits.upper())
    if not (digits.isascii() and digits.isdigit()):
        hint = "; format the column as text in the spreadsheet" if re.search(r"\d[eE]\+?\d", digits) else ""
        raise ValueError(f"is not made of digits{hint}")
    if len(digits) not in LENGTHS:
        raise ValueError(f"has {len(digits)} digits; a GTIN has 8, 12, 13 or 14{_lost_zeros(digits)}")
    if not digits.strip("0"):
        raise ValueError("is all zeros, which names no product; leave it empty")
    right = check_digit(digits[:-1])
    if digits[-1] != right:
        raise ValueError(f"has the check digit {digits[-1]}, which should be {right}")
    return digits.lstrip("0").zfill(13)


def gtin_14(text: str) -> str:
    """The same number as GS1 stores it: 14 digits, zeros in front."""
    return normalise(text).zfill(14)


def _from_isbn_10(digits: str) -> str:
    values = [10 if digit == "X" else int(digit) for digit in digits]
    if sum(weight * value for weight, value in zip(range(10, 0, -1), values, strict=True)) % 11:
        raise ValueError("has 10 digits, but is no ISBN-10 (its check digit is wrong); a GTIN has 8, 12, 13 or 14")
    body = f"978{digits[:9]}"
    return body + check_digit(body)


def _lost_zeros(digits: str) -> str:
    """Spreadsheets turn 036000291452 into 36000291452: says so when the check digit bears it out."""
    fuller = next((length for length in LENGTHS if length > len(digits)), None)
    if fuller is None or len(digits) < 6 or digits[-1] != check_digit(digits[:-1]):
        return ""
    return f"; if a spreadsheet dropped its zeros, write {digits.zfill(fuller)}"
