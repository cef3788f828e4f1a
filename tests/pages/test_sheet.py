"""The sheet of search results, read back as a browser would."""

from __future__ import annotations

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from shelflens.pages.render import price, web_link
from shelflens.pages.sheet import SheetMatch, SheetQuery, closeness, sheet
from shelflens.types import Hit, Match, Metric, Photo, Product

ReadPage = Callable[[str], Any]


def jpeg(colour: str) -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "JPEG")
    return out.getvalue()


def found(product: Product, score: float = 0.5, picture: bytes = b"") -> SheetMatch:
    photo = Photo("00", product.product_id, "photo.jpg", 8, 8)
    return SheetMatch(Match(product, score, photo, (Hit(photo, score),), score), picture)


def test_every_match_is_shown_with_all_that_is_known_of_it(read_page: ReadPage) -> None:
    milk = Product("p1", title="Mellanmjölk", brand="Arla", category="Milk", price=12.5, url="https://shop.example/p1")
    page = read_page(sheet("Found", [SheetQuery("q.jpg", (jpeg("red"),), (found(milk, 0.875, jpeg("blue")),))]))
    for words in ("Mellanmjölk", "Arla · Milk", "12.50", "0.875", "p1", "q.jpg", "1 product found"):
        assert words in page.text
    assert [link["href"] for link in page.all("a")] == ["https://shop.example/p1"]
    pictures = [base64.b64decode(picture["src"].split(",")[1]) for picture in page.all("img")]
    assert pictures == [jpeg("red"), jpeg("blue")]
    assert "width:87.5%" in [bar.get("style") for bar in page.all("i")]


def test_matches_keep_their_order(read_page: ReadPage) -> None:
    matches = tuple(found(Product(f"p{number}", title=f"Title {number}")) for number in range(12))
    page = read_page(sheet("Found", [SheetQuery("q", (jpeg("red"),), matches)]))
    titles = [words for words in page.words if words.startswith("Title ")]
    assert titles == [f"Title {number}" for number in range(12)]


def test_a_product_without_a_title_goes_by_its_id(read_page: ReadPage) -> None:
    page = read_page(sheet("Found", [SheetQuery("q", (jpeg("red"),), (found(Product("sku-7")),))]))
    assert page.words.count("sku-7") == 2  # as its name and as its id


def test_markup_in_a_feed_stays_text(read_page: ReadPage) -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    product = Product(f"id{evil}", title=evil, brand=evil, category=evil, url="javascript:alert(3)")
    html = sheet(evil, [SheetQuery(evil, (jpeg("red"),), (found(product),), note=evil)])
    page = read_page(html)  # finds neither script nor handler
    assert "<script" not in html and page.all("a") == []
    assert evil in page.words


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x.example", ""])
def test_only_web_addresses_become_links(url: str) -> None:
    assert web_link(url) == ""
    assert web_link("HTTPS://x.example/a") == "HTTPS://x.example/a"


def test_nothing_found_says_what_to_do(read_page: ReadPage) -> None:
    page = read_page(sheet("Found", [SheetQuery("q", (jpeg("red"),), ())]))
    assert "Nothing close enough" in page.text and "--min-score" in page.text


def test_no_query_is_a_page_too(read_page: ReadPage) -> None:
    assert "The search was given no picture." in read_page(sheet("Found", [])).text


def test_a_missing_picture_leaves_a_described_place(read_page: ReadPage) -> None:
    page = read_page(sheet("Found", [SheetQuery("q", (jpeg("red"),), (found(Product("p", title="Tea")),))]))
    assert len(page.all("img")) == 1
    assert [place["aria-label"] for place in page.all("span") if place.get("role") == "img"] == ["Tea: No picture kept"]


def test_several_views_are_told_apart(read_page: ReadPage) -> None:
    page = read_page(sheet("Found", [SheetQuery("q.jpg", (jpeg("red"), jpeg("blue")), ())]))
    assert [picture["alt"] for picture in page.all("img")] == ["Query q.jpg, view 1", "Query q.jpg, view 2"]


def test_distances_are_called_distances(read_page: ReadPage) -> None:
    query = SheetQuery("q", (jpeg("red"),), (found(Product("p"), 0.4),))
    assert "Distance" in read_page(sheet("Found", [query], metric=Metric.EUCLIDEAN)).words
    assert "Similarity" in read_page(sheet("Found", [query])).words


def test_a_fuller_bar_is_nearer_in_both_metrics() -> None:
    assert [closeness(score, Metric.COSINE) for score in (-0.2, 0.0, 0.6, 1.0, 1.0000001)] == [0, 0, 0.6, 1, 1]
    assert [closeness(score, Metric.EUCLIDEAN) for score in (0.0, 1.0, 2.0)] == [1, 0.5, 0]


def test_prices_are_short() -> None:
    assert [price(amount) for amount in (30.0, 12.5, 1299.9, 0.0)] == ["30", "12.50", "1,299.90", "0"]
