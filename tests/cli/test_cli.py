"""The commands as a shell runs them: output, JSON and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from tests.cli.command import shelflens


@pytest.fixture(scope="module")
def catalogue(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "shop.lens"
    shelflens("index", path, shop, "--quiet")
    return path


def test_index_prints_one_json_object(shop: Path, tmp_path: Path) -> None:
    result = shelflens("index", tmp_path / "c.lens", shop, "--json")
    report = json.loads(result.stdout)
    assert (report["photos"], report["embedded"], report["bad"], report["interrupted"]) == (24, 24, 0, False)
    assert (report["products_in_catalogue"], report["photos_in_catalogue"]) == (8, 24)


def test_index_and_info_say_when_small_products_are_cut_out(tmp_path: Path) -> None:
    (tmp_path / "shop" / "cup").mkdir(parents=True)
    picture = Image.new("RGB", (600, 500), "white")
    picture.paste((180, 30, 40), (100, 100, 200, 220))
    picture.save(tmp_path / "shop" / "cup" / "1.png")
    said = "1 of 1 pictures looked at show a small product on a plain background"
    index = ("index", tmp_path / "c.lens", tmp_path / "shop", "--quiet")
    assert said in shelflens(*index).stdout
    assert said not in shelflens(*index).stdout, "it was chosen once"
    assert f"locator auto, chosen when it was made: {said}" in shelflens("info", tmp_path / "c.lens").stdout
    found = json.loads(shelflens("info", tmp_path / "c.lens", "--json").stdout)
    assert (found["model"], found["framing"]) == ("located:auto,lite0", {"looked_at": 1, "cut": 1})
    shelflens("index", tmp_path / "w.lens", tmp_path / "shop", "--quiet", "--locate", "whole")
    assert json.loads(shelflens("info", tmp_path / "w.lens", "--json").stdout)["model"] == "lite0"


def test_bad_rows_are_listed_in_a_file_and_in_the_exit_code(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"sku,image\na,{shop}/p0/0.jpg\nb,missing.jpg\n")
    result = shelflens("index", tmp_path / "c.lens", tmp_path / "t.csv", "--json", code=3)
    report = json.loads(result.stdout)
    assert (report["embedded"], report["bad"]) == (1, 1)
    (row,) = [json.loads(line) for line in Path(report["bad_rows_file"]).read_text().splitlines()]
    assert row["product_id"] == "b"
    assert row["where"].endswith("t.csv:3")
    assert "missing.jpg" in row["reason"]


def test_a_mapped_column_may_serve_two_fields(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"photo,category\n{shop}/p0/0.jpg,hat\n{shop}/p1/0.jpg,shoe\n")
    result = shelflens("index", tmp_path / "c.lens", tmp_path / "t.csv", code=1)
    assert "--map product_id=" in result.stderr
    shelflens("index", tmp_path / "c.lens", tmp_path / "t.csv", "--map", "product_id=category", "--quiet")
    found = shelflens("search", tmp_path / "c.lens", shop / "p1" / "0.jpg", "--json", "--filter", "category = shoe")
    assert [match["product_id"] for match in json.loads(found.stdout)["matches"]] == ["shoe"]


def test_search_prints_matches_best_first(catalogue: Path, shop: Path) -> None:
    answer = json.loads(shelflens("search", catalogue, shop / "p3" / "1.jpg", "--k", 3, "--json").stdout)
    scores = [match["score"] for match in answer["matches"]]
    assert len(scores) == 3 and scores == sorted(scores, reverse=True)
    assert answer["matches"][0]["product_id"] == "p3"
    assert answer["matches"][0]["photo"] == str(shop / "p3" / "1.jpg")
    assert answer["embed_ms"] > 0
    text = shelflens("search", catalogue, shop / "p3" / "1.jpg", "--k", 3).stdout
    assert "p3" in text.splitlines()[0]


def test_search_by_a_product_of_the_catalogue(catalogue: Path) -> None:
    answer = json.loads(shelflens("search", catalogue, "--like", "p2", "--json").stdout)
    assert answer["embed_ms"] == 0
    assert "p2" not in [match["product_id"] for match in answer["matches"]]


def test_distances_have_their_own_threshold(catalogue: Path, shop: Path) -> None:
    photo = shop / "p3" / "1.jpg"
    found = shelflens("search", catalogue, photo, "--metric", "euclidean", "--max-distance", "0.1", "--json")
    assert [match["product_id"] for match in json.loads(found.stdout)["matches"]] == ["p3"]
    shelflens("search", catalogue, photo, "--metric", "euclidean", "--min-score", "0.1", code=2)
    shelflens("search", catalogue, photo, "--max-distance", "0.1", code=2)


def test_a_sheet_is_one_page_with_the_pictures_inside(catalogue: Path, shop: Path, tmp_path: Path) -> None:
    shelflens("search", catalogue, shop / "p3" / "1.jpg", "--sheet", tmp_path / "out.html")
    page = (tmp_path / "out.html").read_text()
    assert page.count("data:image/jpeg;base64,") >= 9  # the query and eight products
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_evaluate_prints_the_promised_keys(catalogue: Path, shop: Path, tmp_path: Path) -> None:
    rows = [f"{shop}/p{n}/2.jpg,p{n},kind{n % 2}" for n in range(8)]
    (tmp_path / "q.csv").write_text("\n".join(["photo,product_id,category", *rows]))
    report = tmp_path / "report"
    result = shelflens("evaluate", catalogue, "--queries", tmp_path / "q.csv", "--json", "--report", report)
    scores = json.loads(result.stdout)
    promised = {"recall@1", "recall@5", "recall@10", "precision@1", "map", "map@r", "ndcg@10", "mrr", "queries"}
    assert promised | {"intervals", "per_category"} <= set(scores)
    assert scores["recall@1"] == 1.0  # every query is a photo of the catalogue itself
    assert scores["queries"] == 8
    assert (report / "index.html").read_text().startswith("<!doctype html>")


def test_info_remove_and_export(shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.lens"
    shelflens("index", path, shop, "--quiet")
    before = json.loads(shelflens("info", path, "--json").stdout)
    assert (before["products"], before["photos"], before["model"]) == (8, 24, "lite0")
    shelflens("remove", path, "p0", "p1")
    assert json.loads(shelflens("remove", path, "p0", "p2", "--json", code=1).stdout) == {
        "removed": 1,
        "unknown": ["p0"],
    }
    exported = json.loads(shelflens("export", path, tmp_path / "out.parquet", "--json").stdout)
    assert exported["rows"] == 15
    assert json.loads(shelflens("info", path, "--json").stdout)["products"] == 5


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["search", "nowhere.lens", "x.jpg"], 1, "no catalogue"),
        (["index", "c.lens", "nowhere"], 1, "nowhere"),
        (["search", "c.lens"], 2, "PHOTO"),
        (["index", "c.lens", "x.csv", "--map", "sku"], 2, "FIELD=COLUMN"),
        (["search", "c.lens", "x.jpg", "--box", "0.5,0,0.1,1"], 2, "fractions"),
    ],
)
def test_a_mistake_gets_one_line_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = shelflens(*words, code=code)
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_the_installed_command_starts() -> None:
    done = subprocess.run([sys.executable, "-m", "shelflens", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("shelflens, version ")


def test_models_are_listed_with_what_follows_a_colon() -> None:
    lines = shelflens("models", "list").stdout.splitlines()
    assert "lite0" in lines
    assert any(line.startswith("joined:lite0,lite2") for line in lines)
    assert any(line.startswith("hub:dinov2-small") and "Apache-2.0" in line for line in lines)


def test_a_verifier_that_lacks_what_it_needs_changes_nothing(shop: Path, tmp_path: Path) -> None:
    """OpenCV is hidden from a process of its own."""
    code = (
        "import sys; sys.modules['cv2'] = None\n"
        "from shelflens.cli.main import main\n"
        f"main(['index', {str(tmp_path / 'c.lens')!r}, {str(shop / 'p0')!r}, '--quiet', '--evidence', 'local'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'shelflens[evidence]'" in done.stderr
    info = json.loads(shelflens("info", tmp_path / "c.lens", "--json").stdout)
    assert info["photos"] == 3
    found = shelflens("search", tmp_path / "c.lens", shop / "p0" / "1.jpg", "--json").stdout
    assert {one["name"] for one in json.loads(found)["matches"][0]["evidence"]} == {"similarity"}
