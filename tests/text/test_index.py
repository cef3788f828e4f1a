"""The index of words against the plain sum over fields."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from shelflens.errors import CatalogueError
from shelflens.text.grams import grams, words
from shelflens.text.index import LabelledProduct, WordsIndex
from shelflens.text.lines import PrintedLine
from shelflens.text.profile import dot, of_product, printed
from shelflens.text.statistics import TextStatistics
from shelflens.types import Box, Product

WHOLE = Box(0, 0, 1, 0.1)

PRODUCTS = (
    Product("milk", title="Mellanmjölk 1,5%", brand="Arla", category="Dairy"),
    Product("apple", title="God Morgon Apple", brand="God Morgon", category="Juice", description="Juice of apples."),
    Product(
        "orange", title="God Morgon Orange", brand="God Morgon", category="Juice", attributes={"pulp": "with pulp"}
    ),
    Product("tea", title="康师傅冰红茶", category="Tea", attributes={"tags": ("iced", "black"), "litres": 1.0}),
    Product("bare"),
)


def line(text: str, confidence: float = 0.9, *, height: float = 0.1) -> PrintedLine:
    return PrintedLine(text, confidence, Box(0, 0, 1, height))


def texts(product: Product) -> list[str]:
    return [product.title, product.brand, product.description, product.category]


@pytest.fixture
def statistics() -> TextStatistics:
    return TextStatistics.of(map(texts, PRODUCTS))


def index_of(statistics: TextStatistics) -> WordsIndex:
    return WordsIndex([LabelledProduct(product) for product in PRODUCTS], statistics)


@pytest.mark.parametrize(
    ("read", "found"),
    [("MELLANMJOLK 15%", "milk"), ("GOD NORGON appIe", "apple"), ("orangs", "orange"), ("冰红荼", "tea")],
)
def test_misread_words_find_the_product(statistics: TextStatistics, read: str, found: str) -> None:
    assert index_of(statistics).search([line(read)], 5)[0].product_id == found


def test_words_on_the_photo_find_a_product_that_has_no_title(statistics: TextStatistics) -> None:
    index = WordsIndex(
        [*(LabelledProduct(p) for p in PRODUCTS[:4]), LabelledProduct(PRODUCTS[4], [line("Oatly")])], statistics
    )
    assert index.search([line("OATLY")], 1)[0].product_id == "bare"


def test_index_scores_as_the_sum_over_fields_does(statistics: TextStatistics) -> None:
    random = np.random.default_rng(0)
    vocabulary = [
        "apple",
        "äpple",
        "juice",
        "god",
        "morgon",
        "morning",
        "mild",
        "yoghurt",
        "1,5%",
        "橙子",
        "果汁",
        "kr",
    ]

    def pick(count: int) -> str:
        return " ".join(random.choice(vocabulary, count).tolist())

    products = [
        LabelledProduct(
            Product(f"p{number}", title=pick(2), brand=pick(1), description=pick(5)),
            [line(pick(2), float(random.random()), height=float(random.random()))] * (number % 2),
        )
        for number in range(40)
    ]
    index = WordsIndex(products, statistics)
    for _ in range(20):
        read = [line(pick(2), float(random.random()), height=float(random.random())) for _ in range(3)]
        slow = {
            entry.product.product_id: dot(printed(read, statistics), of_product(entry.product, entry.lines, statistics))
            for entry in products
        }
        expected = sorted((item for item in slow.items() if item[1] > 0), key=lambda item: (-item[1], item[0]))
        got = index.search(read, 40)
        assert [hit.score for hit in got] == pytest.approx([score for _, score in expected], abs=1e-6)
        assert {hit.product_id: hit.score for hit in got} == pytest.approx(dict(expected), abs=1e-6)
        assert got[:7] == index.search(read, 7)


def test_equal_products_come_by_their_ids() -> None:
    products = [LabelledProduct(Product(name, title="Tea")) for name in ("c", "a", "b")]
    assert [hit.product_id for hit in WordsIndex(products, TextStatistics()).search([line("tea")], 2)] == ["a", "b"]


@pytest.mark.parametrize("read", [[], [line("")], [line("zzzz")], [line("!?")]])
def test_nothing_in_common_finds_nothing(statistics: TextStatistics, read: list[PrintedLine]) -> None:
    assert index_of(statistics).search(read, 5) == ()


def test_an_empty_index_finds_nothing() -> None:
    assert WordsIndex([], TextStatistics()).search([line("tea")], 5) == ()


def test_a_score_is_at_most_one(statistics: TextStatistics) -> None:
    product = Product("a", title="tea", description="tea")
    (hit,) = WordsIndex([LabelledProduct(product, [line("tea")])], statistics).search([line("tea")], 1)
    assert hit.score == pytest.approx(1.0)


def test_large_letters_count_more() -> None:
    index = WordsIndex(
        [LabelledProduct(Product("a", title="arla")), LabelledProduct(Product("b", title="bravo"))], TextStatistics()
    )
    read = [line("arla", height=0.05), line("bravo", height=0.2)]
    assert [hit.product_id for hit in index.search(read, 2)] == ["b", "a"]


def test_rare_pieces_weigh_most_and_unseen_ones_as_the_rarest() -> None:
    statistics = TextStatistics.of([["juice apple"], ["juice orange"], ["juice"]])
    assert statistics.frequencies == dict.fromkeys(grams("juice"), 3)
    assert statistics.idf("jui") == 1.0
    assert statistics.idf("xyz") == statistics.idf("app") == pytest.approx(1 + math.log(2))


def test_neutral_statistics_weigh_all_alike() -> None:
    assert {TextStatistics().idf(gram) for gram in grams(*words("mellanmjölk"))} == {1.0}


def test_statistics_survive_being_stored(statistics: TextStatistics) -> None:
    assert TextStatistics.from_bytes(statistics.to_bytes()) == statistics
    assert TextStatistics.from_bytes(statistics.to_bytes()).to_bytes() == statistics.to_bytes()


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"format":"text-statistics/0"}', b'{"format":"text-statistics/1"}', b"\xff"]
)
def test_foreign_statistics_are_refused(data: bytes) -> None:
    with pytest.raises(CatalogueError, match="word statistics"):
        TextStatistics.from_bytes(data)


def test_four_thousand_products_are_searched_in_milliseconds() -> None:
    random = np.random.default_rng(1)
    syllables = ["ka", "lo", "mi", "ra", "su", "ten", "vor", "pi", "dek", "nal"]
    names = ["".join(random.choice(syllables, 3).tolist()) for _ in range(3000)]
    products = [
        LabelledProduct(Product(f"p{n}", title=" ".join(random.choice(names, 3).tolist()))) for n in range(4_000)
    ]
    index = WordsIndex(products, TextStatistics())
    start = time.perf_counter()
    index.search([line(products[77].product.title)], 50)
    assert time.perf_counter() - start < 0.5  # under 1 ms; the machine may be busy
