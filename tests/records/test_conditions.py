"""Filters in SQL against the same filters in plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shelflens import plug
from shelflens.errors import FilterError
from shelflens.filters import And, Compare, Filter, In, Not, Or, Value, parse
from shelflens.manifest import ModelManifest
from shelflens.records.address import Address
from shelflens.records.address import parse as parse_address
from shelflens.records.base import Batch, Embedded, Records
from shelflens.records.sqlite import SqliteRecords
from shelflens.types import Attribute, Photo, Preprocessing, Product

NAMES = ["colour", "it's", 'a"b', "$.x", "naïve 名", "%", "a.b[0]"]
WORDS = ["", "a", "A", "b", "é", "果", "😀", "\uffee", "'", '"', "%", "a\0b", "12", "12.5", "true", "-3", "null"]
words = st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
numbers = st.sampled_from([0.0, -3.0, 12.0, 12.5, 1e9]) | st.floats(-100, 100, width=16)
attributes: st.SearchStrategy[Attribute] = words | numbers | st.booleans() | st.lists(words, max_size=3).map(tuple)
products = st.builds(
    Product,
    product_id=words.filter(bool),
    title=words,
    brand=words,
    category=words,
    price=st.none() | numbers,
    gtins=st.lists(words.filter(bool), max_size=2).map(tuple),
    attributes=st.dictionaries(st.sampled_from(NAMES), attributes, max_size=4),
)

text_fields = st.sampled_from(["product_id", "title", "brand", "category", "gtin"])
names = st.sampled_from(NAMES)
equal = st.sampled_from(["=", "!="])
ranges = st.sampled_from(["<", "<=", ">", ">="])
values: st.SearchStrategy[Value] = words | numbers | st.booleans()
comparisons: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Compare, text_fields | names, equal, values),
    st.builds(Compare, text_fields, ranges, words),
    st.builds(Compare, names, ranges, words | numbers),
    st.builds(Compare, st.just("price"), equal | ranges, numbers),
    st.builds(In, text_fields | names, st.lists(values, max_size=3).map(tuple)),
    st.builds(In, st.just("price"), st.lists(numbers, max_size=3).map(tuple)),
)
conditions: st.SearchStrategy[Filter] = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)


def items(product: Product, name: str) -> list[str | float | bool]:
    """What the product holds under a name: nothing when it is unknown."""
    if name == "gtin":
        return list(product.gtins)
    if name == "price":
        return [] if product.price is None else [product.price]
    if name in ("product_id", "title", "description", "brand", "category", "url"):
        return [getattr(product, name)] if getattr(product, name) else []
    if name not in product.attributes:
        return []
    value = product.attributes[name]
    return list(value) if isinstance(value, tuple) else [value]


def equals(item: str | float | bool, value: Value) -> bool:
    if isinstance(item, str):
        if isinstance(value, bool):
            return item == ("true" if value else "false")
        if isinstance(value, float):
            return item == (str(int(value)) if value == int(value) else repr(value))
        return item == value
    return isinstance(item, bool) == isinstance(value, bool) and item == value


def in_range(item: str | float | bool, operator: str, value: Value) -> bool:
    if isinstance(item, bool) or isinstance(item, str) != isinstance(value, str):
        return False
    low, high = (item, value) if operator[0] == "<" else (value, item)
    return low < high or (operator.endswith("=") and low == high)  # type: ignore[operator]  # both words or both numbers


def meets(product: Product, condition: Filter) -> bool:
    """The slow twin."""
    match condition:
        case And(parts):
            return all(meets(product, part) for part in parts)
        case Or(parts):
            return any(meets(product, part) for part in parts)
        case Not(part):
            return not meets(product, part)
        case In(name, its_values):
            return any(equals(item, value) for item in items(product, name) for value in its_values)
        case Compare(name, "=", value):
            return any(equals(item, value) for item in items(product, name))
        case Compare(name, "!=", value):
            return not any(equals(item, value) for item in items(product, name))
        case Compare(name, operator, value):
            return any(in_range(item, operator, value) for item in items(product, name))


@pytest.fixture(scope="module", params=("postgres", "sqlite"))
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    if request.param == "sqlite":
        where: Path | Address = tmp_path_factory.mktemp("filters") / "shop.lens"
    else:
        where = parse_address(f"{request.getfixturevalue('postgres_server').address}?catalogue=shop")
    records: Records = plug.find("records", request.param)(where, create=True)
    yield records
    records.close()


def fill(records: Records, its_products: list[Product]) -> dict[int, Product]:
    """Exactly these products, one photo each; by key."""
    space = records.add_space(ModelManifest("tiny", "0" * 64, 2, Preprocessing(), ""))
    records.remove_products([product.product_id for product in records.products()])
    unit = np.array([1, 0], np.float32)
    photos = [Embedded(Photo("0" * 64, p.product_id, "a.jpg", 1, 1), unit, space) for p in its_products]
    records.write(Batch(its_products, photos), space=space)
    return {records.photos_of(product.product_id)[0][0]: product for product in its_products}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    its_products=st.lists(products, min_size=1, max_size=6, unique_by=lambda product: product.product_id),
    some=st.lists(conditions, min_size=1, max_size=8),
)
def test_sql_finds_what_plain_python_finds(shop: Records, its_products: list[Product], some: list[Filter]) -> None:
    by_key = fill(shop, its_products)
    for condition in some:
        expected = [key for key, product in sorted(by_key.items()) if meets(product, condition)]
        assert shop.matching(condition).tolist() == expected, condition


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("category = Juice and price <= 30", "ab"),
        ("price <= 30", "ab"),
        ("not price <= 30", "cd"),  # an unknown price is not known to be at most 30
        ("price between 10 and 20", "a"),
        ("brand != Bravo", "bcd"),
        ('brand = ""', ""),
        ("not brand in (Bravo, Arla)", "cd"),
        ("tags = vegan", "ab"),
        ("tags in (kosher, fresh)", "b"),
        ("tags != vegan", "cd"),
        ("organic = true", "a"),
        ("organic != true", "bcd"),
        ("size > 9", "b"),
        ("size > 9 or size = S", "bc"),
        ('size >= "A"', "c"),
        ("gtin = 7310865001818", "a"),
        ('gtin = "07310865001818"', "b"),
        ("product_id = 4", ""),
    ],
)
def test_filters_mean_what_they_say(shop: Records, text: str, found: str) -> None:
    fill(
        shop,
        [
            Product("a", brand="Bravo", category="Juice", price=10, gtins=("7310865001818", "1"),
                    attributes={"organic": True, "tags": ("vegan", "cold"), "size": 9.0}),
            Product("b", brand="Arla", category="Juice", price=30, gtins=("07310865001818",),
                    attributes={"organic": False, "tags": ("fresh", "vegan"), "size": 10.0}),
            Product("c", category="Milk", price=30.5, attributes={"size": "S"}),
            Product("d", category="Milk"),
        ],
    )  # fmt: skip
    photos = shop.photos(shop.matching(parse(text)).tolist())
    assert "".join(sorted(photo.product_id for photo in photos.values())) == found


@pytest.mark.parametrize(
    ("condition", "advice"),
    [
        (Compare("price", "<", "cheap"), "price is a number"),
        (In("price", (3.0, True)), "price is a number"),
        (Compare("organic", "<", True), "true and false have no order"),
        (Compare("brand", ">", 3.0), 'brand > "3"'),
        (Compare("gtin", "=", 123456789012345678.0), "put the value in quotes"),
        (Compare("colour", "=", "\udc80"), "not valid Unicode"),
        (Compare("\ud800", "=", "x"), "not valid Unicode"),
        (Compare("size", "<", float("nan")), "NaN"),
        (In("size", tuple(map(float, range(10_001)))), "at most 10000"),
    ],
)
def test_a_comparison_that_cannot_be_meant_is_explained(shop: Records, condition: Filter, advice: str) -> None:
    with pytest.raises(FilterError, match=advice):
        shop.matching(condition)


def test_the_longest_filters_still_run(shop: Records) -> None:
    by_key = fill(shop, [Product("a", price=3)])
    deep: Filter = Compare("price", "=", 3.0)
    for level in range(50):
        no, yes = Compare("title", "=", "x"), Compare("title", "!=", "x")
        deep = And((yes, deep)) if level % 3 == 0 else Or((no, deep)) if level % 3 == 1 else Not(deep)
    assert shop.matching(deep).tolist() == list(by_key)
    assert shop.matching(Not(deep)).tolist() == []
    assert shop.matching(In("size", tuple(map(float, range(10_000))))).tolist() == []
    assert shop.matching(In("price", tuple(map(float, range(10_000))))).tolist() == list(by_key)


def test_a_filter_is_a_look_up_and_no_scan(tmp_path: Path) -> None:
    from shelflens.records.conditions import products_where
    from shelflens.records.tables import products as table

    records = SqliteRecords(tmp_path, create=True)
    for question in ("colour = red", "size > 3", "tags in (a, b)", "brand = Bravo", "gtin = 7310865001818"):
        wanted = table.select().where(products_where(parse(question)))
        with records._reading() as connection:
            statement = wanted.compile(connection, compile_kwargs={"render_postcompile": True})
            plan = connection.exec_driver_sql(f"explain query plan {statement}", tuple(statement.params.values()))
            assert not [row for row in plan if row.detail.startswith("SCAN")], question
    records.close()
