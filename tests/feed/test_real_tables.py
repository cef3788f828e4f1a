"""The tables and folders of real photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, FeedRow, FilePhoto
from shelflens.feed.opening import open_feed

Read = Callable[..., tuple[list[FeedRow], list[BadRow]]]


def paths(rows: list[FeedRow]) -> list[Path]:
    return [place.path for row in rows for place in row.photos if isinstance(place, FilePhoto)]


@pytest.mark.parametrize(("name", "photos", "products"), [("train.csv", 2640, 81), ("val.csv", 296, 60)])
def test_grocery_photos_are_all_there(real_data: Path, read: Read, name: str, photos: int, products: int) -> None:
    good, bad = read(real_data / "grocery" / name)
    assert not bad
    assert len(good) == photos == open_feed(str(real_data / "grocery" / name)).photos()
    assert len({row.product.product_id for row in good}) == products
    assert all(row.product.category and not row.product.attributes for row in good)
    assert all(path.is_file() for path in paths(good))


def test_grocery_catalogue_has_titles_and_one_picture_each(real_data: Path, read: Read) -> None:
    good, bad = read(real_data / "grocery" / "catalogue.csv")
    assert not bad
    assert len(good) == len({row.product.product_id for row in good}) == 81
    assert all(row.product.title and row.product.description and len(row.photos) == 1 for row in good)
    assert all(path.is_file() for path in paths(good))


def test_clothing_is_indexed_by_its_category(real_data: Path, read: Read) -> None:
    table = real_data / "clothing" / "train.csv"
    with pytest.raises(SourceError, match="--map product_id=COLUMN"):
        open_feed(str(table))
    good, bad = read(table, product_id="category")
    assert not bad
    assert len(good) == 3068
    assert all(row.product.product_id == row.product.category for row in good)
    assert len({row.product.product_id for row in good}) == 10


def test_the_folder_of_clothing_is_its_table(real_data: Path, read: Read) -> None:
    listed, _ = read(real_data / "clothing" / "train.csv", product_id="category")
    walked, bad = read(real_data / "clothing" / "train")
    assert not bad
    assert Counter((row.product.product_id, path) for row in listed for path in paths([row])) == Counter(
        (row.product.product_id, path) for row in walked for path in paths([row])
    )


def test_the_folder_of_groceries_is_its_table(real_data: Path, read: Read) -> None:
    listed, _ = read(real_data / "grocery" / "train.csv")
    walked, bad = read(real_data / "grocery" / "train")
    assert not bad
    assert sorted(paths(listed)) == sorted(paths(walked))
    assert len(walked) == 81
