"""Held-out questions from the products' own words: one half of a description asks for its product, where only the other
half is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shelflens.text.profile import names
from shelflens.types import Product


@dataclass(frozen=True, slots=True)
class Fold:
    """Products with one half of their descriptions, and the other halves as questions, in the same order. An empty
    question is not asked."""

    known: tuple[Product, ...]
    asked: tuple[str, ...]


def folds(products: Sequence[Product]) -> tuple[Fold, Fold]:
    """Each half is the question once. Where a product has no description, its title is halved."""
    halved = [halves(product.description or product.title) for product in products]
    first = Fold(_known(products, [half for half, _ in halved]), tuple(half for _, half in halved))
    second = Fold(_known(products, [half for _, half in halved]), tuple(half for half, _ in halved))
    return first, second


def _known(products: Sequence[Product], half: Sequence[str]) -> tuple[Product, ...]:
    return tuple(
        replace(product, description=its) if product.description else replace(product, title=its)
        for product, its in zip(products, half, strict=True)
    )


def halves(text: str) -> tuple[str, str]:
    """The first half of the words and the second."""
    said = text.split()
    middle = (len(said) + 1) // 2
    return " ".join(said[:middle]), " ".join(said[middle:])


def said_of(product: Product) -> str:
    """All words of a product; its names twice, for they are what most questions are about."""
    attributes: list[str] = []
    for value in product.attributes.values():
        attributes += [value] if isinstance(value, str) else value if isinstance(value, tuple) else []
    its_names = names(product)
    return " ".join((*its_names, *its_names, product.category, product.description, *attributes))
