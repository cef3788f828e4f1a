"""Words cut into overlapping pieces of three letters (two for Chinese, Japanese, Korean): what survives a misreading.

MELLANMJÖLK read as MELLANMJOLK keeps 8 of its 11 pieces. Damashek, "Gauging Similarity with n-Grams", Science 1995;
bigrams for Chinese as in Nie et al., "On the use of words and n-grams for Chinese information retrieval", 2000.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Han, kana, hangul: written without blanks, or with blanks that mean little.
_CJK = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_CJK}]+|(?:[^\W_{_CJK}]|(?<=\d)\.(?=\d))+%?")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_IS_CJK = re.compile(rf"[{_CJK}]")


def fold(text: str) -> str:
    """Compatibility forms and capitals made equal (NFKC, case folding); å, ä, ö stay themselves, 1,5 becomes 1.5."""
    folded = text.casefold()
    if not text.isascii():
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _DECIMAL_COMMA.sub(".", folded)


def words(text: str) -> tuple[str, ...]:
    """Runs of letters and digits, folded, in order; `1.5%` is one, Chinese characters apart from others."""
    return tuple(_WORD.findall(fold(text)))


def is_cjk(word: str) -> bool:
    """Is it a run of Han, kana or hangul? `words` never mixes these with other letters."""
    return bool(_IS_CJK.match(word))


@lru_cache(maxsize=1 << 16)  # a catalogue says the same words again and again
def grams(word: str) -> frozenset[str]:
    """The pieces of one word as `words` gives it: trigrams with a blank at both ends, or bigrams of CJK characters."""
    if is_cjk(word):
        return frozenset(word[at : at + 2] for at in range(max(1, len(word) - 1)))
    padded = f" {word} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))
