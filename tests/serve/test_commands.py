"""Commands with `--server URL`: what they print and do without it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.cli.command import shelflens as run
from tests.serve.conftest import Server, Start

WORDS = ("--rate", "100000", "--burst", "100000")


@pytest.fixture(scope="module")
def serving(classifier: Path) -> tuple[str | Path, ...]:
    return ("--classifier", classifier)


def said(*words: object, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*words, "--json", code=code).stdout)
    return found


def without_digest(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "digest"}


def test_two_pictures_and_a_product_compare_alike(server: Server, indexed: Path, shop: Path, tmp_path: Path) -> None:
    photo, other = shop / "p3" / "1.jpg", shop / "p3" / "2.jpg"
    for what in ((photo, other), (photo, "--product", "p3")):
        there = said("match", *what, "--catalogue", "shop", "--server", server.url)
        here = said("match", *what, "--catalogue", indexed)
        assert there.keys() == here.keys()
        assert there["band"] == here["band"]
        assert there["similarity"] == pytest.approx(here["similarity"], abs=1e-5)
        assert there["probability"] == pytest.approx(here["probability"], abs=1e-5)
    page = tmp_path / "why.html"
    words = ("match", photo, "--product", "p3", "--catalogue", "shop", "--server", server.url)
    assert "Same product" in run(*words, "--page", page).stdout
    assert "<img" in page.read_text()
    run(*words, "--prior", "0.5", code=2)
    run("match", photo, other, "--server", server.url, code=2)


def test_a_search_writes_its_pages(server: Server, shop: Path, tmp_path: Path) -> None:
    sheet, why = tmp_path / "sheet.html", tmp_path / "why.html"
    photo = shop / "p3" / "1.jpg"
    run("search", "shop", photo, "--k", "2", "--server", server.url, "--sheet", sheet, "--explain", why)
    assert sheet.read_text().count("<img") >= 3
    assert "<img" in why.read_text()
    run("search", "shop", "--like", "p2", "--server", server.url, "--sheet", sheet)
    assert "like p2" in sheet.read_text()


def test_a_photo_is_classified_and_described_alike(
    server: Server, indexed: Path, shop: Path, classifier: Path, tmp_path: Path
) -> None:
    photo, bad = shop / "p5" / "0.jpg", tmp_path / "bad.jpg"
    bad.write_bytes(b"nothing")
    here = said("classify", classifier, photo, bad, code=3)
    there = said("classify", here["model"], photo, bad, "--server", server.url, code=3)
    assert there["photos"] == here["photos"]
    assert [row["photo"] for row in there["bad_photos"]] == [str(bad)]
    assert "there is no trained model" in run("classify", "other", photo, "--server", server.url, code=1).stderr
    (here,) = said("describe", photo, "--catalogue", indexed)["photos"]
    (there,) = said("describe", photo, bad, "--catalogue", "shop", "--server", server.url, code=3)["photos"]
    assert there["colours"] == here["colours"]
    assert there["attributes"]["kind"][0]["label"] == "kind1"  # by the server's model


def test_audits_are_jobs_there(server: Server, indexed: Path) -> None:
    for command, few in (("duplicates", ()), ("doctor", ("--open", "4"))):
        assert said(command, "shop", *few, "--server", server.url) == said(command, indexed, *few)
    assert "24 photos of 8 products" in run("duplicates", "shop", "--server", server.url).stdout
    run("doctor", "shop", "--server", server.url, "--page", "x", code=2)


def test_learning_is_a_job_there_and_its_failure_is_an_error(server: Server, copy: Path) -> None:
    there, here = said("learn-words", "shop", "--server", server.url), said("learn-words", copy)
    assert without_digest(there) == without_digest(here)
    few = run("calibrate", copy, code=1).stderr  # eight products are too few, there as here
    assert few.rpartition(": ")[2].strip() in run("calibrate", "shop", "--server", server.url, code=1).stderr


def test_what_shoppers_did_is_kept_shown_and_forgotten(server: Server, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text('{"user": "u1", "kind": "buy", "product_id": "p2"}\n{"user": "u1", "kind": "stare"}\n')
    words = ("feedback", "shop", "--server", server.url)
    kept = said(*words, "--user", "u1", "--view", "p1", "--view", "nobody", "--events", events, "--show", code=3)
    assert kept["kept"] == 2
    assert sorted((one["kind"], one["product_id"]) for one in kept["events"]) == [("buy", "p2"), ("view", "p1")]
    assert {row["where"] for row in kept["bad"]} == {"--view nobody", f"{events}:2"}
    assert said(*words, "--user", "u1", "--forget")["forgotten"] == 2
    assert said(*words, "--user", "u1", "--show")["events"] == []


def test_posts_are_tagged(server: Server, shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "tags.jsonl"
    words = ("tag", shop / "p3", "--catalogue", "shop", "--out", out, "--server", server.url, "--quiet")
    run(*words)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == 3
    assert {row["products"][0]["product_id"] for row in rows} == {"p3"}
    assert all(row["colours"] for row in rows)
    run(*words)
    assert len(out.read_text().splitlines()) == 3


def test_a_feed_is_indexed_there_and_only_what_is_new_travels(start: Start, shop: Path, tmp_path: Path) -> None:
    """An empty catalogue is filled; its searches then say what those of one filled here say."""
    server = start("--create", tmp_path / "shop.lens", *WORDS)
    words = ("index", "shop", shop, "--server", server.url, "--quiet", "--bad-rows", tmp_path / "bad.jsonl")
    first = said(*words)
    assert (first["rows"], first["embedded"], first["unchanged"], first["bad"]) == (8, 24, 0, 0)
    assert (first["products_in_catalogue"], first["photos_in_catalogue"]) == (8, 24)
    again = said(*words, "--attributes")
    assert (again["embedded"], again["unchanged"], again["seen"]) == (0, 24, 24)
    assert server.http.get("/v1/catalogues/shop/products/p5").json()["attributes"]["seen.colour"] == ["blue"]

    more = Path(shutil.copytree(shop / "p1", tmp_path / "more" / "p9"))
    (more / "bad.jpg").write_bytes(b"nothing")
    third = said("index", "shop", more.parent, "--server", server.url, "--bad-rows", tmp_path / "bad.jsonl", code=3)
    assert (third["embedded"], third["bad"], third["photos_in_catalogue"]) == (3, 1, 27)
    (bad,) = map(json.loads, (tmp_path / "bad.jsonl").read_text().splitlines())
    assert bad["product_id"] == "p9"
    photo = shop / "p3" / "1.jpg"
    assert "p3" in run("search", "shop", photo, "--k", "1", "--server", server.url).stdout
    run(*words, "--model", "lite2", code=2)
