"""A text tower from a catalogue's own words and photos: a ridge map, its settings chosen on held-out halves of texts.

In its dual form, since a catalogue has fewer products than a text has features: Saunders, Gammerman, Vovk, "Ridge
Regression Learning Algorithm in Dual Variables", ICML 1998. Directions that all photos share count less, as in
`rank.whitening`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelflens.embed.base import TextEmbedder
from shelflens.embed.tower import BUCKETS, TextTower, features
from shelflens.errors import CatalogueError
from shelflens.rank import whitening
from shelflens.rank.whitening import Whitening
from shelflens.records.base import Records
from shelflens.tower.judging import Likeness, OnStage, Trial, judge, prudent
from shelflens.tower.questions import Fold, folds, said_of
from shelflens.types import Product, Vectors

FEWEST = 8  # products with words and photos: fewer say nothing about words
MOST = 6_000  # products that it is learnt from; the ridge's cost grows with their cube
RANK = 128  # directions of the photos' space that words can point in
EXPONENT = 0.5  # of the whitening
RIDGES = (0.3, 1.0, 3.0, 10.0)
LEAST = 0.7  # of what the weakest questions but one in a hundred reach: below it, a text says nothing

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a text embedder is worth on questions that it did not see; and the tower, if one was learnt."""

    tower: TextTower | None
    share: float  # 0..1, what its finds count among what words find
    products: int  # with words and photos
    questions: int  # held out, by which the settings were chosen
    top5_text: float  # share of these whose product is among the first five, by words compared with words
    top5_looks: float  # by the embedder alone
    top5: float  # by both


def learn_words(
    records: Records, *, space: str, embedder: TextEmbedder | None = None, on_progress: OnStage | None = None
) -> Learnt:
    """A tower; or, with an `embedder` that has learnt elsewhere, only what it is worth here.

    Raises CatalogueError when there are too few products with words and photos.
    """
    tell = on_progress or _nobody_listens
    products, vectors = _material(records, space, tell)
    if len(products) < FEWEST:
        raise CatalogueError(
            f"{len(products)} products have words and photos in space {space}; words are learnt from {FEWEST} at least"
        )
    if embedder is not None:

        def say(_: Fold, questions: Sequence[str]) -> Iterator[tuple[float, Likeness]]:
            likeness: Likeness = np.asarray(embedder.embed_texts(questions) @ vectors.T, np.float32)
            yield 0.0, likeness

        return _learnt(None, _best(judge(products, say, settings=1, tell=tell)), products)
    turned = whitening.learn(vectors, components=RANK, exponent=EXPONENT)
    looks: Matrix = turned(vectors)

    def point(fold: Fold, questions: Sequence[str]) -> Iterator[tuple[float, Likeness]]:
        known = _Known.of([said_of(product) for product in fold.known])
        against = (_rows(questions) * known.rarity) @ known.rows.T
        for ridge in RIDGES:
            likeness: Likeness = np.asarray(against @ known.dual(looks, ridge) @ looks.T, np.float32)
            yield ridge, likeness

    best = _best(judge(products, point, settings=len(RIDGES), tell=tell))
    return _learnt(_tower(space, products, turned, looks, ridge=best.setting), best, products)


def _best(trials: Sequence[Trial]) -> Trial:
    if not trials:
        raise CatalogueError("the products' texts have one word each: nothing can be held out of them to learn by")
    return prudent(trials)


def _learnt(tower: TextTower | None, best: Trial, products: Sequence[Product]) -> Learnt:
    return Learnt(tower, best.share, len(products), len(best.reciprocal), best.top5_text, best.top5_looks, best.top5)


def _tower(space: str, products: Sequence[Product], turned: Whitening, looks: Matrix, *, ridge: float) -> TextTower:
    known = _Known.of([said_of(product) for product in products])
    weights = known.rarity[:, None] * (known.rows.T @ known.dual(looks, ridge))
    # A photo is compared as it is: the turning and the scales of the whitening are the text's part.
    tower = TextTower(space, _halved(weights), _halved(turned.projection.T), 0.0)
    strengths = [tower.strength(question) for fold in folds(products) for question in fold.asked if question.strip()]
    return TextTower(space, tower.weights, tower.basis, LEAST * float(np.quantile(strengths, 0.01)))


def _material(records: Records, space: str, tell: OnStage) -> tuple[list[Product], Vectors]:
    """Products evenly over the catalogue, and (N, dim) unit, where each one's photos point together."""
    total = records.counts().products
    step = -(-total // MOST) or 1
    products: list[Product] = []
    means: list[Vectors] = []
    for place, product in enumerate(records.products()):
        if place % step or not said_of(product).strip():
            continue
        ids = [photo.photo_id for _, photo in records.photos_of(product.product_id)]
        if held := sorted(records.known(ids, space=space)):
            together = records.vectors(held, space=space).sum(axis=0)
            products.append(product)
            means.append(together / np.linalg.norm(together))
        tell("reading", place + 1, total)
    return products, np.array(means, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """The texts that a map is learnt from."""

    rows: Matrix  # (N, BUCKETS), length 1, weighed by `rarity`
    rarity: Matrix  # (BUCKETS,) 1 for a feature that all texts have, more for rarer ones
    kernel: Matrix  # (N, N), cosines

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Known:
        rows = _rows(texts)
        used = np.count_nonzero(rows, axis=0)
        rarity = (1 + np.log((len(rows) + 1) / (used + 1))).astype(np.float32)
        rows *= rarity
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return cls(rows, rarity, rows @ rows.T)

    def dual(self, looks: Matrix, ridge: float) -> Matrix:
        """(N, rank): what each text adds to the answer to a question, times the cosine of the two."""
        kernel = self.kernel + np.float32(ridge) * np.eye(len(self.kernel), dtype=np.float32)
        weights: Matrix = np.linalg.solve(kernel, looks)
        return weights


def _rows(texts: Sequence[str]) -> Matrix:
    """(N, BUCKETS), rows of length 1 or 0."""
    rows = np.zeros((len(texts), BUCKETS), np.float32)
    for row, text in zip(rows, texts, strict=True):
        buckets, values = features(text)
        row[buckets] = values
    return rows


def _halved(values: NDArray[np.float32]) -> NDArray[np.float16]:
    """In half precision, the largest 1: only where it points counts."""
    return (values / (float(np.abs(values).max()) or 1.0)).astype(np.float16)


def _nobody_listens(_stage: str, _done: int, _total: int) -> None:
    """Progress to nobody."""
