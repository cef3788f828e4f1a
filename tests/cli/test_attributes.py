"""`index --attributes`, `describe` and `tag`: colours to filter by, beside what the shop wrote; streams that go on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.cli.command import shelflens as command

import shelflens
from shelflens import filters
from shelflens.shopper.base import Event, Kind

COLOURS = ("red", "yellow", "green", "green", "teal", "blue", "purple", "pink")  # of the drawn products


@pytest.fixture(scope="module")
def catalogue(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight products; all but p0 and p7 have a pattern, p0 has a colour of the shop's own."""
    folder = tmp_path_factory.mktemp("attributes")
    rows = ["product_id,title,category,pattern,colour,photo"]
    for product in range(8):
        pattern = "" if product in (0, 7) else ("striped", "plain")[product % 2]
        kind, colour = ("round", "square")[product % 2], "house colour" if product == 0 else ""
        rows += [f"p{product},Thing {product},{kind},{pattern},{colour},{shop}/p{product}/{n}.jpg" for n in range(3)]
    (folder / "products.csv").write_text("\n".join(rows), encoding="utf-8")
    command("index", folder / "shop.lens", folder / "products.csv", "--attributes", "--quiet")
    return folder / "shop.lens"


def test_every_product_gets_its_colours_beside_what_the_shop_wrote(catalogue: Path) -> None:
    with shelflens.open(catalogue) as opened:
        products = {product.product_id: product for product in opened.records.products()}
        red = opened.search(opened.records.photos_of("p0")[0][1].source, filter="seen.colour = red")
    assert products["p0"].attributes["colour"] == "house colour"
    seen = [products[f"p{number}"].attributes["seen.colour"] for number in range(8)]
    assert all(isinstance(names, tuple) and names for names in seen)
    assert seen[0] == ("red",)
    assert products["p0"].attributes["seen.colour_zh"] == ("红色",)
    assert "p0" in [match.product.product_id for match in red]
    assert "p5" not in [match.product.product_id for match in red]
    assert "seen.pattern" not in products["p1"].attributes  # the shop says it


def test_a_later_run_describes_what_is_new_and_only_that(catalogue: Path, shop: Path, tmp_path: Path) -> None:
    own = tmp_path / "shop.lens"
    shutil.copytree(catalogue, own)
    (tmp_path / "new.csv").write_text(f"product_id,photo\np9,{shop}/p5/0.jpg\np8,{shop}/p2/1.jpg", encoding="utf-8")
    with shelflens.open(own) as opened:  # of another product: bytes that are described already need no new look
        opened.records.remove_photos(opened.records.matching(filters.parse("product_id = p5")))
    answer = json.loads(command("index", own, tmp_path / "new.csv", "--quiet", "--json").stdout)
    assert answer["seen"] == 1
    with shelflens.open(own) as opened:
        new = opened.product("p8"), opened.product("p9")
        assert all(product and product.attributes["seen.colour"] for product in new)


def test_a_product_set_anew_is_described_again(catalogue: Path, tmp_path: Path) -> None:
    own = tmp_path / "shop.lens"
    shutil.copytree(catalogue, own)
    with shelflens.open(own) as opened:
        before = opened.product("p3")
        opened.replace(shelflens.Product("p3", title="New"))
        assert opened.attributes.describe_all().photos == 0
        after = opened.product("p3")
    assert before and after
    assert after.title == "New"
    assert after.attributes["seen.colour"] == before.attributes["seen.colour"]


def test_a_photo_that_comes_or_goes_changes_what_is_seen(catalogue: Path, shop: Path, tmp_path: Path) -> None:
    own = tmp_path / "shop.lens"
    shutil.copytree(catalogue, own)
    with shelflens.open(own) as opened:
        opened.records.change_product("new", lambda _known: shelflens.Product("new"))
        photo = opened.add_photo("new", (shop / "p5" / "0.jpg").read_bytes())
        blue = opened.product("new")
        opened.remove_photo("new", photo.photo_id)
        nothing = opened.product("new")
    assert blue and nothing
    assert blue.attributes["seen.colour"] == ("blue",)
    assert "seen.colour" not in nothing.attributes


def test_describe_says_colours_alone_and_columns_with_a_catalogue(catalogue: Path, shop: Path) -> None:
    photo = shop / "p5" / "1.jpg"
    alone = json.loads(command("describe", photo, "--json").stdout)["photos"][0]
    assert alone["colours"][0]["name"] == "blue"
    assert (alone["category"], alone["attributes"]) == ([], {})
    known = json.loads(command("describe", photo, "--catalogue", catalogue, "--json").stdout)["photos"][0]
    assert known["category"][0]["label"] == "square"
    assert 0.5 < known["category"][0]["probability"] <= 1
    assert sum(one["probability"] for one in known["category"]) <= 1.001


def test_describe_tells_a_bad_photo_and_goes_on(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    answer = command("describe", tmp_path / "bad.jpg", shop / "p0" / "0.jpg", code=3)
    assert "red" in answer.stdout
    assert "bad.jpg" in answer.stderr
    command("describe", tmp_path / "bad.jpg", code=1)


def posts(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def test_a_stream_of_posts_is_tagged_and_gone_on_with(catalogue: Path, shop: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "posts.jsonl", tmp_path / "tags.jsonl"
    rows = [{"id": f"post{n}", "photo": str(shop / f"p{n}" / "2.jpg"), "user": f"u{n}"} for n in range(4)]
    rows.insert(2, {"id": "lost", "photo": str(tmp_path / "nowhere.jpg")})
    source.write_text("\n".join(map(json.dumps, rows[:3])) + "\nno json\n", encoding="utf-8")
    asked = ("tag", source, "--catalogue", catalogue, "--out", out, "--quiet", "--map", "product_id=id")
    command(*asked, code=3)
    assert [one["post"] for one in posts(out)] == ["post0", "post1"]
    bad = [json.loads(line) for line in (tmp_path / "tags.bad-rows.jsonl").read_text("utf-8").splitlines()]
    assert [row["product_id"] for row in bad] == ["lost", ""]
    first = posts(out)[0]
    assert first["products"][0]["product_id"] == "p0"
    assert first["colours"][0]["name"] == "red"
    assert first["category"][0]["label"] == "round"
    assert first["about"] == {"user": "u0"}
    source.write_text("\n".join(map(json.dumps, rows[:2] + rows[3:])), encoding="utf-8")
    out.write_bytes(out.read_bytes() + b'{"post": "post2", "pho')  # killed in the middle of a line
    command(*asked)
    assert [one["post"] for one in posts(out)] == ["post0", "post1", "post2", "post3"]
    assert posts(out)[0] == first


def test_tag_does_not_write_into_another_file(catalogue: Path, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine\n", encoding="utf-8")
    answer = command("tag", shop, "--catalogue", catalogue, "--out", tmp_path / "notes.txt", code=1)
    assert "choose another --out" in answer.stderr
    assert (tmp_path / "notes.txt").read_text("utf-8") == "mine\n"


# -- shoppers


@pytest.fixture
def own(catalogue: Path, tmp_path: Path) -> Path:
    shutil.copytree(catalogue, tmp_path / "own.lens")
    return tmp_path / "own.lens"


def test_feedback_from_a_file_lists_what_cannot_be_used(own: Path, tmp_path: Path) -> None:
    lines = [
        {"user": "ann", "kind": "view", "product_id": "p1", "at": "2026-01-02T03:04:05"},
        {"user": "ann", "kind": "buy", "product_id": "p2", "at": 1_767_322_000},
        {"user": "", "kind": "view", "product_id": "p1"},
        {"user": "ann", "kind": "stare", "product_id": "p1"},
        {"user": "ann", "kind": "view", "product_id": "p99"},
        {"user": "ann", "kind": "view", "product_id": "p1", "at": "tomorrow"},
        ["ann"],
    ]
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n{", encoding="utf-8")
    answer = json.loads(command("feedback", own, "--events", tmp_path / "events.jsonl", "--json", code=3).stdout)
    assert answer["kept"] == 2
    reasons = " ".join(one["reason"] for one in answer["bad"])
    for word in ("printable", "view, click, buy", "p99", "ISO 8601", "JSON object", "not JSON"):
        assert word in reasons
    shown = json.loads(command("feedback", own, "--user", "ann", "--show", "--json").stdout)["events"]
    assert [(one["kind"], one["at"]) for one in shown] == [
        ("view", "2026-01-02T03:04:05+00:00"),
        ("buy", "2026-01-02T02:46:40+00:00"),
    ]


def test_recommendations_follow_feedback_and_end_with_forgetting(own: Path) -> None:
    command("feedback", own, "--user", "ann", "--buy", "p4", "--dislike", "p0")
    found = json.loads(command("recommend", own, "--user", "ann", "--k", 3, "--json").stdout)["recommendations"]
    assert len(found) == 3
    assert {"p0", "p4"}.isdisjoint(one["product_id"] for one in found)
    assert found[0]["reasons"][0] == "because you bought Thing 4"
    assert command("recommend", own, "--like", "p4", "--k", 2).stdout.count("similar to Thing 4") == 2
    assert "1. " in command("search", own, "--like", "p4", "--user", "ann").stdout
    assert "2 events deleted" in command("feedback", own, "--user", "ann", "--forget").stdout
    assert "Nothing to recommend" in command("recommend", own, "--user", "ann").stdout


def test_nobody_named_leaves_no_file(own: Path, shop: Path) -> None:
    command("search", own, shop / "p1" / "0.jpg")
    assert not list(own.glob("shoppers.*"))
    command("search", own, shop / "p1" / "0.jpg", "--user", "stranger")
    assert not list(own.glob("shoppers.*"))


def test_filters_hold_for_recommendations(own: Path) -> None:
    with shelflens.open(own) as opened:
        opened.shoppers.feedback("ann", [Event(Kind.LIKE, "p4", 1e9)])
        found = opened.shoppers.recommend(like="p4", condition=filters.parse("category = round"))
    assert [one.product.category for one in found] == ["round"] * len(found) != []


@pytest.mark.parametrize(
    "words",
    [("feedback",), ("feedback", "--buy", "p1"), ("recommend",), ("recommend", "--like", "a", "--goes-with", "b")],
)
def test_a_question_that_lacks_something_is_refused(own: Path, words: tuple[str, ...]) -> None:
    command(words[0], own, *words[1:], code=2)
