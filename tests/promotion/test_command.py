"""`shelflens promote` as a shell runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.cli.command import shelflens

from shelflens.assemble import Catalogue


@pytest.fixture
def path(catalogue: Catalogue) -> Path:
    return catalogue.directory


def test_refusal_has_its_own_exit_code_and_a_page_that_says_why(
    path: Path, blind: Path, queries: Path, tmp_path: Path
) -> None:
    result = shelflens("promote", path, blind, "--queries", queries, "--json", "--report", tmp_path / "r", code=4)
    found = json.loads(result.stdout)
    assert (found["switched"], found["lacking"], found["interrupted"]) == (False, 0, False)
    assert found["old"]["model"] == "lite0"
    comparison = found["comparison"]
    assert (comparison["queries"], comparison["occasions"], comparison["better"]) == (8, 8, False)
    assert comparison["recall@1"]["old"] > comparison["recall@1"]["new"]
    assert json.loads((tmp_path / "r" / "promotion.json").read_text()) == found
    page = (tmp_path / "r" / "index.html").read_text()
    assert "Searches still use lite0." in page
    assert page.count('class="panel case"') == comparison["lost"] + comparison["won"]
    assert "not surely an improvement" in page


def test_there_and_back_and_the_old_space_dropped(path: Path, blind: Path, queries: Path) -> None:
    result = shelflens("promote", path, blind, "--queries", queries, "--force")
    assert "Searches use onnx:" in result.stdout
    assert json.loads(shelflens("info", path, "--json").stdout)["model"].startswith("onnx:")
    assert "searches use lite0 again" in shelflens("promote", path, "--rollback").stdout
    assert "nothing to roll back" in shelflens("promote", path, "--rollback", code=1).stderr
    assert "0 photos embedded; 0 still have no vector" in shelflens("promote", path, "--fill", "--quiet").stdout
    assert "16 vectors of onnx:" in shelflens("promote", path, "--drop-old").stdout
    assert json.loads(shelflens("promote", path, "--drop-old", "--json").stdout) == {"dropped": []}


def test_what_is_to_be_done_must_be_said_once(path: Path, blind: Path) -> None:
    assert "give a MODEL" in shelflens("promote", path, code=2).stderr
    assert "give a MODEL" in shelflens("promote", path, blind, "--rollback", code=2).stderr


def test_an_unknown_model_is_named(path: Path) -> None:
    assert "no embedder called 'lite9'" in shelflens("promote", path, "lite9", code=1).stderr


def test_info_counts_the_photos_that_searches_do_not_find(
    blind: Path, queries: Path, shop: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """New photos get both vectors while there is a way back; not those that come while the former model is away."""
    path, model, away = tmp_path / "weak.lens", tmp_path / "blind", tmp_path / "away"
    shutil.copytree(blind, model)
    shelflens("index", path, shop / "p0", "--model", f"onnx:{model}/model.onnx", "--quiet")
    shelflens("promote", path, "lite0", "--queries", queries, "--force")
    shelflens("index", path, shop / "p1", "--quiet")
    model.rename(away)
    shelflens("index", path, shop / "p2", "--quiet")
    assert "new photos get no vector in space" in caplog.text
    away.rename(model)
    assert json.loads(shelflens("info", path, "--json").stdout)["lacking"] == 0
    assert "3 photos, indexed since" in shelflens("promote", path, "--rollback").stdout
    assert json.loads(shelflens("info", path, "--json").stdout)["lacking"] == 3
    assert "promote" in shelflens("info", path).stdout
    assert json.loads(shelflens("promote", path, "--fill", "--json").stdout)["lacking"] == 0
