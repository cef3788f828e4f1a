"""Promotion of a model in a real catalogue, through the search that customers use."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import shelflens
from shelflens.assemble import CALIBRATION, RANKING, Catalogue
from shelflens.calibrate.calibration import default_calibration
from shelflens.embed.loading import load_embedder
from shelflens.errors import CatalogueError, ModelError
from shelflens.feed.base import BadRow
from shelflens.search.ranking import SINGLE


def first(catalogue: Catalogue, photo: Path) -> str:
    return catalogue.search(photo, k=1)[0].product.product_id


def test_a_better_model_is_switched_to_and_rolled_back(
    catalogue: Catalogue, blind: Path, queries: Path, shop: Path, tmp_path: Path
) -> None:
    with shelflens.open(tmp_path / "weak.lens", create=True, model=f"onnx:{blind}/model.onnx") as weak:
        weak.index(shop)
        old = weak.space
        promotion = weak.promote("lite0", queries=queries)
        assert (promotion.switched, promotion.reasons, promotion.lacking) == (True, (), 0)
        assert promotion.embedded == 24
        assert promotion.comparison is not None and promotion.comparison.better
        assert promotion.comparison.won
        assert weak.space == promotion.new.space == load_embedder("lite0").manifest.space
        assert first(weak, shop / "p3" / "2.jpg") == "p3"
        with shelflens.open(tmp_path / "weak.lens") as again:
            assert again.info().model == "lite0"
            assert first(again, shop / "p3" / "2.jpg") == "p3"
        back = weak.roll_back()
        assert (back.active.space, back.lacking) == (old, 0)
        assert weak.space == weak.gallery.space == weak.searcher.embedder.manifest.space == old
        with pytest.raises(CatalogueError, match="nothing to roll back"):
            weak.roll_back()


def test_a_worse_model_is_refused_with_the_reason_and_nothing_changes(
    catalogue: Catalogue, blind: Path, queries: Path, shop: Path
) -> None:
    space = catalogue.space
    promotion = catalogue.promote(str(blind), queries=queries)
    assert not promotion.switched
    assert "not surely an improvement" in promotion.reasons[0]
    assert promotion.comparison is not None and promotion.comparison.lost
    assert catalogue.space == space
    assert first(catalogue, shop / "p3" / "2.jpg") == "p3"
    assert catalogue.records.counts().vectors[promotion.new.space] == 16
    assert catalogue.promote(str(blind), queries=queries, force=True).switched
    assert catalogue.info().model == f"onnx:{blind}/model.onnx"


def test_both_spaces_hold_what_their_models_see(catalogue: Catalogue, queries: Path, shop: Path) -> None:
    """The slow twin is a catalogue made with the other model from the start."""
    catalogue.promote("lite2", queries=queries)
    space = load_embedder("lite2").manifest.space
    (pair,) = [photo for _, photo in catalogue.records.photos_of("p5") if photo.source.endswith("0.jpg")]
    with shelflens.open(catalogue.directory.parent / "fresh.lens", create=True, model="lite2") as fresh:
        fresh.index(shop)
        expected = fresh.records.vectors([pair.photo_id], space=space)
    np.testing.assert_array_equal(catalogue.records.vectors([pair.photo_id], space=space), expected)


def test_a_stopped_promotion_goes_on_where_it_stopped(catalogue: Catalogue, blind: Path, queries: Path) -> None:
    new = catalogue.beside(f"onnx:{blind}/model.onnx")
    ids = sorted(photo.photo_id for photo in new.records.unembedded(new.space))
    new.records.add_vectors({i: np.array([1, 0], np.float32) for i in ids[:10]}, space=new.space)
    promotion = catalogue.promote(str(blind), queries=queries)
    assert promotion.embedded == 6
    assert catalogue.records.count_unembedded(promotion.new.space) == 0


def test_photos_that_changed_or_vanished_hold_up_the_switch(
    blind: Path, queries: Path, shop: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(shop, copy)
    bad: list[BadRow] = []
    with shelflens.open(tmp_path / "weak.lens", create=True, model=f"onnx:{blind}/model.onnx") as weak:
        weak.index(copy)
        (copy / "p0" / "0.jpg").unlink()
        (copy / "p1" / "0.jpg").write_bytes((shop / "p1" / "1.jpg").read_bytes())
        promotion = weak.promote("lite0", queries=queries, on_bad=bad.append)
        assert not promotion.switched
        assert promotion.lacking == 2
        assert "--allow-missing" in promotion.reasons[0]
        reasons = {row.product_id: row.reason for row in bad}
        assert "cannot be read again" in reasons["p0"]
        assert "has changed since it was indexed" in reasons["p1"]
        assert weak.promote("lite0", queries=queries, allow_missing=True).switched


def test_photos_indexed_after_the_switch_get_both_vectors_until_the_old_space_is_dropped(
    blind: Path, queries: Path, shop: Path, tmp_path: Path
) -> None:
    with shelflens.open(tmp_path / "weak.lens", create=True, model=f"onnx:{blind}/model.onnx") as weak:
        weak.index(shop / "p0")
        for product in range(1, 8):
            weak.index(_table(tmp_path, shop, product))
        old = weak.space
        assert weak.promote("lite0", queries=queries).switched
        assert weak.index(_one(tmp_path, shop / "p1" / "2.jpg")).embedded == 1
        back = weak.roll_back()
        assert back.lacking == 0
        assert len(weak.gallery) == weak.records.counts().photos
        assert weak.upgrades.switch().switched
        weak.drop_others()
        assert weak.index(_one(tmp_path, shop / "p2" / "2.jpg")).embedded == 1
        assert old not in weak.records.spaces()


def _one(folder: Path, photo: Path) -> Path:
    table = folder / "new.csv"
    table.write_text(f"photo,product_id\n{photo},{photo.parent.name}\n")
    return table


def _table(folder: Path, shop: Path, product: int) -> Path:
    table = folder / f"p{product}.csv"
    table.write_text("photo,product_id\n" + "".join(f"{shop}/p{product}/{n}.jpg,p{product}\n" for n in range(2)))
    return table


def test_a_model_that_was_trained_is_not_asked_what_it_may_know_by_heart(catalogue: Catalogue, trained: Path) -> None:
    with pytest.raises(ModelError, match="--queries TABLE"):
        catalogue.promote(str(trained))
    assert len(catalogue.records.spaces()) == 1


def test_the_model_in_use_is_nothing_to_promote(catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueError, match="uses lite0 already"):
        catalogue.promote("lite0")


def test_a_calibration_is_never_carried_over_but_how_queries_are_looked_at_is(
    catalogue: Catalogue, blind: Path, queries: Path
) -> None:
    catalogue.records.keep(f"{CALIBRATION}@{catalogue.space}", default_calibration().to_json())
    catalogue.records.keep(f"{RANKING}@{catalogue.space}", SINGLE.to_json())
    catalogue.reread()
    assert catalogue.calibrated and catalogue.ranking.views
    promotion = catalogue.promote(str(blind), queries=queries)
    assert any("no longer say how sure" in reason for reason in promotion.reasons)
    catalogue.promote(str(blind), queries=queries, force=True)
    assert (catalogue.calibration, catalogue.calibrated, catalogue.ranking.views) == (None, False, True)
    catalogue.roll_back()
    assert catalogue.calibrated and catalogue.ranking.views


def test_own_photos_are_searched_among_the_others(blind: Path, real_data: Path, tmp_path: Path) -> None:
    rows = (real_data / "grocery" / "train.csv").read_text().splitlines()[1:]
    table = tmp_path / "t.csv"
    chosen = [f"{real_data}/grocery/{row}" for row in rows[::22]]
    table.write_text("photo,product_id,category\n" + "\n".join(chosen) + "\n")
    with shelflens.open(tmp_path / "shop.lens", create=True, model="lite0") as good:
        good.index(table)
        promotion = good.promote(str(blind))
        assert promotion.comparison is not None
        assert promotion.comparison.data == "the catalogue's own photos"
        difference = promotion.comparison.of("recall@1")
        assert difference.old > 0.25 > difference.new
        assert difference.high < 0
        assert not promotion.switched


def test_without_queries_and_second_photos_there_is_nothing_to_compare(blind: Path, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("photo,product_id\n" + "".join(f"{shop}/p{n}/0.jpg,p{n}\n" for n in range(8)))
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        catalogue.index(tmp_path / "t.csv")
        with pytest.raises(CatalogueError, match=r"photos from two occasions.*--queries TABLE"):
            catalogue.promote(str(blind))
        promotion = catalogue.promote(str(blind), force=True)
        assert promotion.switched
        assert promotion.comparison is None


def test_what_is_not_used_can_be_dropped(catalogue: Catalogue, blind: Path, queries: Path, shop: Path) -> None:
    catalogue.promote(str(blind), queries=queries)
    catalogue.beside(f"onnx:{blind}/model.onnx").gallery.save()
    (dropped,) = catalogue.drop_others()
    assert (dropped.model.name, dropped.vectors) == (f"onnx:{blind}/model.onnx", 16)
    assert list(catalogue.records.spaces()) == [catalogue.space]
    assert not list((catalogue.directory / "index").glob(f"{dropped.model.space}*"))
    assert first(catalogue, shop / "p3" / "2.jpg") == "p3"
    assert catalogue.drop_others() == ()
