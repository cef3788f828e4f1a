"""Pages of products and what they can be filtered by, in every implementation of the records."""

from __future__ import annotations

import dataclasses

import pytest

from shelflens.errors import FilterError
from shelflens.filters import parse
from shelflens.records.base import Batch, FacetValue, Records
from shelflens.types import Product

SHOP = [
    Product("a", brand="Bravo", category="Juice", price=20, attributes={"colour": ("red", "blue"), "organic": True}),
    Product("b", brand="Bravo", category="Juice", price=30, attributes={"colour": "red", "litres": 1.5}),
    Product("c", brand="Arla", category="Milk", attributes={"litres": 1.0}),
    Product("ä", category="Milk", price=10),
]


@pytest.fixture
def filled(records: Records, space: str) -> Records:
    records.write(Batch(SHOP), space=space)
    return records


def test_pages_follow_one_another_and_leave_nothing_out(filled: Records) -> None:
    found: list[Product] = []
    while page := filled.page(after=found[-1].product_id if found else "", limit=3):
        assert len(page) <= 3
        found += page
    assert found == SHOP == list(filled.products())
    assert filled.page(limit=9, condition=parse("category = Milk")) == SHOP[2:]
    assert filled.page(after="c", limit=9, condition=parse("category = Milk")) == SHOP[3:]


def test_facets_count_products(filled: Records) -> None:
    facets = {facet.field: facet for facet in filled.facets()}
    assert list(facets) == ["brand", "category", "price", "colour", "litres", "organic"]
    assert facets["brand"].values == (FacetValue("Bravo", 2), FacetValue("Arla", 1))
    assert facets["brand"].products == 3
    assert facets["colour"].values == (FacetValue("red", 2), FacetValue("blue", 1))
    assert facets["colour"].products == 2
    assert (facets["price"].low, facets["price"].high, facets["price"].products) == (10, 30, 3)
    assert (facets["litres"].low, facets["litres"].high) == (1, 1.5)
    assert facets["organic"].values == (FacetValue(True, 1),)


def test_facets_are_of_the_products_that_meet_the_condition(filled: Records) -> None:
    milk = parse("category = Milk")
    facets = {facet.field: facet for facet in filled.facets(["brand", "colour", "price"], condition=milk)}
    assert facets["brand"].values == (FacetValue("Arla", 1),)
    assert facets["colour"].values == ()
    assert (facets["price"].low, facets["price"].products) == (10, 1)
    (brand,) = filled.facets(["brand"], values=1)
    assert brand.values == (FacetValue("Bravo", 2),)
    assert brand.products == 3
    with pytest.raises(FilterError):
        filled.facets(condition=parse("price < cheap"))


def test_a_product_is_changed_in_one_step(filled: Records) -> None:
    def cheaper(product: Product | None) -> Product:
        assert product is not None
        return dataclasses.replace(product, price=15, attributes={})

    before = filled.version()
    assert (
        filled.change_product("a", cheaper)
        == filled.product("a")
        == dataclasses.replace(SHOP[0], price=15, attributes={})
    )
    assert filled.version() == before + 1
    assert len(filled.matching(parse("colour = red"))) == 0
    new = Product("new", title="New")
    assert filled.change_product("new", lambda former: new if former is None else SHOP[0]) == new
    assert filled.change_product("new", lambda former: former or SHOP[0]) == new
    assert filled.version() == before + 2

    def refuse(_product: Product | None) -> Product:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        filled.change_product("b", refuse)
    assert filled.product("b") == SHOP[1]
