"""Words and examples over HTTP: what the catalogue itself says, as JSON, as a form and through the client."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.cli.command import shelflens as command
from tests.serve.conftest import Server

import shelflens
from shelflens.client import Client, Wish

SEARCH = "/v1/catalogues/words/search"


@pytest.fixture(scope="module")
def words(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words")
    table = ["product_id,title,photo"]
    for product, title in enumerate(("Red ball", "Orange box", "Lime tent", "Green cushion", "Cyan ball")):
        table.append(f"p{product},{title},{shop}/p{product}/0.jpg")
    (folder / "products.csv").write_text("\n".join(table), encoding="utf-8")
    with shelflens.open(folder / "words.lens", create=True) as catalogue:
        catalogue.index(folder / "products.csv")
    return folder / "words.lens"


@pytest.fixture(scope="module")
def server(words: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    pytest.importorskip("uvicorn", reason="serving is not installed; pip install 'shelflens[serve]'")
    with Server(
        words, "--rate", "100000", "--burst", "100000", log=tmp_path_factory.mktemp("log") / "serve.log"
    ) as started:
        yield started


def found(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [match["product"]["product_id"] for match in response.json()["matches"]]


def test_every_road_gives_the_answer_of_the_catalogue(server: Server, words: Path, shop: Path) -> None:
    photo = (shop / "p0" / "2.jpg").read_bytes()
    wish: dict[str, Any] = {"text": "cyan", "minus": "lime", "text_weight": 0.6, "more": ["p3"], "less": ["p1"]}
    with shelflens.open(words) as catalogue:
        expected = [match.product.product_id for match in catalogue.search(photo, k=4, **wish)]
    assert expected[0] == "p4" and "p1" not in expected
    picture = {"base64": base64.b64encode(photo).decode()}
    assert found(server.http.post(SEARCH, json={"pictures": [picture], "k": 4, **wish})) == expected
    form = {name: json.dumps(value) if isinstance(value, list) else value for name, value in wish.items()}
    assert found(server.http.post(SEARCH, files={"picture": photo}, data={"k": 4, **form})) == expected
    with Client(server.url) as client:
        there = client.catalogue("words")
        assert [match.product.product_id for match in there.search(photo, k=4, **wish)] == expected


def test_words_alone_are_a_question_and_say_what_agrees(server: Server) -> None:
    answer = server.http.post(SEARCH, json={"text": "cyan bal", "k": 2}).json()
    (first, second) = answer["matches"]
    assert first["product"]["product_id"] == "p4"
    assert first["evidence"] == [{"name": "text", "value": 1.0, "note": "says cyan · ball"}]
    assert second["evidence"][0]["note"] == "says ball"
    assert answer["verdict"] is answer["unknown"] is first["probability"] is None
    assert found(server.http.post(SEARCH, files={"text": (None, "cyan"), "k": (None, "1")})) == ["p4"]


def test_an_explanation_goes_with_picture_and_words(server: Server, shop: Path) -> None:
    files = {"picture": (shop / "p0" / "2.jpg").read_bytes()}
    answer = server.http.post(SEARCH, files=files, data={"text": "cyan", "explain": "true", "k": 2}).json()
    assert [match["product"]["product_id"] for match in answer["matches"]] == ["p4", "p0"]
    assert all(match["explanation"] for match in answer["matches"])
    assert answer["matches"][0]["probability"] < answer["matches"][1]["probability"]  # which the picture has


def test_like_and_examples_go_with_words(server: Server) -> None:
    assert found(server.http.post(SEARCH, json={"like": "p0", "text": "cyan"}))[0] == "p4"
    assert found(server.http.post(SEARCH, json={"more": ["p2"], "k": 1})) == ["p2"]
    with Client(server.url) as client:
        answer = client.catalogue("words").answer_like("p0", wish=Wish("cyan"))
        assert answer.matches[0].product.product_id == "p4"


def test_the_command_asks_a_server_as_it_asks_a_directory(server: Server, words: Path, shop: Path) -> None:
    asked = ("--photo", shop / "p0" / "2.jpg", "--text", "cyan", "--minus", "lime", "--more", "p3", "--k", 3, "--json")
    here = json.loads(command("search", words, *asked).output)
    there = json.loads(command("search", "words", *asked, "--server", server.url).output)
    assert [match["product_id"] for match in here["matches"]] == [match["product_id"] for match in there["matches"]]
    assert here["text"] == there["text"] == "cyan"
    assert here["matches"][0]["product_id"] == "p4"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "/pictures"),
        ({"minus": "red"}, 422, "/pictures"),
        ({"less": ["p1"]}, 422, "/pictures"),
        ({"text": "x" * 2_001}, 422, "/text"),
        ({"text": "red", "text_weight": 1.5}, 422, "/text_weight"),
        ({"text": "red", "threshold": 0.5}, 422, "/threshold"),
        ({"text": "red", "metric": "euclidean"}, 422, "/metric"),
        ({"text": "red", "explain": True}, 422, "/text"),
        ({"text": "red", "box": {"left": 0, "top": 0, "right": 1, "bottom": 1}}, 422, "/text"),
        ({"more": ["p1", "p99"]}, 404, "/more/1"),
        ({"more": ["p1"], "less": ["p1"]}, 422, "/less"),
        ({"more": "p1"}, 422, "/more"),
    ],
)
def test_a_wish_that_cannot_be_meant_names_its_field(
    server: Server, body: dict[str, Any], status: int, field: str
) -> None:
    response = server.http.post(SEARCH, json=body)
    assert response.status_code == status, response.text
    assert field in [error["field"] for error in response.json()["errors"]]
