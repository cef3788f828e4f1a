"""Searching a real catalogue: real pictures, the bundled model, SQLite and the vector index."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import shelflens
from shelflens.errors import CatalogueError, FilterError, PictureError, SpaceError
from shelflens.search import PhotoLike
from shelflens.types import Box, Metric


@pytest.fixture(scope="module")
def catalogue(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[shelflens.Catalogue]:
    folder = tmp_path_factory.mktemp("search")
    table = folder / "products.csv"
    lines = ["product_id,title,category,price,colours,photo"]
    for product in range(8):
        for number in range(2):  # the third photo is left for queries
            kind = ("round", "square")[product % 2]
            lines.append(
                f"p{product},Product {product},{kind},{10 * product},c{product},{shop}/p{product}/{number}.jpg"
            )
    table.write_text("\n".join(lines))
    with shelflens.open(folder / "shop.lens", create=True) as opened:
        report = opened.index(table)
        assert (report.embedded, report.bad) == (16, 0)
        yield opened


def test_a_photo_finds_its_product_first(catalogue: shelflens.Catalogue, shop: Path) -> None:
    for product in range(8):
        match = catalogue.search(shop / f"p{product}" / "2.jpg", k=1)[0]
        assert match.product.product_id == f"p{product}"
        assert match.product.title == f"Product {product}"
        assert match.photo.product_id == match.product.product_id
        assert match.hits[0].score == match.score == max(hit.score for hit in match.hits)


def test_a_catalogue_photo_finds_itself_with_cosine_one(catalogue: shelflens.Catalogue, shop: Path) -> None:
    match = catalogue.search(shop / "p3" / "1.jpg", k=1)[0]
    assert match.photo.source == str(shop / "p3" / "1.jpg")
    assert match.score == pytest.approx(1, abs=2e-3)


def test_path_bytes_image_and_array_give_the_same_answer(catalogue: shelflens.Catalogue, shop: Path) -> None:
    path = shop / "p4" / "2.jpg"
    with Image.open(path) as image:
        image.load()
    asked: list[PhotoLike] = [path, str(path), path.read_bytes(), image, np.asarray(image)]
    answers = [[(m.product.product_id, m.score) for m in catalogue.search(photo)] for photo in asked]
    assert all(answer == answers[0] for answer in answers)


def test_each_product_is_found_once_and_k_bounds_them(catalogue: shelflens.Catalogue, shop: Path) -> None:
    for k in (1, 3, 8, 50):
        ids = [match.product.product_id for match in catalogue.search(shop / "p0" / "2.jpg", k=k)]
        assert len(ids) == len(set(ids)) == min(k, 8)


def test_pooled_cosines_fall_and_euclidean_ranks_alike(catalogue: shelflens.Catalogue, shop: Path) -> None:
    photo = shop / "p5" / "2.jpg"
    cosine = catalogue.search(photo)
    euclidean = catalogue.search(photo, metric=Metric.EUCLIDEAN)
    assert [m.product for m in cosine] == [m.product for m in euclidean]
    assert [m.pooled for m in cosine] == sorted((m.pooled for m in cosine), reverse=True)
    for near, far in zip(cosine, euclidean, strict=True):
        assert far.score == pytest.approx(np.sqrt(2 - 2 * near.score), abs=1e-4)


def test_the_threshold_leaves_out_what_is_farther(catalogue: shelflens.Catalogue, shop: Path) -> None:
    photo = shop / "p6" / "2.jpg"
    everything = catalogue.search(photo)
    near = catalogue.search(photo, threshold=everything[2].score)
    assert [(m.product, m.score) for m in near] == [(m.product, m.score) for m in everything[:3]]
    assert all(hit.score >= everything[2].score for match in near for hit in match.hits)
    distances = catalogue.search(photo, metric=Metric.EUCLIDEAN)
    assert len(catalogue.search(photo, metric=Metric.EUCLIDEAN, threshold=distances[2].score + 1e-6)) == 3


def test_filters_hold_for_every_match_and_hide_nothing(catalogue: shelflens.Catalogue, shop: Path) -> None:
    photo = shop / "p1" / "2.jpg"
    everything = catalogue.search(photo, k=8)
    for text, meeting in {
        'category = "round"': {"p0", "p2", "p4", "p6"},
        "price >= 20 and price < 60": {"p2", "p3", "p4", "p5"},
        "not category = round and colours in (c1, c3)": {"p1", "p3"},
        "price = -1": set(),
    }.items():
        expected = [(match.product, match.score) for match in everything if match.product.product_id in meeting]
        found = catalogue.search(photo, k=8, filter=text)
        assert [(match.product, match.score) for match in found] == expected


def test_several_photos_of_one_thing_are_one_query(catalogue: shelflens.Catalogue, shop: Path) -> None:
    match = catalogue.search(shop / "p2" / "0.jpg", shop / "p2" / "1.jpg", shop / "p2" / "2.jpg", k=1)[0]
    assert match.product.product_id == "p2"


def test_like_leaves_the_product_itself_out(catalogue: shelflens.Catalogue) -> None:
    matches = catalogue.like("p2", k=8)
    assert len(matches) == 7
    assert "p2" not in [match.product.product_id for match in matches]


def test_a_box_searches_for_what_is_in_it(catalogue: shelflens.Catalogue, shop: Path) -> None:
    both = Image.new("RGB", (640, 300))
    for place, product in enumerate((0, 5)):
        with Image.open(shop / f"p{product}" / "2.jpg") as photo:
            both.paste(photo, (320 * place, 0))
    assert catalogue.search(both, k=1, box=Box(0, 0, 0.5, 1))[0].product.product_id == "p0"
    assert catalogue.search(both, k=1, box=Box(0.5, 0, 1, 1))[0].product.product_id == "p5"


def test_bad_questions_get_clear_errors(catalogue: shelflens.Catalogue, shop: Path, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"none\.jpg"):
        catalogue.search(tmp_path / "none.jpg")
    with pytest.raises(FilterError, match="operator"):
        catalogue.search(shop / "p0" / "0.jpg", filter="price")
    with pytest.raises(CatalogueError, match="no product 'p99'"):
        catalogue.like("p99")
    with pytest.raises(CatalogueError, match="k must be"):
        catalogue.search(shop / "p0" / "0.jpg", k=0)
    with pytest.raises(CatalogueError, match="at least one picture"):
        catalogue.search()
    with pytest.raises(CatalogueError, match=r"no catalogue at .*shelflens index"):
        shelflens.open(tmp_path / "nothing.lens")


def test_add_change_and_delete_are_found_at_once(shop: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    shutil.copytree(shop, photos)
    shutil.move(photos / "p7", tmp_path / "p7")
    query = tmp_path / "p7" / "2.jpg"
    path = tmp_path / "c.lens"
    with shelflens.open(path, create=True) as writer, shelflens.open(path) as reader:
        writer.index(photos)
        assert "p7" not in [m.product.product_id for m in reader.search(query)]
        shutil.move(tmp_path / "p7", photos / "p7")
        writer.index(photos)
        assert reader.search(photos / "p7" / "2.jpg", k=1)[0].product.product_id == "p7"
        (photos / "p7" / "2.jpg").write_bytes((photos / "p0" / "2.jpg").read_bytes())  # a changed photo
        report = writer.index(photos)
        assert (report.embedded, report.reused, report.unchanged) == (0, 1, 23)
        found = reader.search(photos / "p0" / "2.jpg", k=2)
        assert {m.product.product_id for m in found} == {"p0", "p7"}
        assert writer.remove(["p7", "p99"]) == 1
        assert "p7" not in [m.product.product_id for m in reader.search(photos / "p0" / "2.jpg", k=8)]


def test_vectors_of_two_spaces_never_meet(shop: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "c.lens", create=True, model="lite0") as catalogue:
        catalogue.index(shop / "p0")
    with (
        shelflens.open(tmp_path / "c.lens", create=True, model="lite0-fp32") as catalogue,
        pytest.raises(SpaceError, match="holds vectors of lite0"),
    ):
        catalogue.index(shop / "p1")


def test_the_next_opening_finds_the_same_from_its_snapshot_or_without(shop: Path, tmp_path: Path) -> None:
    path, query = tmp_path / "c.lens", shop / "p1" / "2.jpg"
    with shelflens.open(path, create=True) as catalogue:
        catalogue.index(shop)
        before = catalogue.search(query)
    snapshots = list((path / "index").iterdir())
    assert snapshots
    with shelflens.open(path) as catalogue:
        assert catalogue.search(query) == before
    for snapshot in snapshots:
        snapshot.write_bytes(snapshot.read_bytes()[: snapshot.stat().st_size // 2])
    with shelflens.open(path) as catalogue:
        assert catalogue.search(query) == before
    shutil.rmtree(path / "index")
    with shelflens.open(path) as catalogue:
        assert catalogue.search(query) == before
