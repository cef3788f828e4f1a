"""Finds products by the words read off a query: candidates that an embedding misses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelflens.text.lines import PrintedLine
from shelflens.text.profile import of_product, printed
from shelflens.text.statistics import TextStatistics
from shelflens.types import Product


@dataclass(frozen=True, slots=True)
class LabelledProduct:
    """A product with what was read off its catalogue photos, if anything was."""

    product: Product
    lines: Sequence[PrintedLine] = ()


@dataclass(frozen=True, slots=True)
class WordsHit:
    product_id: str
    score: float  # 0..1, as `of_product` says; higher is nearer


class WordsIndex:
    """An inverted index over pieces of words, in memory: 8 bytes a product and piece. Immutable once built."""

    def __init__(self, products: Iterable[LabelledProduct], statistics: TextStatistics) -> None:
        self.statistics = statistics
        self._ids: list[str] = []
        terms: dict[str, int] = {}
        rows: list[NDArray[np.int32]] = []
        columns: list[NDArray[np.int32]] = []
        values: list[NDArray[np.float32]] = []
        for row, labelled in enumerate(products):
            self._ids.append(labelled.product.product_id)
            content = of_product(labelled.product, labelled.lines, statistics)
            columns.append(np.array([terms.setdefault(gram, len(terms)) for gram in content], np.int32))
            rows.append(np.full(len(content), row, np.int32))
            values.append(np.fromiter(content.values(), np.float32, len(content)))
        term = np.concatenate([np.empty(0, np.int32), *columns])
        order = np.argsort(term, kind="stable")
        self._terms = terms
        self._starts: NDArray[np.int64] = np.searchsorted(term[order], np.arange(len(terms) + 1))
        self._rows = np.concatenate([np.empty(0, np.int32), *rows])[order]  # by piece, then by product
        self._values = np.concatenate([np.empty(0, np.float32), *values])[order]

    def __len__(self) -> int:
        return len(self._ids)

    def search(self, lines: Iterable[PrintedLine], k: int) -> tuple[WordsHit, ...]:
        """Best first, equal ones by product_id; only products that share a piece, so perhaps fewer than k."""
        scores = np.zeros(len(self._ids), np.float32)
        for gram, weight in printed(lines, self.statistics).items():
            if (term := self._terms.get(gram)) is not None:
                postings = slice(self._starts[term], self._starts[term + 1])
                scores[self._rows[postings]] += np.float32(weight) * self._values[postings]
        if k <= 0 or not scores.any():
            return ()
        floor = np.partition(scores, -k)[-k] if k < len(scores) else 0.0
        near = np.flatnonzero((scores >= floor) & (scores > 0)).tolist()
        best = sorted(near, key=lambda row: (-scores[row], self._ids[row]))[:k]
        return tuple(WordsHit(self._ids[row], float(scores[row])) for row in best)
