"""`shelflens evaluate-model` as a person and a program use it, on drawn and on real photos."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.trained import train_model

from shelflens.assess import Assessment, assessment_json
from shelflens.cli.main import main
from shelflens.picture import open_file

from .conftest import KNOWN


def run(*arguments: object) -> tuple[int, str, str]:
    ran = CliRunner().invoke(main, ["evaluate-model", *map(str, arguments)])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.stdout, ran.stderr


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_json_is_one_object_and_nothing_else(model_folder: Path, paints: Path, found: Assessment) -> None:
    code, out, _ = run(model_folder, "--data", paints / "val", "--json")
    assert code == 0
    assert json.loads(out) == json.loads(json.dumps({**assessment_json(found), "bad_rows": 0}))


def test_a_table_a_gallery_and_a_report(model_folder: Path, paints: Path, tmp_path: Path) -> None:
    table = tmp_path / "val.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "sku"])
        writer.writerows([photo, photo.parent.name] for photo in sorted(paints.glob("val/*/*.png")))
        writer.writerow([tmp_path / "gone.png", "paint-1"])
    mapping = ["--map", "product_id=sku", "--map", "photo=file"]
    folder = tmp_path / "report"
    code, out, errors = run(model_folder, "--data", table, *mapping, "--report", folder)
    assert code == 3 and "gone.png" in errors
    assert "accuracy_category" in out and "recall@1 unseen" in out and str(folder / "index.html") in out
    assert (folder / "index.html").stat().st_size > 50_000
    code, out, _ = run(model_folder, "--data", paints / "val", "--gallery", paints / "train", "--json")
    against = json.loads(out)
    assert code == 0 and against["gallery_photos"] == len(list(paints.glob("train/*/*.png")))
    assert against["unseen"]["queries"] + against["seen"]["queries"] == against["queries"]


def test_a_table_of_photos_and_labels_alone_needs_no_product_ids(shop: Path, tmp_path: Path) -> None:
    photos = sorted(shop.glob("p[0-3]/*.jpg"))
    kinds = {f"p{number}": "round" if number == 0 else "edged" for number in range(4)}
    truths = [kinds[photo.parent.name] for photo in photos]
    model = train_model(tmp_path / "kinds", [open_file(photo).image for photo in photos], truths, target="kind")
    table = tmp_path / "kinds.csv"
    lines = [f"{photo},{truth}" for photo, truth in zip(photos, truths, strict=True)]
    table.write_text("\n".join(["photo,kind", *lines]), encoding="utf-8")
    code, out, _ = run(model, "--data", table, "--json")
    found = json.loads(out)
    assert code == 0 and found["accuracy"] == 1.0 and found["target"] == "kind"
    table.write_text("picture_of,colour\na.jpg,red\n", encoding="utf-8")
    code, _, errors = run(model, "--data", table)
    assert code == 1 and "no column for product_id" in errors


def test_an_embedder_by_name_is_compared_by_its_vectors(paints: Path) -> None:
    code, out, _ = run("lite0", "--data", paints / "val")
    assert code == 0 and "recall@1" in out and "accuracy" not in out


def test_data_of_other_labels_say_so(model_folder: Path, shop: Path) -> None:
    code, out, errors = run(model_folder, "--data", shop)
    assert code == 0 and "recall@1" in out
    assert (
        "none is of a class of the model, which knows paint-0, paint-1, paint-2, paint-3, paint-4 and 1 more" in errors
    )
    assert KNOWN == 6


def test_what_is_no_model_or_no_source_is_one_line(model_folder: Path, tmp_path: Path, paints: Path) -> None:
    for arguments in ((tmp_path, "--data", paints / "val"), (model_folder, "--data", tmp_path / "none.csv")):
        code, out, errors = run(*arguments)
        assert code == 1 and out == "" and errors.count("\n") == 1


def test_groceries_are_told_by_a_head_on_the_bundled_model(real_data: Path, tmp_path: Path) -> None:
    """Twelve products, eight photos each; the validation photos of them, and of four that are new."""
    folder = real_data / "grocery"
    taken: dict[str, list[str]] = {}
    for line in rows(folder / "train.csv"):
        taken.setdefault(line["product_id"], []).append(line["photo"])
    products = list(taken)[:24:2]
    photos = [(folder / photo, product) for product in products for photo in taken[product][:8]]
    pictures = [open_file(photo, side=512).image for photo, _ in photos]
    model = train_model(tmp_path / "grocery", pictures, [product for _, product in photos])
    table = tmp_path / "val.csv"
    wanted = {*products, *list(taken)[1:9:2]}
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["photo", "product_id"])
        for line in rows(folder / "val.csv"):
            if line["product_id"] in wanted:
                writer.writerow([folder / line["photo"], line["product_id"]])
    code, out, _ = run(model, "--data", table, "--json")
    found = json.loads(out)
    assert code == 0 and found["accuracy"] > 0.7 and found["top5"] > 0.9
    assert 0 < found["photos_unseen"] < found["photos"]
    assert found["seen"]["recall@1"] > 0.7 and found["auroc_known"] == pytest.approx(0.75, abs=0.25)
