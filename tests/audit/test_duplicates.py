"""Planted duplicates are found, and nothing else."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import shelflens
from shelflens.assemble import Catalogue
from shelflens.audit.copies import NEAR, SAME, copies
from shelflens.audit.duplicates import Kind, Why, _by_looks
from shelflens.audit.overlap import overlap, sketch
from shelflens.audit.pictures import GalleryPictures
from shelflens.audit.survey import take_survey

COLUMNS = ("photo", "product_id", "title", "brand", "gtin", "size")


@pytest.fixture(scope="module")
def planted(
    grocery_rows: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Catalogue, list[str]]]:
    """Real photos of six products, and what a careless shop adds to them; the products' ids, ascending."""
    folder = tmp_path_factory.mktemp("planted")
    ids = sorted({product for _, product in grocery_rows})[:6]
    photos = {product: [photo for photo, its in grocery_rows if its == product][:8] for product in ids}
    rows = [(photo, product, "", "", "", "") for product in ids for photo in photos[product]]
    shutil.copy(photos[ids[0]][0], folder / "equal.jpg")
    rows.append((str(folder / "equal.jpg"), ids[1], "", "", "", ""))
    picture = Image.open(photos[ids[2]][0]).convert("RGB")
    picture.crop((8, 8, 340, 340)).resize((240, 240)).save(folder / "near.jpg", quality=75)
    rows.append((str(folder / "near.jpg"), ids[3], "", "", "", ""))
    for name, title, brand, gtin, size in (
        ("t1", "Oat Milk", "Oatly", "", "1 l"),
        ("t2", "OAT  MILK!", "oatly", "", "1 l"),
        ("t3", "Oat milk", "Oatly", "", "2 l"),  # another size: another product
        ("g1", "Juice", "", "4006381333931", ""),
        ("g2", "Orange juice", "", "4006381333931", ""),
    ):
        random = np.random.default_rng(list(name.encode()))
        Image.fromarray(random.integers(0, 255, (12, 12, 3), dtype=np.uint8)).resize((200, 200)).save(
            folder / f"{name}.png"
        )
        rows.append((str(folder / f"{name}.png"), name, title, brand, gtin, size))
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as table:
        csv.writer(table).writerows([COLUMNS, *rows])
    with shelflens.open(folder / "d.lens", create=True) as catalogue:
        catalogue.index(folder / "table.csv")
        yield catalogue, ids


def test_equal_and_changed_copies_are_grouped_across_products(planted: tuple[Catalogue, list[str]]) -> None:
    catalogue, ids = planted
    found = catalogue.duplicates()
    across = [group for group in found.photos if len(group.products) > 1]
    assert [(group.kind, group.products) for group in across] == [
        (Kind.EXACT, (ids[0], ids[1])),
        (Kind.NEAR, (ids[2], ids[3])),
    ]
    near = across[1]
    assert near.overlap >= SAME
    assert found.survey.areas[near.keep] == max(found.survey.areas[list(near.places)])  # the larger picture
    assert found.unopened == 0 and found.compared > 0


def test_numbers_and_titles_tell_one_product_under_two_ids(planted: tuple[Catalogue, list[str]]) -> None:
    catalogue, _ = planted
    found = {
        tuple(product.product_id for product in group.products): {reason.why for reason in group.reasons}
        for group in catalogue.duplicates().products
    }
    assert found == {("g1", "g2"): {Why.GTIN}, ("t1", "t2"): {Why.TITLE}}


def test_a_reason_has_apart_what_its_note_names(planted: tuple[Catalogue, list[str]]) -> None:
    catalogue, _ = planted
    reasons = [reason for group in catalogue.duplicates().products for reason in group.reasons]
    assert {reason.why for reason in reasons} == {Why.GTIN, Why.TITLE}
    for reason in reasons:
        assert reason.values
        assert all(str(value) in reason.note for value in reason.values.values())


def test_the_copies_are_those_of_all_pairs(planted: tuple[Catalogue, list[str]]) -> None:
    catalogue, _ = planted
    survey = take_survey(catalogue.gallery)
    fast = copies(survey, catalogue.records, GalleryPictures(catalogue.records))
    photos = catalogue.records.photos(survey.keys.tolist())
    vectors = catalogue.records.vectors(survey.names(range(len(survey))), space=catalogue.space)
    sketches = [sketch(Image.open(photos[int(key)].source).convert("RGB")) for key in survey.keys]
    slow = set()
    for one in range(len(survey)):
        for other in range(one + 1, len(survey)):
            equal = survey.photo_ids[one] == survey.photo_ids[other]
            if equal or (vectors[one] @ vectors[other] >= NEAR and overlap(sketches[one], sketches[other]) >= SAME):
                slow.add((one, other))
    assert {(copy.one, copy.other) for copy in fast.copies} == slow


def test_a_picture_that_many_products_show_does_not_make_them_one(tmp_path: Path, shop: Path) -> None:
    for product in range(8):
        (tmp_path / "s" / f"p{product}").mkdir(parents=True)
        shutil.copy(shop / f"p{product}" / "0.jpg", tmp_path / "s" / f"p{product}" / "0.jpg")
        Image.new("RGB", (200, 200), "white").save(tmp_path / "s" / f"p{product}" / "none.png")
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        catalogue.index(tmp_path / "s")
        found = catalogue.duplicates()
    group = found.photos[0]
    assert (group.kind, len(group.places), len(group.products)) == (Kind.EXACT, 8, 8)
    assert Why.PHOTOS not in {reason.why for it in found.products for reason in it.reasons}


def test_one_product_split_in_two_is_found_by_its_looks(
    survey_of: Callable[..., Any], clusters: Callable[..., Any]
) -> None:
    vectors, products = clusters(6, 20, noise=0.3)
    products = [99 if product == 2 and place % 2 else product for place, product in enumerate(products)]
    assert [reason.products for reason in _by_looks(survey_of(vectors, products))] == [("p002", "p099")]


def test_lost_files_are_counted_and_not_taken_for_copies(tmp_path: Path, shop: Path) -> None:
    shutil.copytree(shop, tmp_path / "s")
    Image.open(shop / "p0" / "0.jpg").save(tmp_path / "s" / "p1" / "copy.jpg", quality=80)
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        catalogue.index(tmp_path / "s")
        shutil.rmtree(tmp_path / "s")
        found = catalogue.duplicates()
    assert found.compared == 0 and found.unopened > 0
    assert all(group.similarity >= 0.995 for group in found.photos)
