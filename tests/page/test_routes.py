"""What the server offers for the sake of the page: previews, and what is known of models and probabilities."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image
from tests.page.conftest import Shop
from tests.serve.conftest import Server

from shelflens.serve.routes.reports import read_reports


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/v1/catalogues", timeout=60) as client:
        yield client


def test_a_preview_is_an_upright_jpeg_without_metadata(http: httpx.Client) -> None:
    out = BytesIO()
    image = Image.new("RGB", (40, 20), "red")
    turned = image.getexif()
    turned[0x0112] = 6  # to be turned by 90 degrees
    image.save(out, "TIFF", exif=turned)
    answer = http.post("/demo/preview", content=out.getvalue(), headers={"Content-Type": "image/tiff"})
    assert answer.headers["content-type"] == "image/jpeg" and answer.headers["cache-control"] == "no-store"
    shown = Image.open(BytesIO(answer.content))
    assert (shown.format, shown.size, dict(shown.getexif())) == ("JPEG", (20, 40), {})


def test_a_preview_of_an_address_is_fetched_as_carefully_as_for_a_search(
    http: httpx.Client, elsewhere: str, demo: Shop
) -> None:
    answer = http.post("/demo/preview", json={"url": f"{elsewhere}/solara-apple-1.jpg"})
    with Image.open(demo.photo("solara-apple-1")) as photo:
        assert Image.open(BytesIO(answer.content)).size == photo.size
    assert http.post("/demo/preview", json={"url": "http://169.254.169.254/latest"}).status_code == 422


@pytest.mark.parametrize(("kind", "status"), [("image/jpeg", 422), ("text/html", 415)])
def test_what_is_no_picture_has_no_preview(http: httpx.Client, kind: str, status: int) -> None:
    answer = http.post("/demo/preview", content=b"<svg onload=alert(1)>", headers={"Content-Type": kind})
    assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"


def test_the_calibration_tells_where_it_comes_from_and_its_curve_rises(http: httpx.Client) -> None:
    told = http.get("/demo/calibration").json()
    assert not told["own"] and "Grocery" in told["data"] and told["weights"]["similarity"] > 0
    after = [point["after"] for point in told["curve"]]
    assert after == sorted(after) and 0 < after[0] < after[-1] < 1


def test_the_models_are_told_with_the_photos_that_each_knows(http: httpx.Client) -> None:
    told = http.get("/demo/models").json()
    (model,) = told["models"]
    assert (model["model"], model["photos"], told["photos"], model["active"]) == ("lite0", 16, 16, True)


def test_an_empty_catalogue_has_neither(http: httpx.Client) -> None:
    assert http.get("/empty/models").json() == {"models": [], "photos": 0}
    assert http.get("/empty/calibration").status_code == 404


def test_reports_are_listed_newest_first_and_what_is_none_is_left_out(tmp_path: Path) -> None:
    written = {
        "old/evaluation.json": '{"recall@1": 0.5}',
        "new/promotion.json": "{}",
        "odd/evaluation.json": "[",
    }
    for number, (name, text) in enumerate(written.items()):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(text)
        os.utime(path, (number, number))
    assert [(one.name, one.kind) for one in read_reports(tmp_path)] == [("new", "promotion"), ("old", "evaluation")]
    assert read_reports(tmp_path / "absent") == []
