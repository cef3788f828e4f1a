"""The products and photos of one catalogue of a server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from shelflens.client import facts, reading
from shelflens.client.connection import Client, ServerError
from shelflens.client.facts import Columns
from shelflens.client.reading import Page, RowResult
from shelflens.client.sending import PhotoLike, file_bytes, is_address, product_json, rows_json
from shelflens.types import Photo, Product


class RemoteProducts:
    """Every call may raise ServerError."""

    def __init__(self, client: Client, name: str) -> None:
        self.name = name
        self._client = client
        self._path = f"/v1/catalogues/{quote(name, safe='')}"

    def columns(self, header: Sequence[str]) -> Columns:
        """Which column of a table is which field, by the names that are usual in shops."""
        data = self._client.ask("POST", f"{self._path}/columns", json={"columns": list(header)})
        return facts.columns(data)

    def product(self, product_id: str) -> Product | None:
        try:
            return reading.product(self._client.ask("GET", self._product(product_id)))
        except ServerError as error:
            if error.kind == "no-product":
                return None
            raise

    def products(self, *, filter: str | None = None) -> Iterator[Product]:
        """All, by ascending id, page by page."""
        cursor: str | None = None
        while True:
            page = self.page(filter=filter, cursor=cursor)
            yield from page.products
            if page.next is None:
                return
            cursor = page.next

    def page(self, *, filter: str | None = None, cursor: str | None = None, limit: int = 200) -> Page:
        given = {"filter": filter, "cursor": cursor, "limit": limit}
        parameters = {name: value for name, value in given.items() if value is not None}
        data = self._client.ask("GET", f"{self._path}/products", params=parameters)
        return Page(tuple(map(reading.product, data["products"])), data["next"])

    def put(self, product: Product) -> Product:
        """Sets every field of a product, which may be new."""
        body = product_json(product)
        del body["product_id"]
        return reading.product(self._client.ask("PUT", self._product(product.product_id), json=body))

    def patch(self, product_id: str, **changes: Any) -> Product:
        """Sets some fields; None empties one."""
        return reading.product(self._client.ask("PATCH", self._product(product_id), json=changes))

    def remove(self, product_ids: Sequence[str]) -> int:
        """Forgets products with their photos; returns how many there were."""
        removed = 0
        for start in range(0, len(product_ids), 100):
            parameters = {"product_id": list(product_ids[start : start + 100])}
            removed += self._client.ask("DELETE", f"{self._path}/products", params=parameters)["removed"]
        return removed

    def add_photo(self, product_id: str, photo: PhotoLike) -> Photo:
        path = f"{self._product(product_id)}/photos"
        if is_address(photo):
            return reading.photo(self._client.ask("POST", path, json={"url": str(photo)}))
        return reading.photo(self._client.ask("POST", path, files={"photo": file_bytes(photo)}))

    def photos(self, product_id: str) -> tuple[Photo, ...]:
        """Of a product. Raises ServerError when there is none."""
        data = self._client.ask("GET", self._product(product_id))
        return tuple(map(reading.photo, data["photos"]))

    def thumbnail(self, photo: Photo) -> bytes:
        """A JPEG of at most 160 pixels."""
        return self._shown(photo, "thumbnail")

    def picture(self, photo: Photo) -> bytes:
        """A JPEG of at most 1600 pixels, upright and without metadata."""
        return self._shown(photo, "picture")

    def _shown(self, photo: Photo, size: str) -> bytes:
        path = f"{self._product(photo.product_id)}/photos/{quote(photo.photo_id, safe='')}/{size}"
        found: bytes = self._client.ask("GET", path)
        return found

    def remove_photo(self, product_id: str, photo_id: str) -> bool:
        """False when the product has no such photo."""
        try:
            self._client.ask("DELETE", f"{self._product(product_id)}/photos/{quote(photo_id, safe='')}")
        except ServerError as error:
            if error.kind == "no-photo":
                return False
            raise
        return True

    def put_many(self, products: Sequence[tuple[Product, Sequence[PhotoLike]]]) -> list[RowResult]:
        """Products with photos to add, up to 1,000; a row that cannot be used is told and the rest goes on."""
        data = self._client.ask("POST", f"{self._path}/products/bulk", json={"rows": rows_json(products)})
        return list(map(reading.row_result, data["rows"]))

    def _product(self, product_id: str) -> str:
        return f"{self._path}/products/{quote(product_id, safe='')}"
