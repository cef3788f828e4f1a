from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shelflens.audit.confusions import confused_groups, confused_pairs, left_out


def test_left_out_is_a_search_without_the_photo_itself(
    survey_of: Callable[..., Any], clusters: Callable[..., Any]
) -> None:
    vectors, products = clusters(8, 5, noise=2.0)
    products[0] = 99
    survey = survey_of(vectors, products)
    judged = right = 0
    for place in range(len(vectors)):
        if products.count(products[place]) < 2:
            continue
        cosines = vectors @ vectors[place]
        cosines[place] = -2
        judged += 1
        right += products[int(cosines.argmax())] == products[place]
    found = left_out(survey)
    assert (found.judged.sum(), found.right.sum()) == (judged, right)
    assert 0 < right < judged


def test_pairs_count_both_ways(survey_of: Callable[..., Any], clusters: Callable[..., Any]) -> None:
    vectors, products = clusters(8, 6, noise=2.5)
    survey = survey_of(vectors, products)
    pairs = {pair.products: pair for pair in confused_pairs(survey, least=0)}
    first = survey.near_products[:, 0]
    for one in range(8):
        for other in range(one + 1, 8):
            there = int(np.sum(first[survey.photos_of(one)] == other))
            back = int(np.sum(first[survey.photos_of(other)] == one))
            if there and back:
                assert pairs[one, other].taken == (there, back)
                assert pairs[one, other].share == (there + back) / 12
            else:
                assert (one, other) not in pairs
    assert pairs


def test_one_product_under_two_ids_cannot_be_told_apart_and_others_can(
    survey_of: Callable[..., Any], clusters: Callable[..., Any]
) -> None:
    vectors, products = clusters(6, 10, noise=0.3)
    products = [99 if product == 2 and place % 2 else product for place, product in enumerate(products)]
    survey = survey_of(vectors, products)
    (group,) = confused_groups(confused_pairs(survey))
    assert [survey.product_ids[product] for product in group.products] == ["p002", "p099"]
    assert group.pairs[0].share > 0.3
