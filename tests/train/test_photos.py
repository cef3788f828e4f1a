"""Rows to labelled photos, and what is said of those that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("shelflens.train.session", reason="needs pip install 'shelflens[train]'")

from tests.train.conftest import Draw, draw_folders

from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, Columns
from shelflens.train.photos import LabelledPhoto, check_classes, labels_of, limited, read_photos, split_folders


def read(source: Path, target: str = "product_id") -> tuple[list[LabelledPhoto], list[BadRow]]:
    bad: list[BadRow] = []
    return read_photos(str(source), target, role="train", columns=Columns(), on_bad=bad.append), bad


def test_a_folder_is_a_class(folders: Path) -> None:
    photos, bad = read(folders)
    assert len(photos) == 40
    assert check_classes(photos, "product_id") == ["blue", "green", "red", "white"]
    assert not bad


def test_train_and_validation_folders_are_found(tmp_path: Path) -> None:
    draw_folders(tmp_path / "train", photos=2)
    assert split_folders(str(tmp_path)) == (str(tmp_path / "train"), None)
    draw_folders(tmp_path / "validation", photos=2)
    assert split_folders(str(tmp_path)) == (str(tmp_path / "train"), str(tmp_path / "validation"))
    assert split_folders(str(tmp_path / "train")) == (str(tmp_path / "train"), None)


def test_any_column_can_be_learnt(write_table: Draw) -> None:
    rows = [
        {"photo": f"{colour}-{n}.png", "product_id": f"{colour}{n % 2}", "category": colour, "shelf": str(n % 3)}
        for colour in ("red", "blue")
        for n in range(4)
    ]
    table = write_table("shop.csv", rows)
    assert {photo.label for photo in read(table, "category")[0]} == {"red", "blue"}
    assert {photo.label for photo in read(table, "shelf")[0]} == {"0", "1", "2"}


def test_a_row_without_a_label_is_bad_and_the_rest_goes_on(write_table: Draw) -> None:
    rows = [{"photo": f"red-{n}.png", "product_id": f"p{n}", "category": "" if n == 1 else "round"} for n in range(4)]
    photos, bad = read(write_table("shop.csv", rows), "category")
    assert len(photos) == 3
    assert [(row.where, "category" in row.reason) for row in bad] == [("shop.csv:3", True)]


def test_a_column_that_is_not_there_is_an_error_that_names_the_nearest(write_table: Draw) -> None:
    table = write_table("shop.csv", [{"photo": "red-1.png", "product_id": "a", "category": "x"}])
    with pytest.raises(SourceError, match=r"'categorie'.*did you mean --target category"):
        read(table, "categorie")


def test_a_single_class_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    photos, _ = read(draw_folders(tmp_path / "shop", classes=("red",)))
    with pytest.raises(SourceError, match=r"'red'; learning needs two classes.*--target"):
        check_classes(photos, "product_id")


def test_a_class_with_one_photo_is_an_error_that_names_it(tmp_path: Path) -> None:
    folder = draw_folders(tmp_path / "shop", classes=("red", "blue"))
    draw_folders(tmp_path / "more", photos=1, classes=("green",))
    (tmp_path / "more" / "green").rename(folder / "green")
    with pytest.raises(SourceError, match="'green': 1 usable photo; a class needs 2"):
        check_classes(read(folder)[0], "product_id")


def test_an_empty_class_folder_is_reported(tmp_path: Path) -> None:
    folder = draw_folders(tmp_path / "shop", photos=2, classes=("red", "blue"))
    (folder / "green").mkdir()
    _, bad = read(folder)
    assert [(Path(row.where).name, "without photos" in row.reason) for row in bad] == [("green", True)]


def test_a_limit_draws_the_same_photos_for_the_same_seed(folders: Path) -> None:
    photos, _ = read(folders)
    few = limited(photos, 3, seed=1)
    assert len(few) == 12
    assert few == limited(photos, 3, seed=1)
    assert few != limited(photos, 3, seed=2)
    assert limited(photos, None, seed=1) == photos


def test_a_coarser_column_becomes_a_group(write_table: Draw) -> None:
    rows = [
        {"photo": f"red-{n}.png", "product_id": f"p{n % 3}", "category": "AAB"[n % 3], "shelf": str(n)}
        for n in range(6)
    ]
    photos, _ = read(write_table("shop.csv", rows))
    labels = labels_of(["p0", "p1", "p2"], photos, "product_id")
    assert [(group.name, group.of_labels) for group in labels.groups] == [("category", ("A", "A", "B"))]
