"""Two pictures, or a picture and a product, compared: the real model, real verifiers, the shipped calibration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import shelflens
from shelflens.embed.base import Activating, Embedder
from shelflens.embed.loading import load_embedder
from shelflens.errors import CatalogueError, ShelflensError
from shelflens.explain.drawing import spread
from shelflens.explain.heat import contributions
from shelflens.search import Options, Verification, View, open_view
from shelflens.search.pair import Comparison, compare_product, compare_views, explain_matches, verifiers_named
from shelflens.verify.base import Line, Verifier


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder("lite0", threads=1)


@pytest.fixture(scope="module")
def verifiers() -> tuple[Verifier, ...]:
    pytest.importorskip("cv2", reason="needs shelflens[evidence]")
    return verifiers_named(["local", "hash"])[0]


@pytest.fixture(scope="module")
def catalogue(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[shelflens.Catalogue]:
    pytest.importorskip("cv2", reason="needs shelflens[evidence]")
    with shelflens.open(tmp_path_factory.mktemp("pair") / "shop.lens", create=True) as opened:
        opened.index(shop)
        opened.look_closer(["local"])
        yield opened


def verification(catalogue: shelflens.Catalogue) -> Verification:
    found = catalogue.verification
    assert found is not None
    return found


def view(path: Path) -> View:
    return open_view(path, side=448)


def test_the_same_product_is_likelier_than_another(
    shop: Path, embedder: Embedder, verifiers: tuple[Verifier, ...]
) -> None:
    def compared(other: str) -> Comparison:
        return compare_views(
            view(shop / "p3" / "0.jpg"),
            view(shop / other),
            embedder=embedder,
            verifiers=verifiers,
        )

    same, another = compared("p3/1.jpg"), compared("p4/1.jpg")
    assert same.similarity > another.similarity
    assert same.probability is not None and another.probability is not None
    assert same.probability > another.probability


def test_contributions_sum_to_the_logit_of_the_probability(
    shop: Path, embedder: Embedder, verifiers: tuple[Verifier, ...]
) -> None:
    pair = view(shop / "p1" / "0.jpg"), view(shop / "p5" / "1.jpg")
    found = compare_views(
        *pair,
        embedder=embedder,
        verifiers=verifiers,
        prior=0.2,
    )
    assert found.explanation is not None and found.probability is not None
    logit = np.log(found.probability / (1 - found.probability))
    assert sum(one.log_odds for one in found.explanation.contributions) == pytest.approx(logit, abs=1e-6)


def test_a_product_has_the_probability_that_a_search_gives_it(catalogue: shelflens.Catalogue, shop: Path) -> None:
    photo = shop / "p6" / "2.jpg"
    searched = {match.product.product_id: match.probability for match in catalogue.search(photo, k=8)}
    for product in ("p6", "p2"):
        found = compare_product(catalogue.searcher, verification(catalogue), view(photo), product)
        assert found.comparison.probability == pytest.approx(searched[product], abs=1e-6)


def test_explained_matches_have_the_probabilities_of_the_search(catalogue: shelflens.Catalogue, shop: Path) -> None:
    views = [view(shop / "p6" / "2.jpg")]
    matches = catalogue.searcher.search(views, Options(k=8)).matches
    explained = explain_matches(views, matches, verification(catalogue), wanted=3)
    assert [one.match.product.product_id for one in explained] == [m.product.product_id for m in matches[:3]]
    for one in explained:
        assert one.comparison.probability == pytest.approx(one.match.probability, abs=1e-6)
    assert explained[0].comparison.lines["local"], "the very photo is in the catalogue"


def test_a_product_that_is_not_there_is_named(catalogue: shelflens.Catalogue, shop: Path) -> None:
    with pytest.raises(CatalogueError, match="no product 'p99'"):
        compare_product(catalogue.searcher, verification(catalogue), view(shop / "p0" / "0.jpg"), "p99")


def test_two_pictures_of_a_model_that_no_pairs_were_fitted_to_have_no_probability(shop: Path) -> None:
    found = compare_views(
        view(shop / "p1" / "0.jpg"), view(shop / "p1" / "1.jpg"), embedder=load_embedder("bovw:orb"), verifiers=()
    )
    assert found.probability is None and found.evidence[0].name == "similarity"


def test_a_verifier_that_needs_a_file_is_asked_for_by_name_only() -> None:
    found, missing = verifiers_named()
    assert "lightglue" not in {it.name for it in found} | {it.name for it in missing}
    with pytest.raises(ShelflensError, match="needs networks"):
        verifiers_named(["lightglue"])


def test_an_unknown_verifier_is_named() -> None:
    with pytest.raises(ShelflensError, match="'smell'"):
        verifiers_named(["smell"])


def test_heat_sums_to_the_cosine(shop: Path) -> None:
    exact = load_embedder("lite0-fp32", threads=1)
    assert isinstance(exact, Activating)
    with Image.open(shop / "p1" / "0.jpg") as one, Image.open(shop / "p2" / "0.jpg") as other:
        vectors = exact.embed([one, other])
        cells = exact.activations(one)
    assert cells is not None and cells.shape[0] == vectors.shape[1]
    assert float(contributions(cells, vectors[1]).sum()) == pytest.approx(float(vectors[0] @ vectors[1]), abs=1e-4)


def test_few_lines_are_all_kept_and_many_are_thinned_from_top_to_bottom() -> None:
    lines = [Line((0.5, at / 100), (0.5, 0.5)) for at in range(100)]
    assert spread(lines[:60], 60) == lines[:60]
    kept = spread(lines, 60)
    assert len(kept) == len(set(kept)) == 60
    assert kept[0].query[1] < 0.02 and kept[-1].query[1] > 0.96
