"""Words and their pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shelflens.text.grams import fold, grams, words


def test_a_misread_letter_costs_three_pieces() -> None:
    right, misread = grams(*words("MELLANMJÖLK")), grams(*words("MELLANMJOLK"))
    assert len(right) == 11
    assert len(right & misread) == 8


def test_swedish_letters_stay_and_capitals_go() -> None:
    assert words("Gräddfil från ÅRE, GRÄDDFIL") == ("gräddfil", "från", "åre", "gräddfil")


def test_letters_and_their_combining_forms_are_equal() -> None:
    assert words("a\u0308pple") == words("äpple") == words("Ä\u200bPPLE".replace("\u200b", ""))


def test_decimal_comma_and_full_width_digits_make_the_same_word() -> None:
    assert words("1,5% 1.5% １.５％") == ("1.5%", "1.5%", "1.5%")


def test_a_full_stop_ends_a_word_unless_digits_surround_it() -> None:
    assert words("Milk. 12 kr.") == ("milk", "12", "kr")


def test_chinese_is_cut_into_pairs_and_apart_from_latin() -> None:
    assert words("索拉拉橙子果汁1L Solara") == ("索拉拉橙子果汁", "1l", "solara")
    assert grams("橙子果汁") == {"橙子", "子果", "果汁"}
    assert grams("茶") == {"茶"}


def test_a_single_letter_is_one_piece() -> None:
    assert grams("l") == {" l "}


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_every_word_has_pieces(text: str) -> None:
    assert all(grams(word) for word in words(text))
