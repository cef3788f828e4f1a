"""A catalogue judged by customers' photos: what they miss, and what fewer photos would have answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import shelflens
from shelflens.assemble import Catalogue
from shelflens.audit.customers import OUTSIDE
from shelflens.audit.growth import _first_kept, growth, photos_needed
from shelflens.audit.probe import Probe
from shelflens.audit.survey import take_survey
from shelflens.cli.main import main
from shelflens.errors import SourceError


@pytest.fixture(scope="module")
def catalogue(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """Two photos of seven products; p7 has none."""
    folder = tmp_path_factory.mktemp("customers")
    rows = [f"{shop}/p{n}/{photo}.jpg,p{n}" for n in range(7) for photo in (0, 1)]
    (folder / "t.csv").write_text("\n".join(["photo,product_id", *rows, ",p7"]))
    with shelflens.open(folder / "c.lens", create=True) as opened:
        opened.index(folder / "t.csv")
        yield opened


@pytest.fixture(scope="module")
def queries(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The third photo of all eight, p3's labelled as p4's, and one that is gone."""
    table = tmp_path_factory.mktemp("queries") / "q.csv"
    rows = [f"{shop}/p{n}/2.jpg,p{n}" for n in range(8) if n != 3]
    table.write_text("\n".join(["photo,product_id", *rows, f"{shop}/p3/2.jpg,p4", f"{shop}/gone.jpg,p1"]))
    return table


def test_what_customers_miss_is_named_with_what_was_found_instead(catalogue: Catalogue, queries: Path) -> None:
    found = catalogue.doctor(queries, opened=0).customers
    assert found is not None
    failing = {it.product_id: it for it in found.failing}
    assert set(failing) >= {"p4", "p7"}
    assert (failing["p4"].asked, failing["p4"].missed, failing["p4"].found_instead) == (2, 1, (("p3", 1),))
    assert failing["p7"].place is None
    assert (found.asked, found.right) == (8, 8 - sum(it.missed for it in found.failing))
    assert [bad.product_id for bad in found.bad_rows] == ["p1"]


def test_the_last_measured_point_is_what_the_nearest_photo_answers(catalogue: Catalogue, queries: Path) -> None:
    found = catalogue.doctor(queries, opened=0)
    assert found.customers is not None and found.growth is not None
    probe, survey = found.customers.probe, take_survey(catalogue.gallery)
    assert len(probe.places) == 7, "p7 has no photo"
    nearest = probe.near_products[:, 0] == probe.products
    assert found.growth.measured[-1].value == pytest.approx(nearest.mean())
    assert growth(probe, survey) is not None


def test_queries_from_outside_keep_their_products_photos_all(
    survey_of: Callable[..., Any], clusters: Callable[..., Any]
) -> None:
    """Against a loop over each query's whole list."""
    vectors, products = clusters(20, 6, noise=1.2)
    asked = np.arange(len(vectors)) % 6 == 0
    survey = survey_of(vectors[~asked], [product for product, out in zip(products, asked, strict=True) if not out])
    near = np.argsort(-(vectors[asked] @ vectors[~asked].T), axis=1, kind="stable")
    own = np.array(products)[asked]
    probe = Probe(np.full(len(own), OUTSIDE), own, near, survey.products[near])
    order = np.tile(np.random.default_rng(0).permutation(5), 20)  # five photos of each product remain
    for count in (1, 3):
        found = _first_kept(probe, np.arange(len(own)), order, count)
        for query, row in enumerate(near.tolist()):
            kept = [place for place in row if order[place] < count]
            assert found[query] == survey.products[kept[0]]
    needed = photos_needed(probe, survey)
    assert needed is not None
    assert needed.measured[-1].size == 4, "the median, less one"


def test_the_command_prints_lists_and_draws_them(catalogue: Catalogue, queries: Path, tmp_path: Path) -> None:
    words = ["doctor", str(catalogue.path), "--queries", str(queries), "--open", "0"]
    page = tmp_path / "page.html"
    lines = CliRunner().invoke(main, [*words, "--page", str(page)], catch_exceptions=False)
    assert "of 8 customers' photos" in lines.stdout and "p4: 1 of 2 missed; instead p3 1 x" in lines.stdout
    assert "gone.jpg" in lines.stderr
    assert "Products that customers" in page.read_text(encoding="utf-8")
    result = json.loads(CliRunner().invoke(main, [*words, "--json"], catch_exceptions=False).stdout)
    assert result["customers"]["queries"] == 8 and result["customers"]["bad_rows"] == 1
    assert {"product_id": "p4", "asked": 2, "missed": 1, "found_instead": [{"product_id": "p3", "times": 1}]} in result[
        "customers"
    ]["failing"]


def test_a_table_without_a_usable_photo_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text(f"photo,product_id\n{tmp_path}/gone.jpg,p1\n")
    with pytest.raises(SourceError, match=r"no query could be used \(1 bad rows; the first: .*gone"):
        catalogue.doctor(tmp_path / "q.csv")
