"""Mislabelled photos: the fast weighing against its slow twin, and planted faults among real photos."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shelflens.assemble import Catalogue
from shelflens.audit.labels import suspects, weigh
from shelflens.audit.survey import take_survey


def test_weighing_is_the_mean_of_the_three_nearest_of_each_product(
    survey_of: Callable[..., Any], clusters: Callable[..., Any]
) -> None:
    vectors, products = clusters(6, 4, noise=1.5)
    products[0] = 99  # alone in its product
    survey = survey_of(vectors, products)
    own, other, rival = weigh(survey, np.arange(len(survey)))
    for place in range(len(survey)):
        scores = {}
        for product in range(len(survey.product_ids)):
            others = [it for it in survey.photos_of(product) if it != place]
            cosines = sorted((float(vectors[place] @ vectors[it]) for it in others), reverse=True)
            scores[product] = np.mean(cosines[:3]) if cosines else np.inf
        mine = int(survey.products[place])
        assert np.isclose(own[place], scores.pop(mine), atol=1e-6)
        assert rival[place] == max(scores, key=lambda product: scores[product])
        assert np.isclose(other[place], max(scores.values()), atol=1e-6)


def test_short_lists_never_make_a_product_look_farther_than_it_is(
    survey_of: Callable[..., Any], clusters: Callable[..., Any]
) -> None:
    vectors, products = clusters(6, 8, noise=1.5)
    whole, short = (survey_of(vectors, products, nearest=nearest) for nearest in (None, 4))
    rows = np.arange(len(whole))
    for right, bound in zip(weigh(whole, rows)[:2], weigh(short, rows)[:2], strict=True):
        told = np.isfinite(bound)  # a list may hold no other product at all
        assert told.any() and (bound >= right - 1e-6)[told].all()


def test_planted_faults_among_real_photos_come_first(swapped: tuple[Catalogue, set[str]]) -> None:
    catalogue, wrong = swapped
    survey = take_survey(catalogue.gallery)
    found = suspects(survey, catalogue.records, space=catalogue.space)
    photos = catalogue.records.photos(survey.keys.tolist())
    first = {photos[int(survey.keys[it.place])].source for it in found[: len(wrong)]}
    assert len(first & wrong) >= 5, found[:8]
    likely = {photos[int(survey.keys[it.place])].source for it in found if it.likely}
    assert len(likely & wrong) >= 5 and len(likely - wrong) <= 1
    assert [it.margin for it in found] == sorted((it.margin for it in found), reverse=True)
    assert all(it.other > it.own for it in found)
