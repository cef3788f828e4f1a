"""One catalogue of a server, with the calls of `shelflens.Catalogue` where they make sense from afar."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from shelflens.client import reading, shopper
from shelflens.client.asking import Wish
from shelflens.client.connection import Client, ServerError
from shelflens.client.reading import Answer, CatalogueInfo, Comparison, Job, Page, RowResult
from shelflens.client.shopper import Description, Event, FeedbackResult, Recommendation
from shelflens.errors import PictureError
from shelflens.types import Box, Match, Metric, Photo, Product

PhotoLike: TypeAlias = Path | str | bytes  # a str is a path, or an address when it begins with http:// or https://


class RemoteCatalogue:
    """Made by `Client.catalogue`. Every call may raise ServerError."""

    def __init__(self, client: Client, name: str) -> None:
        self.name = name
        self._client = client
        self._path = f"/v1/catalogues/{quote(name, safe='')}"

    def info(self) -> CatalogueInfo:
        return reading.catalogue_info(self._client.ask("GET", self._path))

    # -- questions

    def search(
        self,
        *photos: PhotoLike,
        k: int = 10,
        filter: str | None = None,
        box: Box | None = None,
        text: str = "",
        minus: str = "",
        text_weight: float | None = None,
        more: Sequence[str] = (),
        less: Sequence[str] = (),
        user: str | None = None,
    ) -> list[Match]:
        """Products that look like the one thing that all `photos` show, best first. `text` says in words what is
        wanted, `minus` what is not; `more` and `less` are ids of products to find more or less like; `user` is whose
        taste orders what is about equally good."""
        wish = Wish(text, minus, text_weight, tuple(more), tuple(less))
        return list(self.answer(photos, k=k, filter=filter, box=box, wish=wish, user=user).matches)

    def like(self, product_id: str, *, k: int = 10, filter: str | None = None) -> list[Match]:
        """Products that look like one of the catalogue, itself left out."""
        return list(self.answer_like(product_id, k=k, filter=filter).matches)

    def answer(
        self,
        photos: Sequence[PhotoLike],
        *,
        k: int = 10,
        filter: str | None = None,
        metric: Metric = Metric.COSINE,
        threshold: float | None = None,
        box: Box | None = None,
        wish: Wish | None = None,
        user: str | None = None,
    ) -> Answer:
        """`search` with its verdict and times. Files and bytes go as a form, without base64's third more."""
        wish = wish or Wish()
        options = {**_options(k, filter, metric, threshold), **({} if user is None else {"user": user})}
        fields = {**options, **wish.in_form()}
        if box:
            fields["box"] = f"{box.left},{box.top},{box.right},{box.bottom}"
        files = [("picture", _file(photo)) for photo in photos if not _is_address(photo)]
        addresses = [{"url": str(photo)} for photo in photos if _is_address(photo)]
        if not files:
            body = {**options, **wish.in_json(), "pictures": addresses}
            if box:
                body["box"] = {"left": box.left, "top": box.top, "right": box.right, "bottom": box.bottom}
            return reading.answer(self._client.ask("POST", f"{self._path}/search", json=body))
        if addresses:
            fields["pictures"] = json.dumps(addresses)
        return reading.answer(self._client.ask("POST", f"{self._path}/search", data=fields, files=files))

    def answer_like(
        self,
        product_id: str,
        *,
        k: int = 10,
        filter: str | None = None,
        metric: Metric = Metric.COSINE,
        threshold: float | None = None,
        wish: Wish | None = None,
        user: str | None = None,
    ) -> Answer:
        options = {**_options(k, filter, metric, threshold), **({} if user is None else {"user": user})}
        body = {"like": product_id, **options, **(wish or Wish()).in_json()}
        return reading.answer(self._client.ask("POST", f"{self._path}/search", json=body))

    def match(self, photo: PhotoLike, *, product_id: str | None = None, other: PhotoLike | None = None) -> Comparison:
        """A photo and a product of the catalogue, or two photos."""
        body: dict[str, Any] = {"picture": _picture(photo)}
        if product_id is not None:
            body["product_id"] = product_id
        if other is not None:
            body["other"] = _picture(other)
        return reading.comparison(self._client.ask("POST", f"{self._path}/match", json=body))

    def describe(self, *photos: PhotoLike) -> list[Description]:
        """Category, main colours and other attributes of each photo by itself."""
        body = {"pictures": [_picture(photo) for photo in photos]}
        data = self._client.ask("POST", f"{self._path}/describe", json=body)
        return list(map(shopper.description, data["descriptions"]))

    # -- shoppers

    def feedback(self, user: str, events: Sequence[Event]) -> FeedbackResult:
        """Keeps what a user did, durably, under a pseudonym. Nothing is sent twice: an event would count twice."""
        body = {"user": user, "events": list(map(shopper.event_json, events))}
        data = self._client.ask("POST", f"{self._path}/feedback", once=True, json=body)
        return shopper.feedback_result(data)

    def forget_user(self, user: str) -> None:
        """Deletes all that is known of a user."""
        self._client.ask("DELETE", f"{self._path}/users/{quote(user, safe='')}")

    def recommend(
        self,
        *,
        user: str | None = None,
        like: str | None = None,
        goes_with: str | None = None,
        k: int = 10,
        filter: str | None = None,
    ) -> list[Recommendation]:
        """For a user, like a product, or going with one; the best first, each with its reasons."""
        asked = {"user": user, "like": like, "goes_with": goes_with, "k": k, "filter": filter}
        body = {name: value for name, value in asked.items() if value is not None}
        data = self._client.ask("POST", f"{self._path}/recommend", json=body)
        return list(map(shopper.recommendation, data["recommendations"]))

    def transcribe(self, recording: Path | str | bytes) -> str:
        """The words of a spoken question, in a WAV file; "" when none was understood."""
        answer = self._client.ask("POST", f"{self._path}/transcribe", files={"recording": _file(recording)})
        return str(answer["text"])

    # -- products

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
        body = _fields(product)
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
        if _is_address(photo):
            return reading.photo(self._client.ask("POST", path, json={"url": str(photo)}))
        return reading.photo(self._client.ask("POST", path, files={"photo": _file(photo)}))

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
        data = self._client.ask("POST", f"{self._path}/products/bulk", json={"rows": _rows(products)})
        return list(map(reading.row_result, data["rows"]))

    # -- long work

    def start(self, kind: str, **request: Any) -> Job:
        """`duplicates`, `doctor`, `calibrate`, `look-closer` (evidence=[…]), `index` (rows=[…])."""
        return reading.job(self._client.ask("POST", f"{self._path}/jobs", json={"kind": kind, **request}))

    def job(self, job_id: str) -> Job:
        return reading.job(self._client.ask("GET", f"{self._path}/jobs/{quote(job_id, safe='')}"))

    def jobs(self) -> list[Job]:
        return list(map(reading.job, self._client.ask("GET", f"{self._path}/jobs")["jobs"]))

    def cancel(self, job_id: str) -> Job:
        return reading.job(self._client.ask("POST", f"{self._path}/jobs/{quote(job_id, safe='')}/cancel"))

    def resume(self, job_id: str) -> Job:
        return reading.job(self._client.ask("POST", f"{self._path}/jobs/{quote(job_id, safe='')}/resume"))

    def wait(self, job: Job, *, every: float = 0.5) -> Job:
        """Until it has ended; `every` so many seconds it is asked for."""
        while not job.ended:
            time.sleep(every)
            job = self.job(job.job_id)
        return job

    def _product(self, product_id: str) -> str:
        return f"{self._path}/products/{quote(product_id, safe='')}"


def _options(k: int, condition: str | None, metric: Metric, threshold: float | None) -> dict[str, Any]:
    given = {"k": k, "filter": condition, "metric": metric.value, "threshold": threshold}
    return {name: value for name, value in given.items() if value is not None}


def _is_address(photo: PhotoLike) -> bool:
    return isinstance(photo, str) and photo.startswith(("http://", "https://"))


def _file(photo: PhotoLike) -> bytes:
    if isinstance(photo, bytes):
        return photo
    try:
        return Path(photo).read_bytes()
    except OSError as error:
        raise PictureError(f"{photo}: cannot be read ({error.strerror}); a picture file is needed") from error


def _picture(photo: PhotoLike) -> dict[str, str]:
    return {"url": str(photo)} if _is_address(photo) else {"base64": b64encode(_file(photo)).decode()}


def _fields(product: Product) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(product, name) for name in Product.__dataclass_fields__}
    return {**found, "gtins": list(product.gtins), "attributes": dict(product.attributes)}


def _rows(products: Sequence[tuple[Product, Sequence[PhotoLike]]]) -> list[Mapping[str, Any]]:
    return [{**_fields(product), "photos": list(map(_picture, photos))} for product, photos in products]
