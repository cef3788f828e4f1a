from __future__ import annotations

import pytest

from shelflens.errors import SourceError
from shelflens.feed.base import Columns
from shelflens.feed.columns import assign, column_names, refuse_columns


def test_usual_names_are_known_however_they_are_spelt() -> None:
    found = ["Item ID", "IMAGE_URL", "Product-Name", "google product category", "EAN"]
    columns = assign(found, Columns(), table="t.csv")
    assert columns.product_id == "Item ID"
    assert columns.photos == ("IMAGE_URL",)
    assert columns.gtins == ("EAN",)
    assert columns.single == {"title": "Product-Name", "category": "google product category"}


def test_the_better_name_wins_and_the_other_stays_an_attribute() -> None:
    columns = assign(["id", "sku", "photo", "name", "title"], Columns(), table="t.csv")
    assert columns.product_id == "sku"
    assert columns.single == {"title": "title"}
    assert not columns.used & {"id", "name"}


def test_of_two_spellings_of_one_name_the_first_column_wins() -> None:
    columns = assign(["S K U", "sku", "Photo"], Columns({"title": "SKU"}), table="t.csv")
    assert (columns.product_id, columns.single) == ("S K U", {"title": "S K U"})


def test_every_photo_column_counts_in_the_tables_order() -> None:
    found = ["id", "photo2", "photo", "photo_3", "image_url", "photographer"]
    assert assign(found, Columns(), table="t").photos == ("photo2", "photo", "photo_3", "image_url")


def test_path_is_the_photo_only_when_nothing_plainer_is_there() -> None:
    assert assign(["id", "path", "image"], Columns(), table="t").photos == ("image",)
    assert assign(["id", "filename", "path"], Columns(), table="t").photos == ("path",)


def test_a_column_may_feed_two_fields() -> None:
    columns = assign(["photo", "category"], Columns({"product_id": "category"}), table="t.csv")
    assert columns.product_id == "category"
    assert columns.single == {"category": "category"}


def test_the_map_wins_over_usual_names() -> None:
    columns = assign(
        ["sku", "code", "image", "front", "back"], Columns({"product_id": "Code", "photo": "front"}), table="t"
    )
    assert (columns.product_id, columns.photos) == ("code", ("front",))
    assert not columns.used & {"sku", "image"}


def test_several_photo_columns_can_be_mapped() -> None:
    columns = Columns({"photo": "front", "photo_2": "back", "gtin": "code"})
    assigned = assign(["id", "back", "front", "code"], columns, table="t")
    assert assigned.photos == ("front", "back")
    assert assigned.gtins == ("code",)


@pytest.mark.parametrize(
    ("found", "names", "message"),
    [
        (["photo", "kind"], {}, "t.csv: no column for product_id among 'photo', 'kind'.*--map product_id=COLUMN"),
        (["sku", "kind"], {}, "t.csv: no column for photo among 'sku', 'kind'.*--map photo=COLUMN"),
        (["photo", "category"], {"product_id": "categry"}, "no column 'categry' .did you mean 'category'.*'photo'"),
        (["photo", "sku"], {"prodct_id": "sku"}, "no field 'prodct_id' .did you mean 'product_id'.*title"),
        (["photo", "sku"], {"colour": "sku"}, "there is no field 'colour'; fields are product_id, photo"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_with_what_there_is(found: list[str], names: dict[str, str], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        assign(found, Columns(names), table="t.csv")


def test_a_source_without_columns_takes_no_map() -> None:
    refuse_columns(Columns(), source="photos")
    with pytest.raises(SourceError, match="photos: has no columns"):
        refuse_columns(Columns({"photo": "a"}), source="photos")


def test_every_column_has_one_name() -> None:
    assert column_names(["id", "", "image", " image ", "image_2"]) == (
        "id",
        "column_2",
        "image",
        "image_2",
        "image_2_2",
    )
