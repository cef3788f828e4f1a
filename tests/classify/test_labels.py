"""The labels' file: read back as written, refused with the field at fault, coarse values as sums."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from shelflens.classify.answers import Answer, best
from shelflens.classify.labels import Group, Labels, value_of
from shelflens.errors import ModelError
from shelflens.types import Product

LABELS = Labels("product_id", ("milk", "juice", "kiwi"), (Group("category", ("drink", "drink", "fruit")),), 1.5)


def test_labels_are_read_as_written(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text(LABELS.to_json(), encoding="utf-8")
    assert Labels.read(tmp_path / "labels.json") == LABELS


def test_groups_and_temperature_may_be_left_out() -> None:
    plain = json.dumps({"format": 1, "target": "kind", "labels": ["a", "b"]})
    assert Labels.from_json(plain, where="x") == Labels("kind", ("a", "b"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, '"format" must be 1'),
        ({"colour": 1}, "unknown field 'colour'; known are format, target"),
        ({"target": ""}, '"target" must name the column'),
        ({"labels": "milk"}, '"labels" must be a list of names'),
        ({"labels": ["milk", 3]}, '"labels" must be a list of names'),
        ({"labels": ["milk"], "groups": {}}, "two names or more, not 1"),
        ({"labels": ["milk", "kiwi", "milk"]}, "holds 'milk' more than once"),
        ({"groups": ["category"]}, '"groups" must be an object'),
        ({"groups": {"category": ["drink"]}}, "\"groups\" 'category' must be a list of 3 values"),
        ({"temperature": 0}, '"temperature" must be a number above 0, not 0'),
        ({"temperature": "warm"}, '"temperature" must be a number above 0'),
        ({"temperature": True}, '"temperature" must be a number above 0'),
    ],
)
def test_a_faulty_file_names_the_field(changes: dict[str, object], message: str) -> None:
    data = {**json.loads(LABELS.to_json()), **changes}
    with pytest.raises(ModelError) as caught:
        Labels.from_json(json.dumps(data), where="m/labels.json")
    assert message in str(caught.value) and str(caught.value).startswith("m/labels.json: ")


def test_what_is_no_json_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not JSON"):
        Labels.from_json("{", where="x")
    (tmp_path / "labels.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match="not UTF-8"):
        Labels.read(tmp_path / "labels.json")


def test_a_coarse_value_is_as_probable_as_its_labels_together() -> None:
    fine = np.array([[0.3, 0.25, 0.45], [0.1, 0.1, 0.8]])
    assert LABELS.groups[0].values == ("drink", "fruit")
    np.testing.assert_allclose(LABELS.groups[0].sums(fine), [[0.55, 0.45], [0.2, 0.8]])


def test_the_best_answers_come_first_and_equal_ones_in_the_labels_order() -> None:
    assert best(np.array([0.25, 0.5, 0.25]), LABELS.names, k=2) == (Answer("juice", 0.5), Answer("milk", 0.25))
    assert len(best(np.array([0.25, 0.5, 0.25]), LABELS.names, k=9)) == 3


def test_a_products_value_is_its_field_or_its_attribute() -> None:
    product = Product("p1", category="drink", attributes={"size": 2.0, "eco": True, "tags": ("a", "b"), "kind": "oat"})
    columns = ("product_id", "category", "size", "eco", "tags", "kind", "brand", "colour")
    assert [value_of(product, column) for column in columns] == ["p1", "drink", "2", "true", "a, b", "oat", "", ""]
