"""Searches, comparisons and classes over HTTP: what the catalogue itself says."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from tests.conftest import drawn_photo
from tests.serve.conftest import Start

import shelflens
from shelflens.types import Box

SEARCH = "/v1/catalogues/shop/search"
MATCH = "/v1/catalogues/shop/match"


def asked(http: httpx.Client, **body: Any) -> dict[str, Any]:
    response = http.post(SEARCH, json=body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_every_road_gives_the_answer_of_the_catalogue(http: httpx.Client, indexed: Path, photo: bytes) -> None:
    with shelflens.open(indexed) as catalogue:
        expected = catalogue.search(photo, k=3)
    answers = [
        asked(http, pictures=[{"base64": base64_of(photo)}], k=3),
        http.post(SEARCH, files={"picture": photo}, data={"k": "3"}).json(),
        http.post(SEARCH, files={"picture": ("x.exe", photo, "text/plain")}, data={"k": 3}).json(),
    ]
    for answer in answers:
        assert [match["product"]["product_id"] for match in answer["matches"]] == [
            match.product.product_id for match in expected
        ]
        for match, its in zip(answer["matches"], expected, strict=True):
            assert match["score"] == pytest.approx(its.score, abs=1e-5)
            assert match["probability"] == pytest.approx(its.probability, abs=1e-4)
            assert match["band"] == its.band
            assert match["photo"]["photo_id"] == its.photo.photo_id
            assert match["photo"]["source"] == Path(its.photo.source).name
            assert http.get(match["photo"]["thumbnail"]).status_code == 200
        assert answer["embed_ms"] > 0


def test_options_mean_what_they_mean_in_python(http: httpx.Client, indexed: Path, shop: Path) -> None:
    data = (shop / "p2" / "0.jpg").read_bytes()
    picture = {"base64": base64_of(data)}
    box = {"left": 0.1, "top": 0.1, "right": 0.8, "bottom": 0.9}
    with shelflens.open(indexed) as catalogue:
        boxed = catalogue.search(data, k=2, box=Box(**box))
        several = catalogue.search(shop / "p2" / "0.jpg", shop / "p2" / "1.jpg", k=2)
        like = catalogue.like("p2", k=4)
    answer = asked(http, pictures=[picture], k=2, box=box)
    assert answer["matches"][0]["score"] == pytest.approx(boxed[0].score, abs=1e-5)
    form = http.post(SEARCH, files={"picture": data}, data={"k": "2", "box": "0.1,0.1,0.8,0.9"}).json()
    assert form["matches"] == answer["matches"]
    files = [("picture", data), ("picture", (shop / "p2" / "1.jpg").read_bytes())]
    answer = http.post(SEARCH, files=files, data={"k": "2"}).json()
    assert answer["matches"][0]["score"] == pytest.approx(several[0].score, abs=1e-5)
    answer = asked(http, like="p2", k=4)
    assert [match["product"]["product_id"] for match in answer["matches"]] == [m.product.product_id for m in like]
    answer = asked(http, pictures=[picture], filter="product_id in (p5, p6)")
    assert {match["product"]["product_id"] for match in answer["matches"]} == {"p5", "p6"}
    answer = asked(http, pictures=[picture], metric="euclidean", threshold=0.5)
    assert all(match["score"] <= 0.5 for match in answer["matches"])


def test_an_explanation_adds_up_to_the_probability(http: httpx.Client, photo: bytes) -> None:
    answer = http.post(SEARCH, files={"picture": photo}, data={"k": "3", "explain": "true"}).json()
    plain = http.post(SEARCH, files={"picture": photo}, data={"k": "3"}).json()
    assert [match["probability"] for match in answer["matches"]] == [match["probability"] for match in plain["matches"]]
    for match in answer["matches"]:
        parts = match["explanation"]["contributions"]
        assert parts
        odds = match["probability"] / (1 - match["probability"])
        total = 2.718281828459045 ** sum(part["log_odds"] for part in parts)
        assert total == pytest.approx(odds, rel=0.05)
        assert match["explanation"]["photo"]["product_id"] == match["product"]["product_id"]
    assert all(match["explanation"] is None for match in plain["matches"])


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "/pictures"),
        ({"pictures": [{"base64": "AAAA"}], "like": "p1"}, 422, "/pictures"),
        ({"like": "nobody"}, 404, "product_id"),
        ({"like": "p1", "explain": True}, 422, "/like"),
        ({"like": "p1", "k": 0}, 422, "/k"),
        ({"like": "p1", "filter": "price <"}, 422, "/filter"),
        ({"like": "p1", "filter": "price < cheap"}, 422, "filter"),
        ({"like": "p1", "metric": "manhattan"}, 422, "/metric"),
        ({"pictures": [{}]}, 422, "/pictures/0"),
        ({"pictures": [{"base64": "%%%"}]}, 422, "/pictures/0"),
        ({"pictures": [{"base64": "aGVsbG8gd29ybGQ="}]}, 422, "/pictures/0"),
        ({"pictures": [{"url": "file:///etc/passwd"}]}, 422, "/pictures/0/url"),
        ({"pictures": [{"base64": "AAAA"}] * 9}, 422, "/pictures"),
        ({"pictures": [{"base64": "AAAA"}], "box": {"left": 0.5, "top": 0, "right": 0.4, "bottom": 1}}, 422, "/box"),
        ([], 422, "/"),
    ],
)
def test_a_question_at_fault_says_where(http: httpx.Client, body: object, status: int, field: str) -> None:
    response = http.post(SEARCH, json=body)
    assert response.status_code == status, response.text
    assert response.json()["errors"][0]["field"] == field


def test_a_form_at_fault_says_where(http: httpx.Client, photo: bytes) -> None:
    for data, files, field in (
        ({"box": "1,2"}, {"picture": photo}, "box"),
        ({"k": "many"}, {"picture": photo}, "/k"),
        ({}, {"photo": photo}, "photo"),
        ({"pictures": "{"}, {"picture": photo}, "pictures"),
        ({}, {"picture": b"GIF89a"}, "/pictures/0"),
    ):
        response = http.post(SEARCH, data=data, files=files)
        assert response.status_code == 422, response.text
        assert response.json()["errors"][0]["field"] == field
    assert http.post(SEARCH, content=b"x", headers={"Content-Type": "text/plain"}).status_code == 415
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert http.post(SEARCH, content=b"--y\r\n", headers=broken).status_code in (400, 422)
    assert http.post(SEARCH, content=b"--x\r\nbroken", headers=broken).status_code in (400, 422)
    assert http.post(SEARCH, content=b"", headers={"Content-Type": "multipart/form-data"}).status_code == 400


def test_two_pictures_are_compared(http: httpx.Client, shop: Path, photo: bytes) -> None:
    other = (shop / "p3" / "2.jpg").read_bytes()
    same = http.post(MATCH, files={"picture": photo, "other": other}).json()
    stranger = http.post(MATCH, files={"picture": photo, "other": (shop / "p4" / "0.jpg").read_bytes()}).json()
    assert same["similarity"] > stranger["similarity"]
    as_json = {"picture": {"base64": base64_of(photo)}, "other": {"base64": base64_of(other)}}
    assert http.post(MATCH, json=as_json).json() == same
    product = http.post(MATCH, files={"picture": photo}, data={"product_id": "p3"}).json()
    assert product["product"]["product_id"] == "p3"
    assert product["probability"] > 0.5
    assert product["explanation"]["photo"]["product_id"] == "p3"
    assert http.post(MATCH, files={"picture": photo}, data={"product_id": "p99"}).status_code == 404
    assert http.post(MATCH, files={"picture": photo}).status_code == 422
    assert http.post(MATCH, files={"picture": photo, "other": b"x"}).json()["errors"][0]["field"] == "/other"


def test_classes_are_named_by_the_model_the_server_was_given(
    start: Start, indexed: Path, shop: Path, classifier: Path
) -> None:
    server = start(indexed, "--classifier", classifier)
    files = [("picture", (shop / name / "0.jpg").read_bytes()) for name in ("p1", "p6")]
    answer = server.http.post("/v1/classify", files=files, data={"k": "2"}).json()
    assert [one["answers"][0]["label"] for one in answer["pictures"]] == ["p1", "p6"]
    assert [len(one["answers"]) for one in answer["pictures"]] == [2, 2]
    assert [one["groups"]["kind"][0]["label"] for one in answer["pictures"]] == ["kind1", "kind0"]
    bad = server.http.post("/v1/classify", files=[files[0], ("picture", b"bad")])
    assert bad.json()["errors"][0]["field"] == "/pictures/1"
    assert server.http.get("/v1/catalogues").json()["classifier"] == answer["model"]


def test_without_a_model_there_are_no_classes(http: httpx.Client, photo: bytes) -> None:
    response = http.post("/v1/classify", files={"picture": photo})
    assert response.status_code == 404
    assert "--classifier" in response.json()["detail"]


def test_facets_count_under_a_filter(http: httpx.Client) -> None:
    path = "/v1/catalogues/shop"
    for number, brand in enumerate(("Bravo", "Bravo", "Arla")):
        body = {"brand": brand, "price": 10.0 * number, "attributes": {"organic": number > 0}}
        http.put(f"{path}/products/f{number}", json=body)
    facets = {one["field"]: one for one in http.get(f"{path}/facets").json()["facets"]}
    assert facets["brand"]["values"] == [{"value": "Bravo", "count": 2}, {"value": "Arla", "count": 1}]
    assert (facets["price"]["low"], facets["price"]["high"]) == (0, 20)
    assert facets["organic"]["values"] == [{"value": True, "count": 2}, {"value": False, "count": 1}]
    some = http.get(f"{path}/facets", params={"filter": "price > 5", "fields": "brand"}).json()["facets"]
    assert [(one["value"], one["count"]) for one in some[0]["values"]] == [("Arla", 1), ("Bravo", 1)]
    assert http.get(f"{path}/facets", params={"filter": "("}).status_code == 422
    http.delete(f"{path}/products", params={"product_id": ["f0", "f1", "f2"]})


def test_a_large_photo_is_taken_and_one_with_too_many_pixels_is_not(http: httpx.Client) -> None:
    out = BytesIO()
    drawn_photo(3, 1).resize((4000, 3000)).save(out, "JPEG", quality=80)
    assert http.post(SEARCH, files={"picture": out.getvalue()}, data={"k": 1}).status_code == 200
    out = BytesIO()
    Image.new("L", (9000, 9000)).save(out, "PNG")
    refused = http.post(SEARCH, files={"picture": out.getvalue()})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "/pictures/0")
    assert "64000000" in refused.json()["detail"]
    assert json.loads(refused.text)["type"].endswith("/picture-not-usable")
