"""Photos over HTTP: taken in by every road, seen, removed."""

from __future__ import annotations

import base64
import hashlib
import resource
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from tests.conftest import drawn_photo
from tests.serve.conftest import Server, Start

PRODUCTS = "/v1/catalogues/shop/products"
PHOTOS = f"{PRODUCTS}/new/photos"


@pytest.fixture
def made() -> bytes:
    """A picture that the catalogue does not hold."""
    out = BytesIO()
    drawn_photo(5, 77).save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.fixture(autouse=True)
def product(http: httpx.Client) -> Iterator[None]:
    http.put(f"{PRODUCTS}/new", json={"title": "New"})
    yield
    http.delete(f"{PRODUCTS}/new")


def test_the_same_photo_by_every_road_is_the_same(http: httpx.Client, made: bytes) -> None:
    text = base64.b64encode(made).decode()
    roads = [
        http.post(PHOTOS, files={"photo": ("a.jpg", made)}),
        http.post(PHOTOS, json={"base64": text}),
        http.post(PHOTOS, json={"base64": f"data:image/jpeg;base64,{text}"}),
        http.post(PHOTOS, content=made, headers={"Content-Type": "image/jpeg"}),
    ]
    assert [road.status_code for road in roads] == [201] * 4, [road.text for road in roads]
    photos = [road.json() for road in roads]
    assert all(photo == photos[0] for photo in photos)
    assert photos[0]["photo_id"] == hashlib.sha256(made).hexdigest()
    assert (photos[0]["width"], photos[0]["height"]) == (320, 300)
    assert http.get(f"{PRODUCTS}/new").json()["photos"] == [photos[0]]


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process")
def test_without_room_an_upload_is_refused_and_later_taken(start: Start, copy: Path, photo: bytes) -> None:
    """No file may grow over half the photo's size, which is far above what else the server writes."""
    out = BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(256, size=(1500, 1500, 3), dtype=np.uint8)).save(out, "PNG")
    once = {"Content-Type": "image/png", "Idempotency-Key": "once"}
    server = start(copy)
    http, size = server.http, (len(out.getvalue()) // 2, resource.RLIM_INFINITY)
    http.put(f"{PRODUCTS}/new", json={"title": "New"})
    unlimited = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, size)
    refused = http.post(PHOTOS, content=out.getvalue(), headers=once)
    assert refused.status_code == 507, refused.text
    assert refused.json()["type"].endswith("/store-full")
    assert http.post("/v1/catalogues/shop/search", files={"picture": photo}).json()["matches"]
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited)
    taken = http.post(PHOTOS, content=out.getvalue(), headers=once)
    assert taken.status_code == 201, taken.text


def test_a_new_photo_is_found_by_the_next_search_and_a_removed_one_is_not(http: httpx.Client, made: bytes) -> None:
    photo = http.post(PHOTOS, files={"photo": made}).json()
    search = {"files": {"picture": made}, "data": {"k": "1"}}
    (first,) = http.post("/v1/catalogues/shop/search", **search).json()["matches"]  # type: ignore[arg-type]  # keywords of several types
    assert first["product"]["product_id"] == "new"
    assert first["score"] > 0.999
    assert http.delete(f"{PHOTOS}/{photo['photo_id']}").status_code == 204
    assert http.delete(f"{PHOTOS}/{photo['photo_id']}").status_code == 404
    (first,) = http.post("/v1/catalogues/shop/search", **search).json()["matches"]  # type: ignore[arg-type]  # keywords of several types
    assert first["product"]["product_id"] != "new"


def test_a_photo_is_shown_as_a_jpeg_of_its_own_whatever_was_sent(http: httpx.Client) -> None:
    out = BytesIO()
    big = drawn_photo(1, 5).resize((2000, 1000))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "where I live"
    big.save(out, "WEBP", exif=exif.tobytes(), quality=60)
    photo = http.post(PHOTOS, files={"photo": out.getvalue()}).json()
    assert (photo["width"], photo["height"]) == (1000, 2000)
    for kind, side in (("thumbnail", 160), ("picture", 1600)):
        response = http.get(photo[kind])
        assert response.headers["content-type"] == "image/jpeg"
        shown = Image.open(BytesIO(response.content))
        assert (shown.format, max(shown.size)) == ("JPEG", side)
        assert shown.height > shown.width
        assert b"where I live" not in response.content
        assert http.get(photo[kind], headers={"If-None-Match": response.headers["etag"]}).status_code == 304
    assert http.get(photo["picture"].replace(photo["photo_id"], "0" * 64)).status_code == 404


def test_what_is_no_photo_is_refused(http: httpx.Client) -> None:
    for response in (
        http.post(PHOTOS, files={"photo": b""}),
        http.post(PHOTOS, files={"photo": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}),
        http.post(PHOTOS, json={"base64": "AAAA"}),
        http.post(PHOTOS, json={"url": "ftp://x/y.jpg"}),
        http.post(PHOTOS, json={"base64": "AAAA", "url": "https://x/y.jpg"}),
        http.post(PHOTOS, files={"picture": b"x"}),
        http.post(PHOTOS, data={"photo": "text"}, files={"other": b""}),
    ):
        assert 400 <= response.status_code < 500, response.text
        assert response.headers["content-type"] == "application/problem+json"
    assert http.post(PHOTOS, content=b"x", headers={"Content-Type": "text/html"}).status_code == 415
    assert http.post(f"{PRODUCTS}/nobody/photos", files={"photo": b"x"}).status_code == 404
    assert http.get(f"{PRODUCTS}/new").json()["photos"] == []


def test_removing_the_last_product_that_shows_an_upload_removes_its_file(
    http: httpx.Client, server: Server, made: bytes
) -> None:
    folder = server.log.parent / "shop.lens" / "photos"
    http.put(f"{PRODUCTS}/other", json={})
    for name in ("new", "other"):
        http.post(f"{PRODUCTS}/{name}/photos", files={"photo": made})
    name = f"{hashlib.sha256(made).hexdigest()}.jpg"
    assert list(folder.rglob(name))
    http.delete(f"{PRODUCTS}/other")
    assert list(folder.rglob(name))
    http.delete(f"{PRODUCTS}/new")
    assert not list(folder.rglob(name))
