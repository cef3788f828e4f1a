from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import shelflens
from shelflens.audit.survey import take_survey
from shelflens.errors import CatalogueError


def test_the_lists_are_those_of_all_pairs(shop: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "s.lens", create=True) as catalogue:
        catalogue.index(shop)
        heard: list[tuple[str, int, int | None]] = []
        survey = take_survey(catalogue.gallery, nearest=5, on_progress=lambda *event: heard.append(event))
        vectors = catalogue.records.vectors(survey.names(range(len(survey))), space=catalogue.space)
    assert len(survey) == 24 and survey.sizes.tolist() == [3] * 8
    assert heard[-1][1:] == (24, 24)
    cosines = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    np.fill_diagonal(cosines, -2)
    for place in range(24):
        right = sorted(range(24), key=lambda other: -cosines[place, other])[:5]
        assert survey.near[place].tolist() == right
        np.testing.assert_allclose(survey.cosines[place], cosines[place, right], atol=1e-3)
    assert survey.photos_of(2).tolist() == np.flatnonzero(survey.products == 2).tolist()


def test_lists_longer_than_the_catalogue_end_in_nothing(shop: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "s.lens", create=True) as catalogue:
        catalogue.index(shop)
        survey = take_survey(catalogue.gallery, nearest=30)
    assert (survey.near[:, :23] >= 0).all() and (survey.near[:, 23:] == -1).all()
    assert np.isneginf(survey.cosines[:, 23:]).all() and (survey.near_products[:, 23:] == -1).all()


def test_removed_photos_are_not_surveyed(shop: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "s.lens", create=True) as catalogue:
        catalogue.index(shop)
        catalogue.remove(["p3"])
        survey = take_survey(catalogue.gallery)
    assert len(survey) == 21 and "p3" not in survey.product_ids


def test_an_empty_catalogue_says_so(tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "s.lens", create=True) as catalogue, pytest.raises(CatalogueError, match="index"):
        take_survey(catalogue.gallery)
