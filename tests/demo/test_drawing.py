from __future__ import annotations

import csv
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from PIL import Image

from shelflens.demo import Demo, draw
from shelflens.demo.assortment import MOST, assortment
from shelflens.demo.package import View
from shelflens.demo.shapes import SHAPES, package


class Watched(Protocol):
    """As in conftest, which importlib mode does not let tests import."""

    @property
    def demo(self) -> Demo: ...
    @property
    def steps(self) -> list[tuple[int, int]]: ...


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_equal_seeds_give_equal_bytes_whatever_the_number_of_workers(demo: Demo, tmp_path: Path) -> None:
    again = draw(tmp_path, seed=7, products=demo.products, workers=2)
    assert _files(again.folder) == _files(demo.folder)


def test_another_seed_gives_other_photos_of_the_same_products(demo: Demo, other: Watched) -> None:
    mine, theirs = _rows(demo.queries)[0], _rows(other.demo.queries)[0]
    assert mine["product_id"] == theirs["product_id"]
    assert (demo.folder / mine["photo"]).read_bytes() != (other.demo.folder / theirs["photo"]).read_bytes()


def test_tables_and_files_tell_the_same(demo: Demo) -> None:
    tables = [_rows(table) for table in (demo.catalogue, demo.queries, demo.unknown)]
    listed = [row["photo"] for rows in tables for row in rows]
    assert len(set(listed)) == len(listed)
    assert set(listed) == {name for name in _files(demo.folder) if name.endswith(".jpg")}
    assert [len(rows) for rows in tables] == [demo.catalogue_photos, demo.query_photos, demo.unknown_photos]
    for name in listed:
        with Image.open(demo.folder / name) as photo:
            assert photo.format == "JPEG" and photo.mode == "RGB" and min(photo.size) >= 640


def test_queries_are_of_the_catalogue_and_unknown_ones_are_not(demo: Demo) -> None:
    sold = {row["product_id"] for row in _rows(demo.catalogue)}
    assert len(sold) == demo.products
    assert {row["product_id"] for row in _rows(demo.queries)} == sold
    assert sold.isdisjoint(row["product_id"] for row in _rows(demo.unknown))


def test_one_shop_photo_in_three_shows_the_barcode(demo: Demo) -> None:
    truth = [row["barcode_visible"] for row in _rows(demo.queries)]
    assert truth.count("true") == demo.products and truth.count("false") == 2 * demo.products


def test_catalogue_rows_hold_what_a_feed_reads(demo: Demo) -> None:
    first = _rows(demo.catalogue)[0]
    assert first["product_id"] == "solara-orange" and first["title"] == "Solara Juice Orange 1 L"
    assert first["title_zh"].startswith("索拉拉") and first["gtin"].isdecimal() and float(first["price"]) > 0


def test_progress_counts_every_picture_to_the_end(other: Watched) -> None:
    total = other.demo.catalogue_photos + other.demo.query_photos + other.demo.unknown_photos
    assert other.steps[-1] == (total, total) and other.steps == sorted(other.steps)


@pytest.mark.parametrize("shape", sorted({item.brand.shape for item in assortment(MOST)}))
def test_a_package_fills_its_cutout_and_touches_no_edge(shape: str) -> None:
    item = next(item for item in assortment(MOST) if item.brand.shape == shape)
    assert shape in SHAPES
    cutout = package(item, View.CODE, np.random.default_rng(1)).image
    alpha = np.asarray(cutout.getchannel("A"))
    assert (alpha > 250).mean() > 0.3  # a pump is the thinnest
    left, top, right, bottom = cutout.getchannel("A").getbbox() or (0, 0, 0, 0)
    assert right - left > 0.9 * cutout.width and bottom - top > 0.9 * cutout.height
