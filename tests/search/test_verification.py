"""Looking closer: what tells apart what the embedding takes for the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import shelflens
from shelflens.demo import draw
from shelflens.errors import ShelflensError
from shelflens.feed.base import FeedRow, FilePhoto
from shelflens.feed.opening import open_feed

pytest.importorskip("cv2", reason="looking closer needs shelflens[evidence]")
pytest.importorskip("zxingcpp", reason="looking closer needs shelflens[evidence]")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two brands of four flavours each, drawn, with shop photos."""
    folder = tmp_path_factory.mktemp("closer")
    draw(folder, products=8, workers=1)
    return folder


@pytest.fixture(scope="module")
def catalogue(folder: Path) -> Iterator[shelflens.Catalogue]:
    with shelflens.open(folder / "shop.lens", create=True) as opened:
        opened.index(folder / "catalogue.csv")
        opened.look_closer(["local", "barcode"])
        yield opened


def queries(folder: Path) -> list[tuple[str, Path, bool]]:
    """(product_id, photo, is the barcode visible) of every shop photo."""
    found = []
    for row in open_feed(str(folder / "queries.csv")):
        assert isinstance(row, FeedRow) and isinstance(row.photos[0], FilePhoto)
        visible = row.product.attributes["barcode_visible"] in (True, "true")
        found.append((row.product.product_id, row.photos[0].path, visible))
    return found


def first(catalogue: shelflens.Catalogue, folder: Path) -> dict[Path, bool]:
    """Is the right product first?"""
    return {
        photo: catalogue.search(photo, k=1)[0].product.product_id == product_id
        for product_id, photo, _ in queries(folder)
    }


def test_flavours_of_a_brand_are_told_apart(catalogue: shelflens.Catalogue, folder: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "plain.lens", create=True) as plain:
        plain.index(folder / "catalogue.csv")
        before = first(plain, folder)
    after = first(catalogue, folder)
    assert sum(after.values()) > sum(before.values())
    assert sum(after.values()) >= 0.75 * len(after)


def test_a_barcode_settles_the_match(catalogue: shelflens.Catalogue, folder: Path) -> None:
    settled = 0
    for product_id, photo, visible in queries(folder):
        match = catalogue.search(photo, k=1)[0]
        evidence = {one.name: one for one in match.evidence}
        if visible and "barcode" in evidence and evidence["barcode"].value == 1:
            assert match.product.product_id == product_id
            settled += 1
    assert settled >= 6  # of eight photos that show one


def test_probabilities_are_shares_of_one_query(catalogue: shelflens.Catalogue, folder: Path) -> None:
    for _, photo, _ in queries(folder)[:6]:
        matches = catalogue.search(photo, k=8)
        sure = [match.probability for match in matches if match.probability is not None]
        assert len(sure) == 8
        assert sure == sorted(sure, reverse=True)
        assert min(sure) >= 0 and sum(sure) <= 1 + 1e-9
        assert {"similarity", "local"} <= {one.name for one in matches[0].evidence}


def test_looking_closer_goes_on_where_it_stopped(catalogue: shelflens.Catalogue) -> None:
    assert catalogue.look_closer().photos == 0  # all is described already
    assert catalogue.evidence == ("barcode", "local")


def test_an_unknown_verifier_changes_nothing(catalogue: shelflens.Catalogue) -> None:
    with pytest.raises(ShelflensError, match="no verifier called 'nose'; there is barcode"):
        catalogue.look_closer(["nose"])
    assert catalogue.evidence == ("barcode", "local")


def test_a_calibration_needs_products_with_photos_of_two_occasions(catalogue: shelflens.Catalogue) -> None:
    with pytest.raises(ShelflensError, match="at least 10 products"):
        catalogue.calibrate()
