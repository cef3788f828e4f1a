"""`shelflens anomaly` as a person and a program use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from shelflens.cli.main import main
from shelflens.demo.assortment import Item
from shelflens.demo.inspection import draw_inspection


def run(*arguments: object) -> tuple[int, str, str]:
    ran = CliRunner().invoke(main, ["anomaly", *map(str, arguments)])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.stdout, ran.stderr


@pytest.fixture(scope="module")
def drawn(item: Item, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_inspection(tmp_path_factory.mktemp("inspection"), item, good=6, checked=1)


def test_fit_then_score(drawn: Path, tmp_path: Path) -> None:
    (drawn / "good" / "broken.jpg").write_bytes(b"no picture")
    code, out, _ = run("fit", drawn / "good", "--out", tmp_path / "good.model", "--json")
    fitted = json.loads(out)
    assert code == 3 and fitted["photos"] == 6 and len(fitted["bad_photos"]) == 1
    code, out, _ = run("score", tmp_path / "good.model", drawn / "check", "--json")
    found = json.loads(out)
    assert code == 0 and found["threshold"] == fitted["threshold"]
    scores = {Path(one["photo"]).parent.name: one for one in found["photos"]}
    assert len(scores) == 6
    assert scores["tear"]["score"] > scores["good"]["score"] and not scores["good"]["suspicious"]
    assert all(one["suspicious"] == (one["score"] > found["threshold"]) for one in scores.values())
    assert all(0 <= share <= 1 for share in scores["tear"]["at"])


def test_the_page_shows_the_most_unusual_first(drawn: Path, model_file: Path, tmp_path: Path) -> None:
    photos = sorted(drawn.glob("check/*/*.jpg"))[:3]
    code, out, errors = run("score", model_file, *photos, tmp_path / "gone.jpg", "--sheet", tmp_path / "sheet.html")
    assert code == 3 and "gone.jpg" in errors and "sheet.html" in out
    page = (tmp_path / "sheet.html").read_text(encoding="utf-8")
    assert page.count("<img ") == 6 and "<script" not in page
    shown = [float(part.split("<")[0]) for part in page.split('<span class="number">')[1:]]
    assert len(shown) == 3 and shown == sorted(shown, reverse=True)


def test_what_is_no_model_or_no_folder_is_one_line(tmp_path: Path, drawn: Path) -> None:
    photo = next(drawn.glob("check/*/*.jpg"))
    for arguments in (("score", tmp_path / "none", photo), ("fit", tmp_path / "none", "--out", tmp_path / "m")):
        code, out, errors = run(*arguments)
        assert code == 1 and out == "" and errors.count("\n") == 1
