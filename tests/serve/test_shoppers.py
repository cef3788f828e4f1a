"""Shoppers and descriptions over HTTP: events, deletion, recommendations, colours; and through the client."""

from __future__ import annotations

import base64
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from tests.serve.conftest import Server

from shelflens.client import Client, Event

SHOP = "/v1/catalogues/shop"


@pytest.fixture(scope="module")
def catalogue(indexed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shoppers") / "shop.lens"
    shutil.copytree(indexed, path)
    return path


@pytest.fixture(scope="module")
def server(catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    pytest.importorskip("uvicorn", reason="serving is not installed; pip install 'shelflens[serve]'")
    log = tmp_path_factory.mktemp("log") / "serve.log"
    with Server(catalogue, "--rate", "100000", "--burst", "100000", log=log) as started:
        yield started


def send(server: Server, user: str, *events: Mapping[str, object]) -> httpx.Response:
    return server.http.post(f"{SHOP}/feedback", json={"user": user, "events": list(events)})


def test_events_are_accepted_and_bad_rows_told(server: Server) -> None:
    answer = send(
        server,
        "ann",
        {"kind": "view", "product_id": "p0"},
        {"kind": "glance", "product_id": "p0"},
        {"kind": "buy", "product_id": "nothing"},
        {"kind": "like", "product_id": "p1", "at": time.time() + 1e6},
        {"kind": "like", "product_id": "p1", "at": "2026-01-31T12:00:00"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted"] == 2
    assert {row["row"]: row["errors"][0]["field"] for row in answer.json()["rows"]} == {
        1: "/kind",
        2: "/product_id",
        3: "/at",
    }


@pytest.mark.parametrize("user", ["", "   ", "two\nlines", "x" * 300])
def test_a_user_id_is_printable(server: Server, user: str) -> None:
    answer = send(server, user, {"kind": "view", "product_id": "p0"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "/user"


def test_recommendations_say_why_and_leave_out_what_is_known(server: Server) -> None:
    send(server, "eve", {"kind": "buy", "product_id": "p2"})
    answer = server.http.post(f"{SHOP}/recommend", json={"user": "eve", "k": 3})
    found = answer.json()["recommendations"]
    assert len(found) == 3
    assert "p2" not in [one["product"]["product_id"] for one in found]
    assert found[0]["reasons"] == ["because you bought p2"]
    assert found[0]["photo"]["thumbnail"].startswith(SHOP)


def test_bought_together_by_two_is_told_and_by_one_is_not(server: Server) -> None:
    for user in ("f1", "f2"):
        send(server, user, {"kind": "buy", "product_id": "p3"}, {"kind": "buy", "product_id": "p5"})
    send(server, "f1", {"kind": "buy", "product_id": "p6"})
    found = server.http.post(f"{SHOP}/recommend", json={"goes_with": "p3"}).json()["recommendations"]
    assert [(one["product"]["product_id"], one["reasons"]) for one in found] == [("p5", ["2 shoppers took it with p3"])]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"like": "p0", "goes_with": "p1"}, 422),
        ({"like": "nothing"}, 404),
        ({"user": "u", "filter": "("}, 422),
    ],
)
def test_what_cannot_be_recommended_is_refused(server: Server, body: dict[str, str], status: int) -> None:
    assert server.http.post(f"{SHOP}/recommend", json=body).status_code == status


def test_a_deleted_user_leaves_no_trace(server: Server, catalogue: Path) -> None:
    send(server, "gone", {"kind": "like", "product_id": "p4"})
    before = server.http.post(f"{SHOP}/recommend", json={"user": "gone", "k": 1}).json()["recommendations"]
    assert before[0]["reasons"] == ["because you liked p4"]
    assert server.http.delete(f"{SHOP}/users/gone").status_code == 204
    assert server.http.delete(f"{SHOP}/users/gone").status_code == 204
    after = server.http.post(f"{SHOP}/recommend", json={"user": "gone", "k": 8}).json()["recommendations"]
    assert not any("you" in reason for one in after for reason in one["reasons"])
    written = [file.read_bytes() for file in catalogue.rglob("*") if file.is_file()]
    assert not any(b'"gone"' in data or b"/gone" in data for data in (*written, server.log.read_bytes()))


def test_a_search_for_a_user_finds_the_same_products(server: Server, shop: Path) -> None:
    send(server, "tom", *({"kind": "buy", "product_id": "p7"},) * 3)
    photo = base64.b64encode((shop / "p1" / "0.jpg").read_bytes()).decode()
    asked = {"pictures": [{"base64": photo}], "k": 8}
    plain = server.http.post(f"{SHOP}/search", json=asked).json()["matches"]
    own = server.http.post(f"{SHOP}/search", json={**asked, "user": "tom"}).json()["matches"]
    assert own[0]["product"]["product_id"] == plain[0]["product"]["product_id"] == "p1"
    assert sorted(one["product"]["product_id"] for one in own) == sorted(one["product"]["product_id"] for one in plain)
    stranger = server.http.post(f"{SHOP}/search", json={**asked, "user": "nobody"}).json()["matches"]
    assert stranger == plain


def test_a_picture_is_described_and_a_bad_one_told(server: Server, shop: Path) -> None:
    photo = base64.b64encode((shop / "p0" / "0.jpg").read_bytes()).decode()
    asked = {"pictures": [{"base64": photo}, {"base64": base64.b64encode(b"no picture").decode()}]}
    good, bad = server.http.post(f"{SHOP}/describe", json=asked).json()["descriptions"]
    assert (good["colours"][0]["name"], good["colours"][0]["name_zh"]) == ("red", "红色")
    assert good["colours"][0]["hex"].startswith("#")
    assert good["error"] is None
    assert bad["error"]
    form = server.http.post(f"{SHOP}/describe", files=[("picture", (shop / "p0" / "0.jpg").read_bytes())])
    assert form.json()["descriptions"] == [good]


def test_the_client_says_the_same(server: Server, shop: Path) -> None:
    with Client(server.url) as client:
        there = client.catalogue("shop")
        kept = there.feedback("kim", [Event("buy", "p2"), Event("buy", "nothing", at=5.0)])
        assert (kept.accepted, list(kept.rejected)) == (1, [1])
        found = there.recommend(user="kim", k=2)
        assert found[0].reasons == ("because you bought p2",)
        assert there.search(shop / "p2" / "1.jpg", k=1, user="kim")[0].product.product_id == "p2"
        there.forget_user("kim")
        (description,) = there.describe(shop / "p3" / "0.jpg")
        assert description.colours[0].name == "green"
