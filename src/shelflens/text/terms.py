"""Products and questions as terms of a full-text index: whole words, and pieces of the names for what is misspelt.

Every store indexes the same terms, so that all of them find the same words; a store brings only its own ranking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shelflens.text.grams import grams, is_cjk, words
from shelflens.text.profile import details, names
from shelflens.types import Product

FORM = 1  # raised whenever the terms of a product change: then an index is built anew
NAMES, DETAILS, PIECES = (
    3.0,
    1.0,
    1 / 3,
)  # what an agreeing term counts: a word has about six pieces, three words' worth
SAME_WORD = 0.5  # share of their pieces (Dice) from which two words count as one, misspelt
MOST_WORDS, MOST_PIECES = 64, 192  # of one question; what is behind is not looked for


@dataclass(frozen=True, slots=True)
class ProductTerms:
    """What a product is found by; a term that is there twice counts twice."""

    names: tuple[str, ...]  # words of title and brand
    details: tuple[str, ...]  # words of everything else, the numbers it is listed under included
    pieces: tuple[str, ...]  # of the names' words, a blank written as "_"


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """What is looked for, each term once, in the order of the question."""

    words: tuple[str, ...]  # among names and details
    pieces: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.words)


def product_terms(product: Product) -> ProductTerms:
    its_names = names(product)
    its_details = (*details(product), product.product_id, *product.gtins)
    return ProductTerms(
        names=tuple(_listed(its_names)), details=tuple(_listed(its_details)), pieces=tuple(_pieces(its_names))
    )


def query_terms(text: str) -> QueryTerms:
    """Empty for a text without a letter or a digit."""
    pieces = tuple(dict.fromkeys(_pieces([text])))
    return QueryTerms(tuple(dict.fromkeys(_asked(text)))[:MOST_WORDS], pieces[:MOST_PIECES])


def agreeing(text: str, product: Product) -> tuple[str, ...]:
    """The question's words, as the product has them, in the order of the question: exactly, or else misspelt as one of
    its names; each once."""
    if not text.strip():
        return ()
    its_words = [word for field in (*names(product), *details(product), *product.gtins) for word in words(field)]
    its_names = [word for field in names(product) for word in words(field)]
    return tuple(dict.fromkeys(_agreeing(text, its_words, its_names)))


def _agreeing(text: str, its_words: list[str], its_names: list[str]) -> Iterator[str]:
    known = set(its_words)
    running = [word for word in its_words if is_cjk(word)]
    for word in words(text):
        if word in known:
            yield word
        elif is_cjk(word):
            yield from _shared_runs(word, running)
        else:
            alike, near = max(((_alike(word, name), name) for name in its_names), default=(0.0, ""))
            if alike >= SAME_WORD:
                yield near


def _alike(one: str, other: str) -> float:
    here, there = grams(one), grams(other)
    return 2 * len(here & there) / (len(here) + len(there))


def _shared_runs(run: str, others: list[str]) -> Iterator[str]:
    """The longest stretches of Chinese characters, two and more, that some other run has too, from left to right."""
    at = 0
    while at < len(run):
        end = next((end for end in range(len(run), at + 1, -1) if any(run[at:end] in other for other in others)), at)
        if end > at + 1 or len(run) == 1:
            yield run[at:end]
        at = max(end, at + 1)


def _listed(texts: Iterable[str]) -> Iterator[str]:
    """A run of Chinese characters is listed under each of them and each pair."""
    for text in texts:
        for word in words(text):
            if is_cjk(word):
                yield from word
                yield from _pairs(word)
            else:
                yield word


def _asked(text: str) -> Iterator[str]:
    for word in words(text):
        if is_cjk(word) and len(word) > 1:
            yield from _pairs(word)
        else:
            yield word


def _pieces(texts: Iterable[str]) -> Iterator[str]:
    """Of words that are written with letters: pairs of Chinese characters are words already."""
    for text in texts:
        for word in words(text):
            if not is_cjk(word):
                yield from (piece.replace(" ", "_") for piece in sorted(grams(word)))


def _pairs(run: str) -> Iterator[str]:
    return (run[at : at + 2] for at in range(len(run) - 1))
