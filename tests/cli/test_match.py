"""`shelflens match` and `search --explain` as a shell runs them."""

from __future__ import annotations

import base64
import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from tests.cli.command import shelflens


@pytest.fixture(scope="module")
def catalogue(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("match") / "shop.lens"
    shelflens("index", path, shop, "--quiet")
    return path


def pictures(page: Path) -> list[Image.Image]:
    found = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", page.read_text(encoding="utf-8"))
    return [Image.open(BytesIO(base64.b64decode(one))) for one in found]


def test_json_has_the_documented_keys_and_the_same_product_is_likelier(shop: Path) -> None:
    def compared(other: str) -> dict[str, object]:
        words = ("match", shop / "p3" / "0.jpg", shop / other, "--evidence", "hash,colour", "--json")
        answer: dict[str, object] = json.loads(shelflens(*words).stdout)
        return answer

    same, another = compared("p3/1.jpg"), compared("p4/1.jpg")
    assert list(same) == ["probability", "band", "similarity", "evidence", "contributions", "texts", "left_out"]
    assert float(str(same["probability"])) > float(str(another["probability"]))
    assert isinstance(same["evidence"], list) and isinstance(same["contributions"], list)
    assert [one["name"] for one in same["evidence"]] == ["similarity", "hash", "colour"]
    assert set(same["evidence"][0]) == {"name", "value", "note"}
    assert all(set(one) == {"name", "log_odds"} for one in same["contributions"])


def test_a_page_holds_the_pair_and_the_heat_of_both(shop: Path, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    words = ("match", shop / "p3" / "0.jpg", shop / "p3" / "1.jpg", "--evidence", "hash", "--page", page)
    assert str(page) in shelflens(*words).stdout
    pair, *heats = pictures(page)
    assert pair.width == 900
    assert len(heats) == 2
    assert "http" not in page.read_text(encoding="utf-8").replace("http-equiv", "")


def test_a_product_of_a_catalogue_is_compared(catalogue: Path, shop: Path) -> None:
    words = ("match", shop / "p3" / "0.jpg", "--catalogue", catalogue, "--json", "--product")
    right, wrong = (json.loads(shelflens(*words, product).stdout)["probability"] for product in ("p3", "p4"))
    assert right > wrong


def test_two_pictures_are_compared_the_catalogues_way(catalogue: Path, shop: Path) -> None:
    one, other = shop / "p3" / "0.jpg", shop / "p3" / "1.jpg"
    answer = json.loads(shelflens("match", one, other, "--catalogue", catalogue, "--json").stdout)
    assert [one["name"] for one in answer["evidence"]] == ["similarity"]


def test_less_likely_before_looking_is_less_likely_after(shop: Path) -> None:
    one, other = shop / "p3" / "0.jpg", shop / "p3" / "1.jpg"
    words = ("match", one, other, "--evidence", "hash", "--json")
    even, rare = (json.loads(shelflens(*words, *more).stdout)["probability"] for more in ((), ("--prior", "0.01")))
    assert rare / (1 - rare) == pytest.approx(even / (1 - even) / 99, rel=1e-3)
    assert "--prior" in shelflens("match", one, "--catalogue", "c", "--product", "p", "--prior", "0.1", code=2).stderr


def test_what_is_missing_is_said(catalogue: Path, shop: Path) -> None:
    photo = shop / "p0" / "0.jpg"
    assert "second picture" in shelflens("match", photo, code=2).stderr
    assert "--catalogue" in shelflens("match", photo, "--product", "p0", code=2).stderr
    unknown = shelflens("match", photo, "--catalogue", catalogue, "--product", "p99", code=1)
    assert "no product 'p99'" in unknown.stderr
    unlooked = shelflens("match", photo, photo, "--catalogue", catalogue, "--evidence", "words", code=1)
    assert "has no evidence 'words'" in unlooked.stderr


def test_a_search_is_explained_match_by_match(catalogue: Path, shop: Path, tmp_path: Path) -> None:
    page = tmp_path / "why.html"
    shelflens("search", catalogue, shop / "p3" / "0.jpg", "--k", 2, "--explain", page)
    assert [picture.width for picture in pictures(page)].count(900) == 2
    assert "What moves the probability" in page.read_text(encoding="utf-8")
    assert "--like" in shelflens("search", catalogue, "--like", "p3", "--explain", page, code=2).stderr


def test_a_photo_that_is_gone_leaves_its_place_on_the_page(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "shop" / "p1").mkdir(parents=True)
    photo = tmp_path / "shop" / "p1" / "0.jpg"
    photo.write_bytes((shop / "p1" / "0.jpg").read_bytes())
    shelflens("index", tmp_path / "c.lens", tmp_path / "shop", "--quiet")
    photo.unlink()
    shelflens("search", tmp_path / "c.lens", shop / "p1" / "1.jpg", "--explain", tmp_path / "why.html")
    assert "no longer where" in (tmp_path / "why.html").read_text(encoding="utf-8")
