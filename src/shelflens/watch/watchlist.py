"""The products that are looked for: found by their vectors, compared by their descriptions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.embed.base import Activating
from shelflens.errors import CatalogueError, PictureError
from shelflens.indexing import PhotoReader
from shelflens.indexing.reading import place_of
from shelflens.locate.base import WHOLE
from shelflens.locate.loading import load_locator
from shelflens.picture import thumbnail
from shelflens.search import Searcher
from shelflens.types import Box, Photo, Product, Vectors
from shelflens.verify.base import Describing, Finding, Line, Verifier, key
from shelflens.verify.loading import load_verifier
from shelflens.watch.sameness import Front, front, sameness

PHOTOS: Final = 2  # of each product that are compared, its nearest
NEIGHBOURS: Final = 32  # photos, from which the nearest products are taken
PICTURE_SIDE: Final = 320  # pixels of a product's picture in an alert
VERIFIER: Final = "local"
ENLARGED: Final = 1.25  # times, that a part of a frame is looked at larger than it is: more only costs time
REMEMBERED: Final = 1000  # descriptions of 45 kB, and the same number of photos and products

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that a region may show."""

    product: Product
    photos: tuple[Photo, ...]  # nearest first
    similarity: float  # cosine of the nearest


class Watchlist:
    """Every product of a catalogue. Made for one thread."""

    def __init__(
        self, searcher: Searcher, reader: PhotoReader, verifier: Verifier, glance: Describing | None = None
    ) -> None:
        """Raises CatalogueError for a catalogue without photos. `verifier` is the one that compares; the catalogue need
        not have been looked at closer with it: what is missing is described when it is needed. `glance` describes parts
        of frames for it, where it does not do so itself."""
        if not len(searcher.gallery):
            raise CatalogueError("there is nothing to look for: the catalogue has no photos")
        self._searcher = searcher
        self._reader = reader
        self._verifier = verifier
        self._glance = glance or verifier
        self._plain = load_locator("plain")
        self._photos: _Recent[int, Photo | None] = _Recent()
        self._products: _Recent[str, Product | None] = _Recent()
        self._views: _Recent[str, tuple[Photo, ...]] = _Recent()
        self._descriptions: _Recent[str, bytes] = _Recent()
        self._bodies: _Recent[str, Box] = _Recent()
        self._fronts: _Recent[str, Front | None] = _Recent()
        self.unreadable: list[str] = []  # photos that could not be described, each once; the first hundred

    @classmethod
    def usual(cls, searcher: Searcher, reader: PhotoReader) -> Watchlist:
        """Compared by local features. Raises CatalogueError as above, and ShelflensError where OpenCV is missing."""
        return cls(searcher, reader, load_verifier(VERIFIER), load_verifier(VERIFIER, ENLARGED))

    def embed(self, pictures: Sequence[Image.Image]) -> Vectors:
        return self._searcher.embedder.embed(pictures)

    def activations(self, picture: Image.Image) -> NDArray[np.float32] | None:
        embedder = self._searcher.embedder
        return embedder.activations(picture) if isinstance(embedder, Activating) else None

    def nearest(self, vectors: Vectors, *, products: int) -> list[list[Candidate]]:
        """For each of (N, dim) unit rows, its nearest products, nearest first."""
        found = self._searcher.gallery.neighbours(vectors, NEIGHBOURS)
        return [self._grouped(list(found.row(row)), products) for row in range(len(vectors))]

    def named(self, product_id: str) -> Candidate | None:
        """The product with photos of it, whatever a region looks like; None: it is there no more."""
        product = self._products.get(product_id, self._searcher.records.product)
        photos = self._views.get(
            product_id,
            lambda name: tuple(photo for _, photo in self._searcher.records.photos_of(name))[: PHOTOS + 1],
        )
        return Candidate(product, photos, 0.0) if product and photos else None

    def describe(self, picture: Image.Image) -> bytes:
        return self._glance.describe(picture)

    def compare(self, description: bytes, candidate: Candidate) -> tuple[Finding, Photo] | None:
        """What speaks most for the product, and the photo that says it."""
        best: tuple[Finding, Photo] | None = None
        for photo in candidate.photos[: PHOTOS + 1]:
            finding = self._verifier.compare(description, self._description(photo), candidate.product)
            if finding and (best is None or finding.value > best[0].value):
                best = finding, photo
        return best

    def body(self, photo: Photo) -> Box:
        """Where in its photo the product is, on a plain background."""
        return self._bodies.get(photo.photo_id, lambda _: self._located(photo))

    def sameness(self, region: Image.Image, photo: Photo, lines: Sequence[Line]) -> float:
        """0..1: how probably a region in which `lines` agree shows the product of the photo, and not a sibling."""
        product = self._fronts.get(photo.photo_id, lambda _: self._front(photo))
        return sameness(region, product, self.body(photo), lines) if product is not None else 0.0

    def picture(self, product_id: str) -> bytes:
        """A small JPEG of the product; empty where there is none."""
        candidate = self.named(product_id)
        return self._jpeg(candidate.photos[0]) if candidate else b""

    def product(self, product_id: str) -> Product:
        """With its id alone, where it has been deleted meanwhile."""
        found = self._products.get(product_id, self._searcher.records.product)
        return found or Product(product_id)

    def _grouped(self, hits: list[tuple[int, float]], most: int) -> list[Candidate]:
        lacking = [number for number, _ in hits if number not in self._photos]
        if lacking:
            there = self._searcher.records.photos(lacking)
            for number in lacking:
                self._photos.put(number, there.get(number))
        grouped: OrderedDict[str, list[tuple[Photo, float]]] = OrderedDict()
        for number, cosine in hits:
            if photo := self._photos.get(number, lambda _: None):
                grouped.setdefault(photo.product_id, []).append((photo, cosine))
        candidates: list[Candidate] = []
        for product_id, photos in grouped.items():
            if len(candidates) == most:
                break
            if product := self._products.get(product_id, self._searcher.records.product):
                candidates.append(Candidate(product, tuple(photo for photo, _ in photos[:PHOTOS]), photos[0][1]))
        return candidates

    def _description(self, photo: Photo) -> bytes:
        return self._descriptions.get(photo.photo_id, lambda _: self._described(photo))

    def _described(self, photo: Photo) -> bytes:
        kept = self._searcher.records.descriptions(key(self._verifier), [photo.photo_id])
        if description := kept.get(photo.photo_id):
            return description
        try:
            return self._verifier.describe(self._reader.open(place_of(photo)).image)
        except PictureError as error:
            if len(self.unreadable) < 100:
                self.unreadable.append(f"{photo.source}: {error}")
            return b""

    def _jpeg(self, photo: Photo) -> bytes:
        """What the catalogue keeps of the photo, or else the photo made small; empty where it cannot be read."""
        if kept := self._searcher.records.thumbnail(photo.photo_id):
            return kept
        try:
            return thumbnail(self._reader.open(place_of(photo), side=PICTURE_SIDE).image, side=PICTURE_SIDE)
        except PictureError:
            return b""

    def _front(self, photo: Photo) -> Front | None:
        jpeg = self._jpeg(photo)
        if not jpeg:
            return None
        with Image.open(BytesIO(jpeg)) as image:
            return front(image, self.body(photo))

    def _located(self, photo: Photo) -> Box:
        jpeg = self._jpeg(photo)
        if not jpeg:
            return WHOLE
        with Image.open(BytesIO(jpeg)) as image:
            return self._plain.locate(image.convert("RGB")).box


class _Recent(Generic[Key, Value]):
    """The values that were asked for last, at most REMEMBERED."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, Value] = OrderedDict()

    def __contains__(self, name: Key) -> bool:
        return name in self._kept

    def get(self, name: Key, make: Callable[[Key], Value]) -> Value:
        if name not in self._kept:
            self.put(name, make(name))
        self._kept.move_to_end(name)
        return self._kept[name]

    def put(self, name: Key, value: Value) -> None:
        self._kept[name] = value
        if len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
