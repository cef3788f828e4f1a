"""BM25 over the same terms as the records' full text, in memory: for words that no catalogue holds, and as the twin
that its figures are held against.

Robertson, Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; with weights for fields, and an idf
that never falls below a millionth, as SQLite has it (https://www.sqlite.org/fts5.html#the_bm25_function).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from shelflens.text.terms import DETAILS, NAMES, PIECES, product_terms, query_terms
from shelflens.types import Product

K1, B = 1.2, 0.75
LEAST_IDF = 1e-6


class Bm25:
    """Of some products, in the order given. Immutable once built."""

    def __init__(self, products: Iterable[Product]) -> None:
        postings: dict[str, list[tuple[int, float]]] = {}
        lengths: list[int] = []
        for row, product in enumerate(products):
            terms = product_terms(product)
            counted: dict[str, float] = defaultdict(float)
            for term in terms.names:
                counted[_word(term)] += NAMES
            for term in terms.details:
                counted[_word(term)] += DETAILS
            for term in terms.pieces:
                counted[_piece(term)] += PIECES
            for key, frequency in counted.items():
                postings.setdefault(key, []).append((row, frequency))
            lengths.append(len(terms.names) + len(terms.details) + len(terms.pieces))
        self._longer = K1 * (1 - B + B * np.array(lengths) / max(1e-9, float(np.mean(lengths or [0]))))
        self._postings = {
            key: (np.array([row for row, _ in its]), np.array([frequency for _, frequency in its]))
            for key, its in postings.items()
        }

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """(len(texts), products), 0 where nothing agrees."""
        found = np.zeros((len(texts), len(self._longer)))
        for row, text in zip(found, texts, strict=True):
            terms = query_terms(text)
            for key in (*map(_word, terms.words), *map(_piece, terms.pieces)):
                if key in self._postings:
                    at, frequency = self._postings[key]
                    idf = math.log((len(self._longer) - len(at) + 0.5) / (len(at) + 0.5))
                    row[at] += max(LEAST_IDF, idf) * frequency * (K1 + 1) / (frequency + self._longer[at])
        return found


def _word(term: str) -> str:
    return f"={term}"


def _piece(term: str) -> str:
    return f"~{term}"
