"""`duplicates` and `doctor` as a shell runs them: JSON as documented, and pages that stand alone."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from tests.cli.command import shelflens

from shelflens.assemble import Catalogue

DOCS = Path(__file__).resolve().parents[2] / "docs" / "audit.md"


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br", "line", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*(keys_of(inner) for inner in value.values()))
    return set().union(*(keys_of(inner) for inner in value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("command", ["doctor", "duplicates"])
def test_json_is_one_object_with_documented_keys_and_the_page_stands_alone(
    command: str, swapped: tuple[Catalogue, set[str]], tmp_path: Path
) -> None:
    path = swapped[0].path
    result = json.loads(shelflens(command, path, "--json", "--page", tmp_path / "out").stdout)
    assert (result["photos"], result["products"]) == (192, 12)
    documented = set(re.findall(r"`([a-z@_0-9]+)`", DOCS.read_text(encoding="utf-8")))
    assert keys_of(result) <= documented, keys_of(result) - documented
    page = Elements((tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    tags = [tag for tag, _ in page.all]
    assert "script" not in tags and "link" not in tags and tags.count("main") == tags.count("h1") == 1
    ids = [attributes["id"] for _, attributes in page.all if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.all:
        assert attributes.get("aria-labelledby", ids[0]) in ids
        if tag == "img":
            assert str(attributes["src"]).startswith("data:image/jpeg;base64,") and str(attributes["alt"]).strip()


def test_doctor_names_the_planted_faults_first(swapped: tuple[Catalogue, set[str]], tmp_path: Path) -> None:
    catalogue, wrong = swapped
    result = json.loads(shelflens("doctor", catalogue.path, "--json", "--open", "0").stdout)
    first = result["mislabelled"][: len(wrong)]
    assert len({it["photo"] for it in first} & wrong) >= 5
    assert result["pictures"] == {"opened": 0, "addresses_not_asked": 0, "faults": []}
    for it in first:
        assert it["margin"] == pytest.approx(it["other_similarity"] - it["own_similarity"], abs=2e-4)


def test_doctor_and_duplicates_speak_to_people(swapped: tuple[Catalogue, set[str]], tmp_path: Path) -> None:
    lines = shelflens("doctor", swapped[0].path, "--page", tmp_path / "health.html").stdout
    assert "likely mislabelled" in lines and f"The page is {tmp_path / 'health.html'}" in lines
    assert "192 photos of 12 products" in shelflens("duplicates", swapped[0].path).stdout


def test_a_catalogue_of_single_photos_is_no_error(tmp_path: Path, shop: Path) -> None:
    table = "photo,product_id\n" + "".join(f"{shop}/p{n}/0.jpg,p{n}\n" for n in range(3)) + ",without\n"
    (tmp_path / "t.csv").write_text(table)
    shelflens("index", tmp_path / "c.lens", tmp_path / "t.csv", "--quiet")
    result = json.loads(shelflens("doctor", tmp_path / "c.lens", "--json", "--page", tmp_path / "p.html").stdout)
    assert (result["growth"], result["photos_needed"], result["mislabelled"]) == (None, None, [])
    assert [it["photos"] for it in result["too_few_photos"]] == [1, 1, 1]
    json.loads(shelflens("duplicates", tmp_path / "c.lens", "--json", "--page", tmp_path / "q.html").stdout)
    (tmp_path / "one.csv").write_text(f"photo,product_id\n{shop}/p0/0.jpg,p0\n")
    shelflens("index", tmp_path / "o.lens", tmp_path / "one.csv", "--quiet")
    assert json.loads(shelflens("doctor", tmp_path / "o.lens", "--json").stdout)["photos"] == 1
    assert json.loads(shelflens("duplicates", tmp_path / "o.lens", "--json").stdout)["photo_groups"] == []
