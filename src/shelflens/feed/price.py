"""Prices as shops write them: 12.50, "12,50 kr", "€1.234,00", "USD 1,299"; never a guess between 1.234 and 1234."""

from __future__ import annotations

import math
import re

_CURRENCY = r"""(?:
    [A-Z]{3}                                                    # ISO 4217
  | (?:[A-Z]{1,3})?\$ | [€£¥¢₩₹₽₺₴₫₱₪฿₦₡₲₵₸₾元円원圆圓]
  | [Kk]r\.? | zł | Ft | Kč | lei | лв\.? | руб\.? | Rs\.? | RM | Fr\.? | TL
)"""
_PRICE = re.compile(
    rf"""
    {_CURRENCY}?\s*
    (?: (?P<whole>\d{{1,3}}) (?P<group>[ .,'’])\d{{3}}(?:(?P=group)\d{{3}})*(?:(?!(?P=group))[.,]\d{{1,2}})?(?!\d)
      | \d+ (?:[.,:]\d+)?
    )
    \s*(?:[:,.]-|:–|,–)?\s*{_CURRENCY}?
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"\d[\d .,:'’]*")
_MACHINE = re.compile(r"\d+(?:\.\d+)?")


def parse_price(text: str) -> float:
    """The amount, 0 or more, without its currency. ValueError says what is wrong and how to write it."""
    text = re.sub(r"\s", " ", text.strip())  # NBSP and thin blanks between groups
    if _MACHINE.fullmatch(text):
        return finite_price(float(text))
    found = _PRICE.fullmatch(text)
    if not found:
        raise ValueError("is not a number; write it like 12.50")
    number = _NUMBER.search(text)
    assert number
    return finite_price(_amount(number[0].strip(" .,:"), group=found["group"], whole=found["whole"] or ""))


def finite_price(price: float) -> float:
    """The price itself; ValueError for a negative, infinite or missing number."""
    if not math.isfinite(price):
        raise ValueError("is not a finite number; write it like 12.50")
    if price < 0:
        raise ValueError("is below 0; write what the product costs")
    return price


def _amount(number: str, *, group: str | None, whole: str) -> float:
    if group is None:
        return float(re.sub("[,:]", ".", number))
    parts = number.split(group)
    if group in ".," and len(parts) == 2 and len(parts[1]) == 3 and not whole.startswith("0"):
        joined = "".join(parts)
        raise ValueError(f"may mean {joined} or {'.'.join(parts)}; write {joined} or {joined}.00 or {'.'.join(parts)}")
    if whole.startswith("0"):  # "0,125" has no thousands
        return float(".".join(parts))
    return float("".join(parts).replace(",", "."))
