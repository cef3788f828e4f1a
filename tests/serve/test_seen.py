"""What is seen of a product's photos (`seen.colour`) stays with it, and comes with a new one, by whatever road."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx
from tests.serve.conftest import Start, ended, started

PRODUCTS = "/v1/catalogues/shop/products"


def colour(http: httpx.Client, product_id: str) -> list[str] | None:
    found: list[str] | None = http.get(f"{PRODUCTS}/{product_id}").json()["attributes"].get("seen.colour")
    return found


def test_what_is_seen_outlives_every_change_of_a_product(start: Start, copy: Path, shop: Path) -> None:
    http = start(copy).http
    picture = (shop / "p5" / "0.jpg").read_bytes()
    assert colour(http, "p5") is None
    job = ended(http, started(http, kind="describe"))
    assert (job["state"], job["result"]["photos"]) == ("done", 24), job
    assert colour(http, "p5") == ["blue"]

    put = http.put(f"{PRODUCTS}/p5", json={"title": "New", "attributes": {"organic": True}})
    assert put.json()["attributes"] == {**http.get(f"{PRODUCTS}/p5").json()["attributes"], "organic": True}
    assert put.json()["attributes"]["seen.colour"] == ["blue"]
    assert put.headers["etag"] == http.get(f"{PRODUCTS}/p5").headers["etag"]
    http.patch(f"{PRODUCTS}/p5", json={"attributes": None})
    assert colour(http, "p5") == ["blue"]
    http.post(f"{PRODUCTS}/bulk", json={"rows": [{"product_id": "p5", "title": "In bulk"}]})
    assert colour(http, "p5") == ["blue"]

    assert "seen.colour" not in http.put(f"{PRODUCTS}/n1", json={}).json()["attributes"]
    http.post(f"{PRODUCTS}/n1/photos", files={"photo": picture})
    row = {"photos": [{"base64": base64.b64encode(picture).decode()}]}
    http.post(f"{PRODUCTS}/bulk", json={"rows": [{"product_id": "n2", **row}]})
    assert ended(http, started(http, kind="index", rows=[{"product_id": "n3", **row}]))["state"] == "done"
    assert [colour(http, one) for one in ("n1", "n2", "n3")] == [["blue"]] * 3
    found = http.get(PRODUCTS, params={"filter": "seen.colour = blue"}).json()["products"]
    assert {one["product_id"] for one in found} >= {"n1", "n2", "n3", "p5"}
