"""One catalogue, written in every form that a source can have: every feed keeps the same laws."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shelflens import plug
from shelflens.feed.base import BadRow, BytesPhoto, Feed, FeedRow, FilePhoto, PhotoPlace
from shelflens.feed.opening import open_feed
from shelflens.types import Product

CATALOGUE = (
    (
        Product(
            "Drinks/Apple-Juice", title="Apple Juice", description='Cloudy, "pressed"\nnot from concentrate',
            brand="Ängen", category="Drinks", price=24.5, url="https://shop.example/apple",
            gtins=("6291041500213", "0036000291452"),
            attributes={"litres": 1.5, "organic": True, "code": "007"},
        ),
        ("front.jpg", "back.png"),
    ),
    (Product("Drinks/苹果汁", title="苹果汁", category="Drinks", attributes={"litres": 0.5}), ("1.jpg",)),
    (Product("Snacks/Crisps", title="Crisps", category="Snacks", price=9.0), ("1.webp", "2.jpg", "3.jpg")),
)  # fmt: skip
LISTED_ONLY = Product("Tea", title="Tea", price=30.0)  # no photo: only tables can say so

TABLE_FIELDS = frozenset(field.name for field in dataclasses.fields(Product))
COLUMNS = ("product_id", "title", "description", "brand", "category", "price", "url", "gtin", "photo")


@dataclass(frozen=True)
class Form:
    """How the catalogue is written, and which fields of a product that form can carry."""

    write: Callable[[Path], Path]  # the source's path, under a folder that holds the photos
    spoil: Callable[[Path], object]  # damages the source so that exactly one row is bad
    carries: frozenset[str] = TABLE_FIELDS
    inside: bool = False  # the pictures are in the table

    @property
    def products(self) -> list[tuple[Product, tuple[str, ...]]]:
        listed = [*CATALOGUE, (LISTED_ONLY, ())] if self.carries == TABLE_FIELDS else CATALOGUE
        return [
            (Product(**{name: getattr(product, name) for name in self.carries}), photos) for product, photos in listed
        ]


def records() -> Iterator[dict[str, object]]:
    for product, photos in [*CATALOGUE, (LISTED_ONLY, ())]:
        fields = {name: getattr(product, name) for name in COLUMNS if name not in ("gtin", "photo")}
        paths = [f"{product.product_id}/{photo}" for photo in photos]
        yield {**fields, "gtin": list(product.gtins), "photo": paths, **product.attributes}


def table(name: str, *, delimiter: str, encoding: str = "utf-8") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        columns = [*COLUMNS, *CATALOGUE[0][0].attributes]
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, delimiter=delimiter)
        writer.writeheader()
        for record in records():
            writer.writerow({key: "|".join(cell) if isinstance(cell, list) else cell for key, cell in record.items()})
        data = text.getvalue().encode(encoding)
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return folder / name

    return write


def spoil_table(path: Path, *, delimiter: str, encoding: str = "utf-8") -> None:
    zipped = path.suffix == ".gz"
    data = gzip.decompress(path.read_bytes()) if zipped else path.read_bytes()
    text = data.decode(encoding)
    header, rest = text.split("\r\n", 1)
    data = f"{header}\r\n{delimiter.join('abc')}\r\n{rest}".encode(encoding)
    path.write_bytes(gzip.compress(data) if zipped else data)


def table_form(name: str, *, delimiter: str, encoding: str = "utf-8") -> Form:
    return Form(
        table(name, delimiter=delimiter, encoding=encoding),
        lambda path: spoil_table(path, delimiter=delimiter, encoding=encoding),
    )


def json_lines(name: str) -> Form:
    def pack(text: str) -> bytes:
        return gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()

    def write(folder: Path) -> Path:
        lines = [json.dumps(record, ensure_ascii=False) for record in records()]
        (folder / name).write_bytes(pack("\n".join(lines)))
        return folder / name

    def spoil(path: Path) -> None:
        data = path.read_bytes()
        text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
        path.write_bytes(pack("{broken\n" + text))

    return Form(write, spoil)


def parquet(*, inside: bool) -> Form:
    def rows(folder: Path) -> list[dict[str, object]]:
        found = []
        for record in records():
            paths = record["photo"]
            assert isinstance(paths, list)
            pictures = [{"bytes": (folder / path).read_bytes(), "path": path} for path in paths]
            found.append({**record, "photo": pictures if inside else paths})
        return found

    def save(found: list[dict[str, object]], path: Path) -> Path:
        attributes = CATALOGUE[0][0].attributes
        pq.write_table(
            pa.table({column: [row.get(column) for row in found] for column in [*COLUMNS, *attributes]}), path,
            row_group_size=2,
        )  # fmt: skip
        return path

    def spoil(path: Path) -> None:
        found = rows(path.parent)
        save([{**found[0], "product_id": None}, *found], path)

    return Form(lambda folder: save(rows(folder), folder / "t.parquet"), spoil, inside=inside)


def write_urls(folder: Path) -> Path:
    lines = ["# our photos"]
    for product, photos in CATALOGUE:
        lines += [f"{(folder / product.product_id / photo).as_uri()}\t{product.product_id}" for photo in photos]
    (folder / "t.txt").write_text("\n".join(lines), encoding="utf-8")
    return folder / "t.txt"


def prepend(path: Path, line: str) -> None:
    path.write_text(f"{line}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")


FORMS = {
    "csv": table_form("t.csv", delimiter=","),
    "csv, semicolons": table_form("t.csv", delimiter=";"),
    "csv, UTF-16": table_form("t.csv", delimiter=",", encoding="utf-16"),
    "csv.gz": table_form("t.csv.gz", delimiter=","),
    "tsv": table_form("t.tsv", delimiter="\t"),
    "tsv.gz": table_form("t.tsv.gz", delimiter="\t"),
    "jsonl": json_lines("t.jsonl"),
    "jsonl.gz": json_lines("t.jsonl.gz"),
    "ndjson": json_lines("t.ndjson"),
    "parquet": parquet(inside=False),
    "parquet, pictures inside": parquet(inside=True),
    "folder": Form(
        lambda folder: folder,
        lambda folder: (folder / "Drinks/caf\udce9.jpg").write_bytes(b""),
        frozenset({"product_id", "title", "category"}),
    ),
    "txt": Form(write_urls, lambda path: prepend(path, "not a url"), frozenset({"product_id"})),
}


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Form:
    return FORMS[request.param]


@pytest.fixture
def source(form: Form, tmp_path: Path) -> Path:
    """The catalogue in one form, its photos beside it."""
    for product, photos in CATALOGUE:
        folder = tmp_path / "shop" / product.product_id
        folder.mkdir(parents=True)
        for photo in photos:
            (folder / photo).write_bytes(f"{product.product_id}/{photo}".encode())
    return form.write(tmp_path / "shop")


def good(feed: Feed) -> list[FeedRow]:
    return [row for row in feed if isinstance(row, FeedRow)]


def content(place: PhotoPlace) -> bytes:
    if isinstance(place, BytesPhoto):
        return place.data
    assert isinstance(place, FilePhoto)
    assert place.path.is_absolute()
    return place.path.read_bytes()


def by_product(rows: list[FeedRow]) -> list[tuple[Product, tuple[bytes, ...]]]:
    """Products in the order of their first row, with all of their photos."""
    products: dict[str, tuple[Product, tuple[bytes, ...]]] = {}
    for row in rows:
        first, photos = products.get(row.product.product_id, (row.product, ()))
        assert row.product == first
        products[first.product_id] = (first, photos + tuple(map(content, row.photos)))
    return list(products.values())


def test_every_feed_has_a_form_here() -> None:
    assert {name.partition(",")[0] for name in FORMS} == set(plug.names("feeds")) - {"picture"}


def test_the_same_catalogue_gives_the_same_products_and_photos_in_the_sources_order(form: Form, source: Path) -> None:
    rows = list(open_feed(str(source)))
    assert not [row for row in rows if isinstance(row, BadRow)]
    found = by_product([row for row in rows if isinstance(row, FeedRow)])
    wanted = [
        (product, tuple(f"{product.product_id}/{photo}".encode() for photo in photos))
        for product, photos in form.products
    ]
    if form.carries != TABLE_FIELDS:  # a folder's order is that of its names
        wanted = [(product, tuple(sorted(photos))) for product, photos in wanted]
        found = [(product, tuple(sorted(photos))) for product, photos in found]
    assert found == wanted


def test_pictures_inside_the_table_are_bytes_and_all_others_files(form: Form, source: Path) -> None:
    kinds = {type(place) for row in good(open_feed(str(source))) for place in row.photos}
    assert kinds == {BytesPhoto if form.inside else FilePhoto}


def test_reading_twice_gives_the_same_rows(source: Path) -> None:
    feed = open_feed(str(source))
    once = list(feed)
    assert list(feed) == once
    assert list(open_feed(str(source))) == once


def test_two_readings_at_once_do_not_disturb_each_other(source: Path) -> None:
    feed = open_feed(str(source))
    assert list(zip(feed, feed, strict=True)) == [(row, row) for row in feed]


def test_a_reading_may_stop_half_way(source: Path) -> None:
    feed = open_feed(str(source))
    rows = iter(feed)
    first = next(rows)
    del rows
    assert next(iter(feed)) == first


def test_photos_counts_what_reading_gives(form: Form, source: Path) -> None:
    feed = open_feed(str(source))
    if form.inside:  # lists of pictures: counting them would be reading them
        assert feed.photos() is None
    else:
        assert feed.photos() == sum(len(row.photos) for row in good(feed)) == 6


def test_rows_say_where_they_are_and_no_two_are_in_one_place(source: Path) -> None:
    feed = open_feed(str(source))
    places = [row.where for row in good(feed)]
    assert len(set(places)) == len(places)
    assert all(place.startswith(feed.name) for place in places)
    assert feed.name == source.name


def test_a_bad_row_is_told_and_takes_no_other_with_it(form: Form, source: Path) -> None:
    before = by_product(good(open_feed(str(source))))
    form.spoil(source)
    feed = open_feed(str(source))
    (bad,) = (row for row in feed if isinstance(row, BadRow))
    assert bad.where.startswith(feed.name)
    assert bad.reason
    after = by_product(good(feed))
    assert [product for product, _ in after] == [product for product, _ in before]
    assert after == before
