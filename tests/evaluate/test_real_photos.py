"""The whole way on real photos: a table of shop photos, the bundled model, the report."""

from __future__ import annotations

import csv
import json
from collections import Counter
from functools import partial
from pathlib import Path

import shelflens
from shelflens.cli.sheets import photo_jpeg
from shelflens.evaluate import evaluation_json, write_report

PRODUCTS = 12


def subset(table: Path, out: Path, *, most: int) -> Path:
    """Up to `most` photos of each of the first products of the table, under absolute paths."""
    taken: Counter[str] = Counter()
    with table.open(newline="", encoding="utf-8") as source, out.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, ["photo", "product_id", "category"])
        writer.writeheader()
        for row in csv.DictReader(source):
            if row["product_id"] not in taken and len(taken) == PRODUCTS:
                continue
            taken[row["product_id"]] += 1
            if taken[row["product_id"]] <= most:
                writer.writerow({**row, "photo": str((table.parent / row["photo"]).resolve())})
    return out


def test_groceries_are_found_by_the_bundled_model(real_data: Path, tmp_path: Path) -> None:
    gallery = subset(real_data / "grocery" / "train.csv", tmp_path / "gallery.csv", most=8)
    queries = subset(real_data / "grocery" / "val.csv", tmp_path / "queries.csv", most=3)
    with shelflens.open(tmp_path / "g.lens", create=True) as catalogue:
        catalogue.index(gallery)
        evaluation = catalogue.evaluate(queries)
        index = write_report(
            evaluation,
            tmp_path / "report",
            read=catalogue.view,
            photo_jpeg=partial(photo_jpeg, catalogue),
        )
    assert evaluation.bad_rows == ()
    assert evaluation.photos > 8 * (PRODUCTS - 1)
    assert evaluation.score("recall@1").value > 0.5  # chance: about 0.1
    assert evaluation.score("recall@5").value > 0.85
    data = json.loads((tmp_path / "report" / "evaluation.json").read_text(encoding="utf-8"))
    assert data == json.loads(json.dumps(evaluation_json(evaluation)))
    assert index.read_text(encoding="utf-8").count("data:image/jpeg") > 10
