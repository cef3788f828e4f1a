"""Catalogues of any size on disk: modelled vectors of plain products, written through the records as indexing does."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np

from bench import vectors_model
from bench.workbench import MODEL, Workbench
from shelflens.assemble import Catalogue, open_catalogue
from shelflens.records.base import Batch, Embedded
from shelflens.types import Photo, Product, Vectors

PHOTOS_PER_PRODUCT = 5
CATEGORIES = 100  # of equal size: a filter on one lets 1 % through


def catalogue(bench: Workbench, count: int) -> Path:
    """The directory of a catalogue of `count` photos, its snapshot saved; made once in a run."""
    path = bench.scratch / f"gallery-{count}.lens"
    if not path.exists():
        with open_catalogue(path, create=True, model=MODEL) as made:
            fill(made, bench, count)
            made.searcher.gallery.refresh()
            made.searcher.gallery.save()
    return path


def fill(made: Catalogue, bench: Workbench, count: int) -> None:
    space = made.records.add_space(bench.manifest)
    start = 0
    for portion in vectors_model.gallery(bench.real_vectors, count):
        made.records.write(_batch(portion, start, space), space=space)
        start += len(portion)


def _batch(vectors: Vectors, start: int, space: str) -> Batch:
    """Consecutive photos belong to one product; products fall into categories without regard to their looks."""
    numbers = range(start, start + len(vectors))
    product_numbers = sorted({number // PHOTOS_PER_PRODUCT for number in numbers})
    category = np.random.default_rng([5, start]).integers(CATEGORIES, size=len(product_numbers))
    products = [
        Product(f"p{number:07}", title=f"Product {number}", brand=f"Brand {number % 500}", category=f"category {its}")
        for number, its in zip(product_numbers, category.tolist(), strict=True)
    ]
    photos = [
        Embedded(
            Photo(sha256(b"%d" % number).hexdigest(), f"p{number // PHOTOS_PER_PRODUCT:07}", f"{number}.jpg", 800, 800),
            vector,
            space,
        )
        for number, vector in zip(numbers, vectors, strict=True)
    ]
    return Batch(products=products, photos=photos)
