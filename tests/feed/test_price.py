from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelflens.feed.price import parse_price


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12", 12), ("12.50", 12.5), ("12,50", 12.5), ("0", 0), ("0,5", 0.5), ("0,125", 0.125), ("007", 7),
        ("12,50 kr", 12.5), ("12:50", 12.5), ("12:-", 12), ("12,-", 12), ("12.-", 12), ("Kr. 12,-", 12),
        ("€12", 12), ("12 €", 12), ("12.00 USD", 12), ("SEK 12", 12), ("US$12.00", 12), ("R$ 12,00", 12),
        ("¥1200", 1200), ("12 元", 12), ("12,00 zł", 12), ("Rs. 250", 250), ("CHF 1'234.50", 1234.5),
        ("1,234.50", 1234.5), ("1.234,50", 1234.5), ("1 234,50 kr", 1234.5), ("1\u00a0234,50\u202fkr", 1234.5),
        ("1.234.567", 1234567), ("1,234,567.8", 1234567.8), ("1 234", 1234), ("USD 1,299.00", 1299),
        ("1.859", 1.859),  # a machine's number
        ("12345.678", 12345.678), ("12345,678", 12345.678),
    ],
)  # fmt: skip
def test_prices_as_shops_write_them(text: str, amount: float) -> None:
    assert parse_price(text) == amount


@pytest.mark.parametrize("text", ["1,234", "1.234 €", "€ 999,999"])
def test_a_thousand_or_a_thousandth_is_asked_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r"may mean (1|999)"):
        parse_price(text)


@pytest.mark.parametrize(
    "text",
    ["", "free", "12 apples", "12-15", "-5", "1,2,3", "1.234.56", "12..5", "1e5", "nan", "inf", "1,23,456.7", "€"],
)
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it like 12\.50"):
        parse_price(text)


@given(st.decimals(0, 10**9, places=2), st.sampled_from([",.", ".,", " ,", "'.", "\u00a0,"]))
def test_any_amount_in_any_grouping_comes_back(amount: object, marks: str) -> None:
    text = f"{amount:,.2f}".replace(",", "G").replace(".", marks[1]).replace("G", marks[0])
    assert parse_price(text) == float(str(amount))
    assert parse_price(f"{text} SEK") == float(str(amount))
