"""Products found by their words: what every implementation of the records promises, and how SQLite keeps it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from shelflens.filters import parse
from shelflens.manifest import ModelManifest
from shelflens.records import fulltext
from shelflens.records.base import Batch, Embedded, Records
from shelflens.records.sqlite import FILE, SqliteRecords
from shelflens.types import Product

Open = Callable[[], Records]
SHOP = [
    Product("p1", "Green apple juice", "Pressed, one litre", "Bravo", "Juice", 20.0, gtins=("07310865001818",)),
    Product("p2", "Orange juice", "With pulp, never from concentrate", "Bravo", "Juice", 25.0),
    Product("p3", "Apple pie", "", "Frödinge", "Cake", attributes={"contains": ("gluten", "egg")}),
    Product("p4", "索拉拉 橙子果汁 1 L", "", "索拉拉", "果汁"),
    Product("p5", "Mellanmjölk 1,5%", "", "Arla", "Milk"),
]


@pytest.fixture
def filled(records: Records, space: str) -> Records:
    records.write(Batch(SHOP), space=space)
    return records


def found(records: Records, text: str, *, k: int = 10, where: str | None = None) -> list[str]:
    hits = records.agreeing(text, k=k, condition=parse(where) if where else None)
    assert [(-hit.score, hit.product_id) for hit in hits] == sorted((-hit.score, hit.product_id) for hit in hits)
    assert all(hit.score > 0 for hit in hits)
    return [hit.product_id for hit in hits]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("apple juice", "p1"),
        ("JUICE, green", "p1"),
        ("never from concentrate", "p2"),
        ("egg", "p3"),
        ("07310865001818", "p1"),
        ("frödinge", "p3"),
        ("橙子", "p4"),
        ("橙", "p4"),
        ("橙子汁 juice", "p4"),
        ("mellanmjölk 1.5%", "p5"),
        ("p2", "p2"),
    ],
)
def test_the_product_that_says_so_is_found_first(filled: Records, text: str, first: str) -> None:
    assert found(filled, text)[0] == first


@pytest.mark.parametrize(
    ("text", "first"), [("oragne", "p2"), ("gren aple", "p1"), ("melanmjolk", "p5"), ("pies", "p3")]
)
def test_misspelt_names_are_found(filled: Records, text: str, first: str) -> None:
    assert found(filled, text)[0] == first


def test_a_word_of_a_name_counts_more_than_one_of_a_description(records: Records, space: str) -> None:
    named, described = Product("named", "Mango"), Product("described", "Drink", "Mango")
    records.write(Batch([described, named, Product("other", "Tea")]), space=space)
    assert found(records, "mango") == ["named", "described"]


def test_k_bounds_what_is_found_and_the_condition_comes_first(filled: Records) -> None:
    assert len(found(filled, "apple juice")) == 3
    assert found(filled, "apple juice", k=1) == ["p1"]
    assert found(filled, "apple juice", k=1, where="category = Cake") == ["p3"]
    assert found(filled, "apple juice", where="price < 0") == []


@pytest.mark.parametrize("text", ["", "  ", "?!", '"', "* - ( ) : ^", "xyzzy"])
def test_what_no_product_says_finds_nothing(filled: Records, text: str) -> None:
    assert found(filled, text) == []


@pytest.mark.parametrize("text", ['apple" OR "x', "NEAR(apple juice)", "names : apple", "apple*", "NOT apple"])
def test_a_question_is_words_and_never_a_language(filled: Records, text: str) -> None:
    assert {"p1", "p3"} <= set(found(filled, text))


def test_a_very_long_question_is_answered(filled: Records) -> None:
    assert found(filled, "apple " + " ".join(f"word{number}" for number in range(20_000)), k=1)


def test_common_words_are_left_out_before_a_question_costs_too_much(
    tmp_path: Path, manifest: ModelManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = SqliteRecords(tmp_path, create=True)
    products = [Product(f"p{number:03}", f"common thing number{number % 50}") for number in range(300)]
    records.write(Batch(products), space=records.add_space(manifest))
    everything = [hit.product_id for hit in records.agreeing("common thing number7", k=6)]
    assert everything == [f"p{7 + 50 * place:03}" for place in range(6)]
    monkeypatch.setattr(fulltext, "MOST_ENTRIES", 100)
    assert [hit.product_id for hit in records.agreeing("common thing number7", k=6)] == everything
    assert len(records.agreeing("common thing number7", k=300)) < 300
    assert records.agreeing("common", k=1)  # one term is always looked for
    records.close()


def test_what_changes_is_found_by_its_new_words_at_once_by_everybody(filled: Records, opened: Open) -> None:
    reader = opened()
    filled.replace_product(Product("p2", "Tomato soup"))
    assert "p2" not in found(reader, "orange")
    assert found(reader, "tomato") == ["p2"]
    filled.change_product("p2", lambda _: Product("p2", "Pea soup"))
    assert found(reader, "tomato") == []
    filled.change_product("p9", lambda _: Product("p9", "Pea stew"))
    assert found(reader, "pea") == ["p2", "p9"]
    filled.remove_products(["p2", "p9"])
    assert found(reader, "pea soup") == []


def test_a_merged_product_is_found_by_what_it_was_and_what_it_became(filled: Records, space: str) -> None:
    filled.write(Batch([Product("p3", description="with cinnamon")]), space=space)
    assert found(filled, "cinnamon") == found(filled, "pie") == ["p3"]


def test_what_was_not_kept_is_not_found(filled: Records, space: str, embedded: Callable[..., Embedded]) -> None:
    def fails(_: Product | None) -> Product:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        filled.change_product("p1", fails)
    with pytest.raises(Exception, match="neither in the catalogue nor given"):
        filled.write(Batch([Product("p8", "Pea stew")], [embedded("nowhere", 1)]), space=space)
    assert found(filled, "pea stew") == []
    assert found(filled, "green")[0] == "p1"


def _fts_less(path: Path) -> None:
    """As a shelflens before the index of words left it."""
    with sqlite3.connect(path / FILE) as connection:
        connection.execute("DROP TABLE product_words")
        connection.execute("DROP TABLE worded")
        connection.execute("DELETE FROM meta WHERE name LIKE 'words%'")


def test_a_catalogue_from_before_gets_its_words_when_it_is_opened(tmp_path: Path, manifest: ModelManifest) -> None:
    path = tmp_path / "shop.lens"
    records = SqliteRecords(path, create=True)
    records.write(Batch(SHOP), space=records.add_space(manifest))
    records.close()
    _fts_less(path)
    again = SqliteRecords(path, create=False)
    assert found(again, "orange juice")[0] == "p2"
    again.close()


def test_what_an_older_shelflens_changed_is_listed_anew(tmp_path: Path, manifest: ModelManifest) -> None:
    path = tmp_path / "shop.lens"
    records = SqliteRecords(path, create=True)
    space = records.add_space(manifest)
    records.write(Batch(SHOP), space=space)
    with sqlite3.connect(path / FILE) as connection:
        connection.execute("UPDATE products SET title = 'Tomato soup' WHERE product_id = 'p2'")
        connection.execute("UPDATE meta SET number = number + 1 WHERE name = 'version'")
    records.write(Batch([Product("p6", "Pea soup")]), space=space)  # does not hide that
    records.close()
    again = SqliteRecords(path, create=False)
    assert found(again, "tomato") == ["p2"]
    assert found(again, "pea") == ["p6"]
    again.close()
