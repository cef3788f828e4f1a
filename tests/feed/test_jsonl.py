from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, FeedRow, FilePhoto
from shelflens.feed.opening import open_feed

Write = Callable[[str, str | bytes], Path]
Read = Callable[..., tuple[list[FeedRow], list[BadRow]]]


def test_values_keep_the_types_that_json_gave_them(write: Write, read: Read) -> None:
    record = {
        "id": 7, "photo": "a.jpg", "price": 12, "text": "5", "number": 5, "truth": True, "word": "true", "none": None,
        "list": ["a", 2, 2.5, None], "empty": [], "blank": " ",
        "size": {"width": 3, "unit": {"name": "cm"}}, "big": 2**60,
    }  # fmt: skip
    good, bad = read(write("t.jsonl", json.dumps(record)))
    assert not bad
    product = good[0].product
    assert (product.product_id, product.price) == ("7", 12.0)
    assert product.attributes == {
        "text": "5", "number": 5.0, "truth": True, "word": "true", "list": ("a", "2", "2.5"),
        "size.width": 3.0, "size.unit.name": "cm", "big": str(2**60),
    }  # fmt: skip
    assert type(product.attributes["number"]) is float


def test_photos_may_be_a_list_whose_items_are_not_split(write: Write, read: Read, tmp_path: Path) -> None:
    good, bad = read(
        write("t.jsonl", '{"id": 1, "images": ["a|b.jpg", "c.jpg", null, 5]}\n{"id": 2, "images": "a|b"}\n')
    )
    assert good[0].photos == (FilePhoto(tmp_path / "a|b.jpg"), FilePhoto(tmp_path / "c.jpg"))
    assert good[1].photos == (FilePhoto(tmp_path / "a"), FilePhoto(tmp_path / "b"))
    assert [row.reason for row in bad] == ["photo 5 is a int; write a path or a URL"]


def test_gtins_may_be_a_list_of_numbers(write: Write, read: Read) -> None:
    good, bad = read(
        write("t.jsonl", '{"id": 1, "photo": "a.jpg", "ean": [6291041500213, "96385074"], "upc": "36000291452"}')
    )
    assert good[0].product.gtins == ("6291041500213", "0000096385074")
    assert "upc '36000291452' has 11 digits" in bad[0].reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": 1, "photo": ', "is not a JSON object (Expecting value"),
        ("[1, 2]", "is not a JSON object (but list)"),
        ("7", "is not a JSON object (but int)"),
        ('{"id": 1, "price": NaN}', "NaN is not JSON"),
        ('{"id": "\\ud800"}', "surrogates not allowed"),
        ("[" * 100_000, "is not a JSON object"),
        ('{"id": ' + "9" * 5000 + "}", "is not a JSON object"),
        ('{"photo": "a.jpg"}', "product_id (column 'id') is empty"),
        ('{"id": {"a": 1}, "photo": "a.jpg"}', "product_id (column 'id') is empty"),
        ('{"id": 3, "photo": "a.jpg", "far": 1e999}', "far inf is not a finite number"),
        ('{"id": 3, "photo": "a.jpg", "price": true}', "price True is not a number"),
        ('{"id": 3, "photo": "a.jpg", "price": -1}', "price -1 is below 0"),
        ('{"id": "' + "x" * (1 << 20) + '"}', "is longer than 1048576 characters"),
        ('{"id": 3, "tags": ["' + "x" * 70_000 + '"]}', "tags has 70000 characters"),
    ],
)
def test_a_broken_line_is_reported_and_the_rest_goes_on(write: Write, read: Read, line: str, reason: str) -> None:
    good, bad = read(
        write("t.jsonl", f'{{"id": "first", "photo": "a.jpg"}}\n\n{line}\n{{"id": "last", "photo": "b.jpg"}}')
    )
    assert (good[0].product.product_id, good[-1].product.product_id) == ("first", "last")
    assert [row.where for row in bad] == ["t.jsonl:3"]
    assert reason in bad[0].reason


def test_columns_are_the_keys_of_the_first_thousand_records(write: Write, read: Read) -> None:
    early = ['{"id": 1}'] * 999
    late = ['{"id": 2, "photo": "a.jpg"}', '{"id": 3, "photo": "b.jpg", "ean": "5", "later": 1}']
    good, bad = read(write("t.jsonl", "\n".join(early + late)))
    assert not bad  # "ean" came too late to be the GTIN
    assert [len(row.photos) for row in good] == [0] * 999 + [1, 1]
    assert good[-1].product.attributes == {"ean": "5", "later": 1.0}
    with pytest.raises(SourceError, match="no column for photo among 'id'"):
        open_feed(str(write("t.jsonl", "\n".join(early + early[:1] + late))))


@pytest.mark.parametrize("text", ["\n\n", "photo,product_id\na.jpg,1\n", "[]"])
def test_a_file_without_objects_is_refused(write: Write, text: str) -> None:
    with pytest.raises(SourceError, match=r"holds no JSON objects.*one a line"):
        open_feed(str(write("t.jsonl", text)))
