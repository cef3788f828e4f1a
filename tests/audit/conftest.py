"""Catalogues of drawn and of real photos, and surveys made from bare vectors."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import shelflens
from shelflens.assemble import Catalogue
from shelflens.audit.survey import Survey

PRODUCTS, PHOTOS = 12, 16  # of the real catalogue


def _survey_of(vectors: NDArray[np.float32], products: Sequence[int], *, nearest: int | None = None) -> Survey:
    """The obviously right twin of `take_survey`: all pairs, sorted."""
    count = len(vectors)
    nearest = min(nearest or count, count - 1)
    near, cosines = [], []
    for place in range(count):
        scored = [(-float(vectors[place] @ vectors[other]), other) for other in range(count) if other != place]
        best = sorted(scored)[:nearest]
        near.append([other for _, other in best])
        cosines.append([-score for score, _ in best])
    names = sorted(set(products))
    return Survey(
        keys=np.arange(1, count + 1),
        photo_ids=np.array([f"{place:064x}" for place in range(count)], dtype="S64"),
        products=np.array([names.index(product) for product in products]),
        product_ids=tuple(f"p{name:03}" for name in names),
        areas=np.full(count, 10_000),
        near=np.array(near, dtype=np.int32),
        cosines=np.array(cosines, dtype=np.float32),
    )


def _clusters(products: int, photos: int, *, noise: float, seed: int = 0) -> tuple[NDArray[np.float32], list[int]]:
    """Unit vectors that lie around one centre per product, and each one's product."""
    random = np.random.default_rng(seed)
    centres = np.repeat(random.normal(size=(products, 16)), photos, axis=0)
    vectors = centres + noise * random.normal(size=centres.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), np.repeat(np.arange(products), photos).tolist()


@pytest.fixture(scope="session")
def survey_of() -> Callable[..., Survey]:
    return _survey_of


@pytest.fixture(scope="session")
def clusters() -> Callable[..., tuple[NDArray[np.float32], list[int]]]:
    return _clusters


@pytest.fixture(scope="session")
def grocery_rows(real_data: Path) -> list[tuple[str, str]]:
    """(absolute path, product_id) of some real products' photos."""
    by_product: dict[str, list[str]] = {}
    folder = real_data / "grocery"
    with (folder / "train.csv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table):
            by_product.setdefault(row["product_id"], []).append(str(folder / row["photo"]))
    chosen = [(product, photos) for product, photos in sorted(by_product.items()) if len(photos) >= PHOTOS]
    step = len(chosen) // PRODUCTS
    return [(photo, product) for product, photos in chosen[::step][:PRODUCTS] for photo in photos[:PHOTOS]]


@pytest.fixture(scope="session")
def swapped(
    grocery_rows: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Catalogue, set[str]]]:
    """The real photos, six of them (3 %) filed under another product, and the paths of these."""
    random = np.random.default_rng(3)
    products = sorted({product for _, product in grocery_rows})
    planted = set(random.choice(len(grocery_rows), 6, replace=False).tolist())
    folder = tmp_path_factory.mktemp("swapped")
    lines, wrong = ["photo,product_id"], set()
    for number, (photo, product) in enumerate(grocery_rows):
        others = [other for other in products if other != product]
        filed_under = str(random.choice(others)) if number in planted else product
        wrong |= {photo} if number in planted else set()
        lines.append(f"{photo},{filed_under}")
    (folder / "table.csv").write_text("\n".join(lines), encoding="utf-8")
    with shelflens.open(folder / "g.lens", create=True) as catalogue:
        catalogue.index(folder / "table.csv")
        yield catalogue, wrong
