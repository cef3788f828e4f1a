"""The typed client, and the commands with --server, against a real server: what a catalogue on this machine says."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.cli.command import shelflens as run
from tests.conftest import drawn_photo
from tests.serve.conftest import Server, Start, free_port

import shelflens
from shelflens import client as client_package
from shelflens.client import Client, RemoteCatalogue, ServerError
from shelflens.errors import PictureError, ShelflensError
from shelflens.types import Box, Product

JUICE = Product("juice/1", "Apple", "1 l", "Bravo", "Juice", 24.9, "https://s.example/1", (), {"a": True, "b": ("x",)})


@pytest.fixture
def remote(server: Server) -> Iterator[RemoteCatalogue]:
    with Client(server.url) as client:
        yield client.catalogue("shop")


def test_a_search_gives_the_matches_of_a_local_catalogue(remote: RemoteCatalogue, indexed: Path, shop: Path) -> None:
    path, box = shop / "p2" / "1.jpg", Box(0.1, 0.1, 0.9, 0.9)
    with shelflens.open(indexed) as catalogue:
        for there, here in (
            (remote.search(path, k=3), catalogue.search(path, k=3)),
            (remote.search(str(path), path.read_bytes(), k=3), catalogue.search(path, path, k=3)),
            (remote.search(path, k=2, box=box), catalogue.search(path, k=2, box=box)),
            (remote.like("p2", k=4), catalogue.like("p2", k=4)),
            (remote.search(path, filter="product_id = p5"), catalogue.search(path, filter="product_id = p5")),
        ):
            assert [match.product for match in there] == [match.product for match in here]
            assert [match.band for match in there] == [match.band for match in here]
            for one, other in zip(there, here, strict=True):
                assert one.score == pytest.approx(other.score, abs=1e-5)
                assert one.photo.photo_id == other.photo.photo_id
                assert [hit.photo.photo_id for hit in one.hits] == [hit.photo.photo_id for hit in other.hits]


def test_products_and_photos_come_and_go(remote: RemoteCatalogue, tmp_path: Path) -> None:
    assert remote.product("juice/1") is None
    assert remote.put(JUICE) == JUICE == remote.product("juice/1")
    assert remote.patch("juice/1", price=None).price is None
    drawn_photo(4, 99).save(tmp_path / "new.jpg")
    photo = remote.add_photo("juice/1", tmp_path / "new.jpg")
    assert remote.search(tmp_path / "new.jpg", k=1)[0].photo == photo
    assert remote.remove_photo("juice/1", photo.photo_id)
    assert not remote.remove_photo("juice/1", photo.photo_id)
    rows = remote.put_many([(Product("m1"), [tmp_path / "new.jpg"]), (Product(" bad "), [])])
    assert [row.status for row in rows] == [201, 422]
    assert [one.product_id for one in remote.products(filter="product_id in (m1, p1)")] == ["m1", "p1"]
    assert remote.remove(["juice/1", "m1", "nobody"]) == 2


def test_info_jobs_and_comparisons(remote: RemoteCatalogue, shop: Path) -> None:
    info = remote.info()
    assert (info.name, info.products, info.photos, info.model) == ("shop", 8, 24, "lite0")
    job = remote.wait(remote.start("duplicates"), every=0.1)
    assert (job.state, job.kind) == ("done", "duplicates")
    assert job.result is not None
    assert remote.jobs()[0].job_id == job.job_id
    photo = shop / "p3" / "1.jpg"
    same, other = remote.match(photo, product_id="p3"), remote.match(photo, product_id="p4")
    assert same.similarity > other.similarity


def test_a_refusal_says_what_the_server_said(remote: RemoteCatalogue, server: Server, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="no product 'nobody'") as caught:
        remote.like("nobody")
    assert (caught.value.status, caught.value.kind) == (404, "no-product")
    assert caught.value.faults[0].field == "product_id"
    server.await_logged(caught.value.request_id)
    with pytest.raises(ServerError, match="not a picture") as caught:
        remote.search(b"hello")
    assert caught.value.kind == "picture-not-usable"
    with pytest.raises(PictureError, match="cannot be read"):
        remote.search(tmp_path / "missing.jpg")
    with Client(server.url) as client, pytest.raises(ServerError, match="no catalogue"):
        client.catalogue("other").info()


def test_a_busy_server_is_asked_again(start: Start, indexed: Path) -> None:
    server = start(indexed, "--rate", "1", "--burst", "2")
    with Client(server.url) as client:
        for _ in range(4):
            assert client.catalogue("shop").info().products == 8
    assert any(line.get("status") == 429 for line in server.lines())


def test_nobody_there_is_an_error_to_act_on() -> None:
    with Client(f"http://127.0.0.1:{free_port()}") as client:
        assert not client.ready()
        with pytest.raises(ShelflensError, match="is the server up"):
            client.ask("GET", "/v1/catalogues", once=True)


def test_what_a_server_knows_of_a_catalogue(remote: RemoteCatalogue, server: Server, shop: Path) -> None:
    remote.put(Product("f1", brand="Bravo", price=10))
    (brand,) = remote.facets("brand", filter="product_id = f1")
    assert (brand.field, brand.values[0].value, brand.values[0].count) == ("brand", "Bravo", 1)
    remote.remove(["f1"])
    calibration, (model,) = remote.calibration(), remote.models()
    assert 0 <= calibration.ece <= 1
    assert len(calibration.curve) > 10
    assert (model.model, model.photos, model.active) == ("lite0", 24, True)
    assert remote.reports() == ()
    photo = remote.photos("p3")[0]
    assert (
        remote.thumbnail(photo)[:2]
        == remote.picture(photo)[:2]
        == remote.preview(shop / "p3" / "1.jpg")[:2]
        == b"\xff\xd8"
    )
    with Client(server.url) as client:
        assert client.version() == shelflens.__version__
        assert "shelflens_requests_total" in client.metrics()
        with pytest.raises(ServerError, match="--classifier"):
            client.classify(shop / "p3" / "1.jpg")


def test_an_answer_says_why(remote: RemoteCatalogue, shop: Path) -> None:
    photo = shop / "p3" / "1.jpg"
    found = remote.answer([photo], k=2, explain=True)
    assert len(found.explanations) == len(found.matches) == 2
    assert found.explanations[0].contributions
    assert found.explanations[0].photo in remote.photos(found.matches[0].product.product_id)
    assert remote.answer([photo], k=2).explanations == ()
    compared = remote.match(photo, product_id="p3", box=Box(0.1, 0.1, 0.9, 0.9))
    assert compared.product == remote.product("p3")
    total = sum(one.log_odds for one in compared.explanation.contributions)
    assert compared.probability == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-5)


def test_the_client_has_a_call_for_every_route(server: Server) -> None:
    called = "".join(path.read_text() for path in Path(client_package.__file__).parent.glob("*.py"))
    for path in server.http.get("/openapi.json").json()["paths"]:
        last = [part for part in path.split("/") if not part.startswith("{")][-1]
        assert last in called, path


def test_commands_with_a_server_print_what_they_print_without(server: Server, indexed: Path, shop: Path) -> None:
    photo = shop / "p3" / "1.jpg"
    there = json.loads(run("search", "shop", photo, "--k", "3", "--json", "--server", server.url).stdout)
    here = json.loads(run("search", indexed, photo, "--k", "3", "--json").stdout)
    assert there.keys() == here.keys()
    assert [match.keys() for match in there["matches"]] == [match.keys() for match in here["matches"]]
    assert [match["product_id"] for match in there["matches"]] == [match["product_id"] for match in here["matches"]]
    assert "p3" in run("search", "shop", "--like", "p2", "--server", server.url).stdout
    assert json.loads(run("info", "shop", "--json", "--server", server.url).stdout)["photos"] == 24
    assert "24 photos of 8 products" in run("info", "shop", "--server", server.url).stdout
    httpx.put(f"{server.url}/v1/catalogues/shop/products/gone", json={})
    removed = run("remove", "shop", "gone", "nobody", "--json", "--server", server.url, code=1)
    assert json.loads(removed.stdout) == {"removed": 1, "unknown": ["nobody"]}
    assert "no catalogue" in run("info", "other", "--server", server.url, code=1).stderr
