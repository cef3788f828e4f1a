"""Texts as weighted pieces of words, and how much two of them agree: the vector space model.

Salton, Wong, Yang, "A Vector Space Model for Automatic Indexing", CACM 1975; Robertson, Zaragoza, Taylor, "Simple BM25
Extension to Multiple Weighted Fields", CIKM 2004, for the fields.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from shelflens.text.grams import grams, words
from shelflens.text.lines import PrintedLine
from shelflens.text.statistics import TextStatistics
from shelflens.types import Product

Profile: TypeAlias = Mapping[str, float]  # piece -> weight, 0 and up; unit length, or empty

#: What each field counts, chosen on packaged groceries. A product's score is their sum, 0..1.
NAMES, DETAILS, PRINT = 0.3, 0.1, 0.6


def profile(texts: Iterable[tuple[str, float]], statistics: TextStatistics) -> Profile:
    """From texts and how sure each is, 0..1: a piece weighs its idf times the best confidence."""
    sure: dict[str, float] = {}
    for text, confidence in texts:
        for word in words(text):
            for gram in grams(word):
                if confidence > sure.get(gram, 0.0):
                    sure[gram] = confidence
    return _unit({gram: confidence * statistics.idf(gram) for gram, confidence in sure.items()})


def printed(lines: Iterable[PrintedLine], statistics: TextStatistics) -> Profile:
    """Of what was read off pictures. Large letters count more (by the root of their height): they are the brand and
    the kind, and they are those of the product in front, not of its neighbours."""
    lines = tuple(lines)
    largest = max((_letter_height(line) for line in lines), default=1.0)
    sure = ((line.text, line.confidence * math.sqrt(_letter_height(line) / largest)) for line in lines)
    return profile(sure, statistics)


def of_product(product: Product, lines: Iterable[PrintedLine], statistics: TextStatistics) -> Profile:
    """A product's fields as one profile, not of unit length: its dot product with a query's is the score, 0..1.

    `lines` are those of its catalogue photos. Each field is of unit length before it is weighed, so that a long
    description does not drown the title.
    """
    sums: dict[str, float] = {}
    for weight, field in (
        (NAMES, profile(((text, 1.0) for text in names(product)), statistics)),
        (DETAILS, profile(((text, 1.0) for text in details(product)), statistics)),
        (PRINT, printed(lines, statistics)),
    ):
        for gram, value in field.items():
            sums[gram] = sums.get(gram, 0.0) + weight * value
    return sums


def dot(one: Profile, other: Profile) -> float:
    """The cosine of two profiles of unit length."""
    if len(other) < len(one):
        one, other = other, one
    return math.fsum(value * other[gram] for gram, value in one.items() if gram in other)


def names(product: Product) -> tuple[str, ...]:
    """The texts that a label most likely shows."""
    return (product.title, product.brand)


def details(product: Product) -> tuple[str, ...]:
    """Texts that a label may show: description, category, attributes in words."""
    attributes = []
    for value in product.attributes.values():
        if isinstance(value, str):
            attributes.append(value)
        elif isinstance(value, tuple):
            attributes.extend(value)
    return (product.description, product.category, *attributes)


def _letter_height(line: PrintedLine) -> float:
    """As a share of the picture; of a line that runs downwards, its width."""
    return min(line.box.bottom - line.box.top, line.box.right - line.box.left)


def _unit(weights: dict[str, float]) -> Profile:
    length = math.sqrt(math.fsum(value * value for value in weights.values()))
    return {gram: value / length for gram, value in weights.items()} if length else {}
