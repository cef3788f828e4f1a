"""Products over HTTP: put, change, remove, list, in bulk."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

PRODUCTS = "/v1/catalogues/shop/products"
JUICE = {
    "title": "Apple juice",
    "description": "1 l",
    "brand": "Bravo",
    "category": "Juice",
    "price": 24.9,
    "url": "https://shop.example/p/1",
    "gtins": ["07310865001818"],
    "attributes": {"organic": True, "litres": 1.0, "colours": ["red", "green"], "colour": "red"},
}


def test_a_product_is_put_got_changed_and_removed(http: httpx.Client) -> None:
    new = http.put(f"{PRODUCTS}/juice", json=JUICE)
    assert (new.status_code, new.headers["location"]) == (201, f"{PRODUCTS}/juice")
    got = http.get(f"{PRODUCTS}/juice").json()
    assert got == {**JUICE, "product_id": "juice", "gtins": ["7310865001818"], "photos": []}
    assert http.put(f"{PRODUCTS}/juice", json=JUICE).status_code == 200
    changed = http.patch(f"{PRODUCTS}/juice", json={"price": None, "brand": "", "attributes": {"organic": None}})
    assert changed.status_code == 200
    assert changed.json()["price"] is None
    assert changed.json()["brand"] == ""
    assert changed.json()["title"] == "Apple juice"
    assert set(changed.json()["attributes"]) == {"litres", "colours", "colour"}
    assert http.put(f"{PRODUCTS}/juice", json={"title": "Only this"}).json()["attributes"] == {}
    assert http.delete(f"{PRODUCTS}/juice").status_code == 204
    assert http.get(f"{PRODUCTS}/juice").status_code == 404
    assert http.delete(f"{PRODUCTS}/juice").status_code == 404
    assert http.patch(f"{PRODUCTS}/juice", json={"price": 1}).status_code == 404


@pytest.mark.parametrize("product_id", ["a/b", "ä ö?#%2F", "bulk", "苹果汁", "...", "a%b+c", "x" * 500])
def test_an_id_may_be_any_text_of_one_line(http: httpx.Client, product_id: str) -> None:
    path = f"{PRODUCTS}/{quote(product_id, safe='')}"
    new = http.put(path, json={"title": "T"})
    assert (new.status_code, new.json()["product_id"]) == (201, product_id)
    assert http.get(new.headers["location"]).json()["product_id"] == product_id
    assert http.delete(path).status_code == 204


def test_a_change_is_refused_where_the_product_has_changed_meanwhile(http: httpx.Client) -> None:
    tag = http.put(f"{PRODUCTS}/tagged", json={"title": "1"}).headers["etag"]
    assert http.get(f"{PRODUCTS}/tagged", headers={"If-None-Match": tag}).status_code == 304
    second = http.put(f"{PRODUCTS}/tagged", json={"title": "2"}, headers={"If-Match": tag})
    assert second.status_code == 200
    for response in (
        http.put(f"{PRODUCTS}/tagged", json={"title": "3"}, headers={"If-Match": tag}),
        http.patch(f"{PRODUCTS}/tagged", json={"title": "3"}, headers={"If-Match": tag}),
        http.delete(f"{PRODUCTS}/tagged", headers={"If-Match": tag}),
        http.put(f"{PRODUCTS}/tagged", json={"title": "3"}, headers={"If-None-Match": "*"}),
    ):
        assert response.status_code == 412, response.text
    assert http.get(f"{PRODUCTS}/tagged").json()["title"] == "2"
    assert http.delete(f"{PRODUCTS}/tagged", headers={"If-Match": second.headers["etag"]}).status_code == 204


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"price": -1}, "/price", "greater than or equal to 0"),
        ({"price": "cheap"}, "/price", "number"),
        ({"gtins": ["123"]}, "/gtins/0", "digits"),
        ({"titel": "x"}, "/titel", "Extra inputs"),
        ({"url": "javascript:alert(1)"}, "/url", "http://"),
        ({"title": "a\u0000b"}, "/title", "NUL"),
        ({"title": 5}, "/title", "string"),
        ([], "/", "object"),
    ],
)
def test_a_fault_names_its_field(http: httpx.Client, body: object, field: str, words: str) -> None:
    response = http.put(f"{PRODUCTS}/wrong", json=body)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["errors"][0]["field"] == field
    assert words in problem["errors"][0]["detail"]
    assert problem["status"] == 422
    assert problem["request_id"] == response.headers["x-request-id"]


def test_half_a_surrogate_pair_and_no_json_are_refused(http: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    lone = http.put(f"{PRODUCTS}/wrong", content=b'{"title": "\\ud800"}', headers=headers)
    assert (lone.status_code, lone.json()["errors"][0]["field"]) == (422, "/title")
    assert http.put(f"{PRODUCTS}/wrong", content=b"{", headers=headers).status_code == 400
    deep = http.put(f"{PRODUCTS}/wrong", content=b"[" * 100_000, headers=headers)
    assert deep.status_code == 400
    assert http.put(f"{PRODUCTS}/wrong", content=b'{"price": NaN}', headers=headers).status_code == 422
    for product_id in ("%00", "%2E%2E", "%0A", "%20a"):
        assert http.put(f"{PRODUCTS}/{product_id}", json={}).status_code == 422


def test_pages_list_every_product_once(http: httpx.Client) -> None:
    cursor, found = None, []
    while True:
        parameters: dict[str, str | int] = {"limit": 3, "filter": "product_id >= p0 and product_id < p9"}
        page = http.get(PRODUCTS, params={**parameters, **({"cursor": cursor} if cursor else {})}).json()
        found += [product["product_id"] for product in page["products"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == [f"p{number}" for number in range(8)]
    assert http.get(PRODUCTS, params={"cursor": "???"}).status_code == 422
    assert http.get(PRODUCTS, params={"limit": 0}).json()["errors"][0]["field"] == "limit"
    wrong = http.get(PRODUCTS, params={"filter": "price <"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "filter")


def test_a_bulk_request_answers_row_by_row(http: httpx.Client, shop: Path) -> None:
    picture = base64.b64encode((shop / "p0" / "0.jpg").read_bytes()).decode()
    rows: list[object] = [
        {"product_id": "b1", "title": "One", "photos": [{"base64": picture}]},
        {"product_id": "b2", "price": "no price"},
        {"product_id": "b3", "photos": [{"base64": "not base64!"}, {"base64": picture}]},
        {"product_id": "b1", "title": "One again"},
        {"title": "without id"},
        17,
        {"product_id": "b3", "remove": True},
        {"product_id": "b9", "remove": True},
        {"product_id": "b4", "photos": [{"url": "http://127.0.0.1:9/x.jpg"}]},
    ]
    answer = http.post(f"{PRODUCTS}/bulk", json={"rows": rows}).json()
    assert [row["status"] for row in answer["rows"]] == [201, 422, 201, 200, 422, 422, 204, 404, 201]
    assert (answer["taken"], answer["failed"]) == (5, 4)
    assert len(answer["rows"][0]["photos"]) == 1
    assert answer["rows"][1]["errors"][0]["field"] == "/price"
    assert answer["rows"][2]["errors"][0]["field"] == "/photos/0"
    assert len(answer["rows"][2]["photos"]) == 1
    assert "public" in answer["rows"][8]["errors"][0]["detail"]
    got = http.get(f"{PRODUCTS}/b1").json()
    assert (got["title"], len(got["photos"])) == ("One again", 1)
    lines = b"\n".join(json.dumps({"product_id": f"l{number}"}).encode() for number in range(5)) + b"\n{broken"
    answer = http.post(f"{PRODUCTS}/bulk", content=lines, headers={"Content-Type": "application/x-ndjson"}).json()
    assert [row["status"] for row in answer["rows"]] == [201] * 5 + [422]
    ids = ["b1", "b4", *(f"l{number}" for number in range(5)), "unknown"]
    removed = http.delete(PRODUCTS, params={"product_id": ids}).json()
    assert removed == {"removed": 7, "unknown": ["unknown"]}
    many = {"rows": [{"product_id": "x"}] * 1001}
    assert http.post(f"{PRODUCTS}/bulk", json=many).status_code == 413
    assert http.post(f"{PRODUCTS}/bulk", json={"row": []}).status_code == 422
    assert http.post(f"{PRODUCTS}/bulk", content=b"x").status_code == 415


def test_a_write_with_an_idempotency_key_is_done_once(http: httpx.Client, photo: bytes) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = http.put(f"{PRODUCTS}/once", json={"title": "1"}, headers=headers)
    http.put(f"{PRODUCTS}/once", json={"title": "2"})
    again = http.put(f"{PRODUCTS}/once", json={"title": "1"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    assert http.get(f"{PRODUCTS}/once").json()["title"] == "2"
    other = http.put(f"{PRODUCTS}/once", json={"title": "other"}, headers=headers)
    assert other.status_code == 422
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    uploads = [
        http.post(f"{PRODUCTS}/once/photos", files={"photo": ("a.jpg", photo)}, headers={"Idempotency-Key": "k2"})
        for _ in range(2)
    ]  # each form has a boundary of its own
    assert [one.status_code for one in uploads] == [201, 201]
    assert "idempotent-replayed" in uploads[1].headers
    removals = [http.delete(f"{PRODUCTS}/once", headers={"Idempotency-Key": "k3"}) for _ in range(2)]
    assert [one.status_code for one in removals] == [204, 204]
