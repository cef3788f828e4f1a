"""`shelflens classify` as a person and a program use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from shelflens.cli.main import main


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"no picture")
    return path


def test_json_holds_every_photo_with_its_answers_and_groups(model: Path, shop: Path) -> None:
    photos = [shop / "p2" / "0.jpg", shop / "p5" / "2.jpg"]
    ran = CliRunner().invoke(main, ["classify", str(model), *map(str, photos), "--k", "8", "--json"])
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    assert found["model"] == "shapes" and found["target"] == "product_id" and found["bad_photos"] == []
    assert [one["photo"] for one in found["photos"]] == list(map(str, photos))
    assert [one["answers"][0]["label"] for one in found["photos"]] == ["p2", "p5"]
    assert [one["groups"]["category"][0]["label"] for one in found["photos"]] == ["even", "odd"]
    for one in found["photos"]:
        shares = [answer["probability"] for answer in one["answers"]]
        assert shares == sorted(shares, reverse=True) and sum(shares) == pytest.approx(1, abs=1e-5)
        odd = sum(answer["probability"] for answer in one["answers"] if int(answer["label"][1:]) % 2)
        coarse = {answer["label"]: answer["probability"] for answer in one["groups"]["category"]}
        assert coarse["odd"] == pytest.approx(odd, abs=1e-5)


def test_a_bad_photo_is_reported_and_the_rest_goes_on(model: Path, shop: Path, broken: Path) -> None:
    ran = CliRunner().invoke(main, ["classify", str(model), str(broken), str(shop / "p3" / "0.jpg"), "--json"])
    assert ran.exit_code == 3
    found = json.loads(ran.stdout)
    assert [one["answers"][0]["label"] for one in found["photos"]] == ["p3"]
    assert [bad["photo"] for bad in found["bad_photos"]] == [str(broken)]
    assert "not a picture" in found["bad_photos"][0]["reason"]


def test_only_bad_photos_is_an_error(model: Path, broken: Path) -> None:
    ran = CliRunner().invoke(main, ["classify", str(model), str(broken)])
    assert ran.exit_code == 1
    assert "not a picture" in ran.stderr and ran.stdout == ""


def test_the_table_shows_photo_answer_and_probability(model: Path, shop: Path) -> None:
    ran = CliRunner().invoke(main, ["classify", str(model), str(shop / "p6" / "1.jpg"), "--k", "2"])
    assert ran.exit_code == 0
    first = next(line for line in ran.stdout.splitlines() if "1.jpg" in line)
    assert "p6" in first and "even" in first and "%" in first and "█" in first


def test_what_is_no_model_is_one_line_and_exit_code_1(shop: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["classify", str(tmp_path), str(shop / "p6" / "1.jpg")])
    assert ran.exit_code == 1 and ran.stderr.count("\n") == 1 and "model.onnx" in ran.stderr
