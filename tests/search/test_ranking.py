"""How products are ranked by their looks: views, mirror images, whitening; what is kept of it, and what is chosen."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

import shelflens
from shelflens.embed.loading import load_embedder
from shelflens.errors import CatalogueError
from shelflens.feed.base import BadRow
from shelflens.rank import whitening as partial
from shelflens.rank.views import closer
from shelflens.search.grouping import group
from shelflens.search.mirrored import MirroredVectors
from shelflens.search.pooling import pool
from shelflens.search.ranking import (
    SEVERAL,
    SINGLE,
    WHITENED_SHARPNESS,
    Ranker,
    Ranking,
    learned_whitening,
    shipped_ranking,
)
from shelflens.search.searcher import embed_pictures
from shelflens.types import Hit


@pytest.fixture(scope="module")
def catalogue(large_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[shelflens.Catalogue]:
    """Eight products with fifty photos each."""
    with shelflens.open(tmp_path_factory.mktemp("ranking") / "shop.lens", create=True) as opened:
        opened.index(large_shop)
        yield opened


@pytest.fixture(scope="module")
def single(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[shelflens.Catalogue]:
    """Eight products with one photo each, looked at closer."""
    pytest.importorskip("cv2", reason="looking closer needs shelflens[evidence]")
    folder = tmp_path_factory.mktemp("single")
    for product in range(8):
        (folder / "shop" / f"p{product}").mkdir(parents=True)
        shutil.copy(shop / f"p{product}" / "0.jpg", folder / "shop" / f"p{product}" / "0.jpg")
    with shelflens.open(folder / "shop.lens", create=True) as opened:
        opened.index(folder / "shop")
        opened.look_closer(["local"])
        yield opened


def white(catalogue: shelflens.Catalogue) -> partial.Whitening:
    return partial.learn(
        np.concatenate([changes.put_vectors for changes in catalogue.records.changes(catalogue.space, 0)])
    )


def test_a_ranking_is_read_as_it_was_written(catalogue: shelflens.Catalogue) -> None:
    for ranking in (Ranking(), SINGLE, SEVERAL):
        assert Ranking.from_json(ranking.to_json(), where="here") == ranking
    kept = Ranking(whitening=white(catalogue), why="measured")
    read = Ranking.from_json(kept.to_json(), where="here")
    assert read.whitening is not None and kept.whitening is not None
    np.testing.assert_allclose(read.whitening.projection, kept.whitening.projection, rtol=2e-3, atol=1e-4)
    assert read.to_json() == kept.to_json()


@pytest.mark.parametrize("text", ["", "{}", '{"format": 2}', '{"format": 1, "views": true}', "[]"])
def test_what_is_no_ranking_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(CatalogueError, match="shop, ranking"):
        Ranking.from_json(text, where="shop, ranking")


def test_views_are_averaged_and_a_plain_query_is_the_embedders_own(shop: Path) -> None:
    embedder = load_embedder("lite0")
    pictures = [Image.open(shop / f"p{product}" / "1.jpg").convert("RGB") for product in range(3)]
    slow = []
    for picture in pictures:
        total = embedder.embed([picture, ImageOps.mirror(picture), closer(picture)]).sum(axis=0)
        slow.append(total / np.linalg.norm(total))
    np.testing.assert_allclose(embed_pictures(embedder, pictures, SINGLE), slow, atol=1e-6)
    np.testing.assert_array_equal(embed_pictures(embedder, pictures, Ranking()), embedder.embed(pictures))
    assert embed_pictures(embedder, [], SINGLE).shape == (0, embedder.manifest.dimension)


def test_whitened_photos_are_ranked_as_the_slow_way_ranks_them(catalogue: shelflens.Catalogue) -> None:
    records, space = catalogue.records, catalogue.space
    ranker = Ranker(records, space=space, ranking=Ranking(whitening=(whitening := white(catalogue))))
    asked = records.photos_of("p3")[7][1]
    query = records.vectors([asked.photo_id], space=space)[0]
    near = list(catalogue.gallery.neighbours(query[None], 160).row(0))
    photos = records.photos([key for key, _ in near])
    hits = [Hit(photos[key], cosine) for key, cosine in near]
    slow = {}
    for product in {hit.photo.product_id for hit in hits}:
        its = [hit.photo.photo_id for hit in hits if hit.photo.product_id == product]
        scores = [float(whitening(records.vectors([one], space=space))[0] @ whitening(query[None])[0]) for one in its]
        slow[product] = pool([scores], [50], sharpness=WHITENED_SHARPNESS)[0]
    assert max(slow, key=lambda product: slow[product]) == "p3"
    slow["p3"] = 1.0  # one of its photos is the query itself
    found = ranker.matches(query, group(hits))
    assert [match.product.product_id for match in found] == sorted(slow, key=lambda product: -slow[product])
    assert {match.product.product_id: match.pooled for match in found} == pytest.approx(slow, abs=1e-4)
    assert found[0].score == max(hit.score for hit in hits)  # the cosine that is shown stays the plain one


def test_whitening_waits_for_enough_photos(catalogue: shelflens.Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    assert learned_whitening(catalogue.records, space=catalogue.space) is None
    monkeypatch.setattr(partial, "ENOUGH", 400)
    once = learned_whitening(catalogue.records, space=catalogue.space)
    again = learned_whitening(catalogue.records, space=catalogue.space)
    assert once is not None and again is not None
    np.testing.assert_array_equal(once.projection, again.projection)


def test_one_photo_a_product_starts_with_views_and_several_start_plain(
    single: shelflens.Catalogue, catalogue: shelflens.Catalogue
) -> None:
    assert shipped_ranking(photos=10, products=8) == SINGLE
    assert shipped_ranking(photos=16, products=8) == SEVERAL
    assert single.ranking == SINGLE
    assert catalogue.ranking == Ranking()  # nobody looks closer there


def test_a_mirrored_photo_is_nearer_where_photos_are_compared_mirrored(single: shelflens.Catalogue) -> None:
    photo = single.records.photos_of("p5")[0][1]
    picture = Image.open(photo.source).convert("RGB")
    mirrored = embed_pictures(single.embedder, [ImageOps.mirror(picture)], Ranking())[0]
    hits = [(Hit(photo, float(single.records.vectors([photo.photo_id], space=single.space)[0] @ mirrored)),)]
    plain = Ranker(single.records, space=single.space).matches(mirrored, hits)[0]
    both = Ranker(single.records, space=single.space, ranking=SINGLE).matches(mirrored, hits)[0]
    assert both.pooled > plain.pooled
    vector = np.frombuffer(MirroredVectors(single.embedder).describe(picture), "<f2").astype(np.float32)
    assert both.pooled == pytest.approx(float(vector @ mirrored), abs=2e-3)
    assert both.score == plain.score


def test_a_photo_that_was_never_described_is_compared_as_it_is(catalogue: shelflens.Catalogue) -> None:
    photo = catalogue.records.photos_of("p1")[0][1]
    query = catalogue.records.vectors([photo.photo_id], space=catalogue.space)[0]
    hits = [(Hit(photo, 0.5),)]
    found = Ranker(catalogue.records, space=catalogue.space, ranking=SINGLE).matches(query, hits)
    assert found == Ranker(catalogue.records, space=catalogue.space).matches(query, hits)


def test_calibrate_tries_rankings_and_keeps_the_one_that_it_reports(real_data: Path, tmp_path: Path) -> None:
    with (real_data / "grocery" / "train.csv").open(encoding="utf-8", newline="") as listed:
        rows = list(csv.DictReader(listed))
    products = list(dict.fromkeys(row["product_id"] for row in rows))[:14]
    table = _table(tmp_path / "few.csv", real_data / "grocery", rows, products)
    with shelflens.open(tmp_path / "few.lens", create=True) as opened:
        opened.index(table)
        assert not opened.calibrated
        choice = opened.calibrate()
        assert [trial.ranking.views for trial in choice.trials] == [False, True]
        assert len({len(trial.fitted.held_out.right) for trial in choice.trials}) == 1
        assert opened.calibrated and opened.ranking == choice.best.ranking
        assert opened.calibration == choice.best.fitted.calibration
        assert json.loads(opened.ranking.to_json())["why"] == "measured on the catalogue's own photos"


def test_calibrate_learns_from_photos_that_customers_took(real_data: Path, tmp_path: Path) -> None:
    grocery = real_data / "grocery"
    tables = {name: (grocery / f"{name}.csv").read_text(encoding="utf-8") for name in ("train", "val")}
    listed = {name: list(csv.DictReader(text.splitlines())) for name, text in tables.items()}
    products = list(dict.fromkeys(row["product_id"] for row in listed["val"]))[:14]
    queries = _table(tmp_path / "queries.csv", grocery, listed["val"], products)
    with queries.open("a", encoding="utf-8") as file:
        file.write(f"gone.jpg,{products[0]}\n")
    bad: list[BadRow] = []
    with shelflens.open(tmp_path / "few.lens", create=True) as opened:
        opened.index(_table(tmp_path / "few.csv", grocery, listed["train"], products))
        choice = opened.calibrate(queries, on_bad=bad.append)
        learnt = choice.best.fitted.calibration.provenance
        assert (learnt.queries, learnt.products) == (len(queries.read_text().splitlines()) - 2, 14)
        assert [row.where for row in bad] == [f"queries.csv:{learnt.queries + 2}"]
        assert json.loads(opened.ranking.to_json())["why"] == "measured on the queries that were given"
        # A query whose very bytes are in the catalogue finds its product by other photos, not by itself.
        own = opened.calibrate(tmp_path / "few.csv").best
        assert own.right < 1


def _table(path: Path, folder: Path, rows: list[dict[str, str]], products: list[str]) -> Path:
    """About eight photos of each product."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["photo", "product_id"])
        for product in products:
            its = [row for row in rows if row["product_id"] == product]
            writer.writerows([folder / row["photo"], product] for row in its[:: max(1, len(its) // 8)])
    return path
