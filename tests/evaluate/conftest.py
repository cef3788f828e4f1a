"""A small catalogue of drawn pictures with real records, index and searcher, whose geometry is known by heart.

The embedder is a real one, of a kind that a person can follow: the coarse colours of a picture.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from shelflens.feed.base import FeedRow, FilePhoto, PhotoPlace
from shelflens.manifest import ModelManifest
from shelflens.picture import digest, open_bytes, open_file, pixels
from shelflens.records.base import Batch, Embedded
from shelflens.records.sqlite import SqliteRecords
from shelflens.search import Gallery, Searcher, View
from shelflens.types import Photo, Preprocessing, Product, Vectors
from shelflens.vectors.base import VectorIndex
from shelflens.vectors.exact import ExactIndex

PRODUCTS, VIEWS, QUERIES = 14, 4, 60  # more products than a customer is shown


COLOURS = ModelManifest(
    name="colours",
    sha256="0" * 64,
    dimension=48,
    preprocessing=Preprocessing(size=4, resample="bilinear"),
    licence="CC0-1.0",
)


class ColourEmbedder:
    """Four by four coarse colours, as one unit vector. Counts the pictures that it is asked for."""

    manifest = COLOURS

    def __init__(self) -> None:
        self.embedded = 0

    def embed(self, pictures: Sequence[Image.Image]) -> Vectors:
        self.embedded += len(pictures)
        rows = [pixels(picture, self.manifest.preprocessing).ravel() for picture in pictures]
        vectors = np.array(rows, dtype=np.float32).reshape(len(rows), self.manifest.dimension)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


class AlwaysExact:
    """Makes the index that is the oracle of all others, whatever the number of photos."""

    def choose(self, count: int, *, current: str | None) -> str:
        return "exact"

    def make(self, kind: str) -> VectorIndex:
        return ExactIndex(COLOURS.dimension)


@dataclass(frozen=True)
class Shop:
    """The catalogue, its photos and its queries; `truth` is what a slow twin needs."""

    searcher: Searcher
    embedder: ColourEmbedder
    queries: list[FeedRow]
    gallery_vectors: NDArray[np.float64]  # (photos, dim)
    gallery_products: list[str]  # of each photo


def draw(path: Path, product: int, view: int, *, noise: float) -> Path:
    """A surface in the product's colour, noisy enough that neighbours in colour are confused."""
    random = np.random.default_rng([product, view])
    colour = np.array(colorsys.hsv_to_rgb(product / PRODUCTS, 0.25, 0.8)) * 255
    surface = colour + random.normal(scale=noise, size=(6, 6, 3))
    Image.fromarray(surface.clip(0, 255).astype(np.uint8)).resize((48, 48), Image.Resampling.NEAREST).save(path)
    return path


def read(place: PhotoPlace) -> View:
    assert isinstance(place, FilePhoto)
    return View.of(open_file(place.path).image)


def photo_jpeg(photo: Photo) -> bytes:
    return Path(photo.source).read_bytes()


def title(product: int) -> str:
    return f"Paint <{product}> & varnish"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("paint")
    embedder = ColourEmbedder()
    records = SqliteRecords(folder / "paint.lens", create=True)
    space = records.add_space(embedder.manifest)
    photos: list[Embedded] = []
    for product in range(PRODUCTS):
        for view in range(VIEWS if product else VIEWS + 3):
            path = draw(folder / f"{product}-{view}.png", product, view, noise=90)
            data = path.read_bytes()
            vector = embedder.embed([open_bytes(data).image])[0]
            photos.append(Embedded(Photo(digest(data), f"p{product}", str(path), 48, 48), vector, space))
    products = [
        Product(f"p{product}", title=title(product), category="warm" if product < 5 else "cold")
        for product in range(PRODUCTS)
    ]
    products.append(Product("unseen", title="A product without photos", category="cold"))
    records.write(Batch(products, photos), space=space)
    gallery = Gallery(records, space=space, maker=AlwaysExact())
    queries = [
        FeedRow(
            Product(f"p{number % PRODUCTS}"),
            (FilePhoto(draw(folder / f"query-{number}.png", number % PRODUCTS, 100 + number, noise=130)),),
            f"queries.csv:{number + 2}",
        )
        for number in range(QUERIES)
    ]
    return Shop(
        searcher=Searcher(records, gallery, embedder),
        embedder=embedder,
        queries=queries,
        gallery_vectors=records.vectors([photo.photo.photo_id for photo in photos], space=space).astype(
            np.float64
        ),  # as kept
        gallery_products=[photo.photo.product_id for photo in photos],
    )
