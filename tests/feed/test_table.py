from __future__ import annotations

import csv
import gzip
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, FeedRow, FilePhoto, UrlPhoto
from shelflens.feed.opening import open_feed

Write = Callable[[str, str | bytes], Path]
Read = Callable[..., tuple[list[FeedRow], list[BadRow]]]
TABLE = 'sku,photo,title\n1,a.jpg,"Äpple, röd"\n2,b.jpg,苹果\n'


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("extension", ["csv", "tsv"])
def test_the_delimiter_is_found_whatever_the_extension(
    write: Write, read: Read, delimiter: str, extension: str
) -> None:
    rows = [["sku", "price", "image", "title"], ["1", "1,50", "a.jpg", "Red; sweet|sour"], ["2", "2,50", "b.jpg", "x"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    good, bad = read(write(f"t.{extension}", text.getvalue()))
    assert not bad
    assert [(row.product.product_id, row.product.price) for row in good] == [("1", 1.5), ("2", 2.5)]
    assert good[0].product.title == "Red; sweet|sour"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-with-mark", "utf-16-be-with-mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_make_no_difference(write: Write, read: Read, encoding: str, end: str) -> None:
    text = TABLE.replace("\n", end)
    data = ("\ufeff" + text).encode(encoding[:9]) if encoding.endswith("mark") else text.encode(encoding)
    good, bad = read(write("t.csv", data))
    assert not bad
    assert [(row.product.product_id, row.product.title, row.where) for row in good] == [
        ("1", "Äpple, röd", "t.csv:2"),
        ("2", "苹果", "t.csv:3"),
    ]


def test_a_compressed_table_is_read_as_it_is(write: Write, read: Read) -> None:
    assert read(write("t.csv.gz", gzip.compress(TABLE.encode())))[0][1].product.title == "苹果"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (TABLE.encode("latin-1", "replace"), r"t.csv: line 2 is not UTF-8 \(byte 0xC4\).*iconv"),
        (TABLE.encode("utf-16-le"), "zero bytes.*save it as UTF-8"),
        (TABLE.encode("utf-32"), "UTF-32"),
        (TABLE.encode()[:-2], "line 3 is not UTF-8"),
        (TABLE.encode("utf-16") + b"x", "line 4 is not UTF-16"),
        (b"", "is empty"),
        (b"\n\n", "no header"),
        (b"PK\x03\x04rest", "Excel workbook.*CSV UTF-8"),
        (b"\xff\xd8\xff\xe0", "JPEG picture"),
        (gzip.compress(TABLE.encode(), mtime=0), "compressed.*[.]gz"),
    ],
)
def test_a_file_that_is_no_readable_text_is_refused_as_a_whole(write: Write, data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_feed(str(write("t.csv", data)))


def test_a_file_that_changes_after_opening_is_a_source_error(write: Write) -> None:
    path = write("t.csv", TABLE * 1000)
    feed = open_feed(str(path))
    path.write_bytes(path.read_bytes()[:20_000] + b"\xe4\xe5\xf6" * 10_000)
    with pytest.raises(SourceError, match="changed while it was read"):
        list(feed)


def test_damaged_compression_is_refused_as_a_whole(write: Write) -> None:
    data = gzip.compress(TABLE.encode() * 100)
    for damaged in (data[:-9], data[:40] + b"\xff\xff\xff" + data[43:], b"plain text"):
        with pytest.raises(SourceError, match="gzip data is damaged"):
            open_feed(str(write("t.csv.gz", damaged)))


def test_bad_rows_are_reported_and_the_rest_goes_on(write: Write, read: Read) -> None:
    text = """sku,photo,price,ean
1,a.jpg,12,6291041500213
2,b.jpg,12
3,c.jpg,12,,
 ,d.jpg,12,
5,e.jpg,cheap,
6,f.jpg,12,6291041500214
7,s3://bucket/g.jpg|h.jpg,12,
8,i.jpg,12,
"""
    good, bad = read(write("t.csv", text))
    assert [row.product.product_id for row in good] == ["1", "5", "6", "7", "8"]
    assert [(row.where, row.product_id) for row in bad] == [
        ("t.csv:3", ""), ("t.csv:4", ""), ("t.csv:5", ""), ("t.csv:6", "5"), ("t.csv:7", "6"), ("t.csv:8", "7"),
    ]  # fmt: skip
    reasons = [row.reason for row in bad]
    assert (
        reasons[0] == "has 3 cells, but the header has 4; cells are divided by ','; put \" around a cell that holds one"
    )
    assert reasons[1].startswith("has 5 cells")
    assert reasons[2] == "product_id (column 'sku') is empty; every row needs the id of its product"
    assert reasons[3] == "price 'cheap' is not a number; write it like 12.50; the row goes on without it"
    assert reasons[4].startswith("ean '6291041500214' has the check digit 4, which should be 3; the row goes on")
    assert reasons[5].startswith("photo 's3://bucket/g.jpg' begins with s3:, which is not read; write a path")
    assert [row.product.price for row in good] == [12, None, 12, 12, 12]
    assert [row.product.gtins for row in good] == [("6291041500213",), (), (), (), ()]
    assert [len(row.photos) for row in good] == [1, 1, 1, 1, 1]


def test_a_stray_quote_costs_its_own_row_alone(write: Write, read: Read) -> None:
    rows = [f'{number},p{number}.jpg,"title {number}"\n' for number in range(1, 200)]
    rows[49] = '50,p50.jpg,"an inch" more\n'
    rows[99] = '100,"p100.jpg,title\n'
    rows[198] = '199,p199.jpg,"to the end\n'
    good, bad = read(write("t.csv", "id,photo,title\n" + "".join(rows)))
    assert [row.where for row in bad] == ["t.csv:51", "t.csv:101", "t.csv:200"]
    assert all('write each " inside it as ""' in row.reason for row in bad)
    assert [row.product.product_id for row in good] == [str(n) for n in range(1, 199) if n not in (50, 100)]
    assert [row.where for row in good] == [f"t.csv:{n + 1}" for n in range(1, 199) if n not in (50, 100)]


@pytest.mark.parametrize(
    ("length", "kept"), [(1 << 16, True), ((1 << 16) + 1, False), (200_000, False), (3 << 20, False)]
)
def test_cells_over_the_limit_are_reported(write: Write, read: Read, length: int, kept: bool) -> None:
    before = csv.field_size_limit()
    text = f'id,photo,title\n1,a.jpg,{"x" * length}\n2,b.jpg,"{"y" * length}"\n3,c.jpg,short\n'
    good, bad = read(write("t.csv", text))
    assert [row.product.product_id for row in good] == (["1", "2", "3"] if kept else ["3"])
    assert [row.where for row in bad] == ([] if kept else ["t.csv:2", "t.csv:3"])
    assert csv.field_size_limit() == before


def test_a_nul_and_a_line_break_in_an_id_are_reported(write: Write, read: Read) -> None:
    padding = "".join(f"{number},a.jpg,title of the row\n" for number in range(300))  # NULs at the start mean UTF-16
    good, bad = read(write("t.csv", f'id,photo,title\n{padding}x,a.jpg,nu\x00l\n"a\nb",a.jpg,t\nlast,a.jpg,t\n'))
    assert good[-1].product.product_id == "last"
    assert [(row.where, row.reason.split(";")[0]) for row in bad] == [
        ("t.csv:302", "title holds a NUL character"),
        ("t.csv:303", "product_id (column 'id') 'a\\nb' holds a line break or another control character"),
    ]


def test_attributes_are_numbers_and_truths_only_beyond_doubt(write: Write, read: Read) -> None:
    cells = {
        "a": ("5", 5.0), "b": ("-0.50", -0.5), "c": ("007", "007"), "d": ("1e5", "1e5"), "e": ("True", True),
        "f": ("FALSE", False), "g": ("red", "red"), "h": ("12345678901234567890", "12345678901234567890"),
        "i": ("1,5", "1,5"), "j": (".5", ".5"), "k": ("0", 0.0), "l": ("nan", "nan"), "m": ("", None),
        "n": ("  ", None), "o": ("00", "00"), "p": ("٣", "٣"),
    }  # fmt: skip
    text = io.StringIO()
    csv.writer(text).writerows([["id", "photo", *cells], ["1", "a.jpg", *(cell for cell, _ in cells.values())]])
    good, bad = read(write("t.csv", text.getvalue()))
    assert not bad
    assert good[0].product.attributes == {name: value for name, (_, value) in cells.items() if value is not None}


def test_photos_are_paths_from_the_table_urls_or_several(write: Write, read: Read, tmp_path: Path) -> None:
    text = """id;photo;photo 2;additional_image_link
1;sub/a.jpg|b.jpg;../c.jpg;https://x.example/1.jpg, https://x.example/2.jpg
2;sub\\a.jpg;file:///data/a%20b.jpg;
3;/abs/a.jpg;/abs/a.jpg;
4;;;
"""
    good, bad = read(write("shop/t.csv", text))
    assert not bad
    shop = tmp_path / "shop"
    assert [row.photos for row in good] == [
        (FilePhoto(shop / "sub/a.jpg"), FilePhoto(shop / "b.jpg"), FilePhoto(shop / "../c.jpg"),
         UrlPhoto("https://x.example/1.jpg"), UrlPhoto("https://x.example/2.jpg")),
        (FilePhoto(shop / "sub/a.jpg"), FilePhoto(Path("/data/a b.jpg"))),
        (FilePhoto(Path("/abs/a.jpg")),),
        (),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "cell", ["ftp://x.example/a.jpg", "data:image/png;base64,AAAA", "http://", "https://a b/c.jpg", "file://host/a.jpg",
             "http://[bad/a.jpg", "file:///%00"]
)  # fmt: skip
def test_photo_places_that_cannot_be_read_are_reported(write: Write, read: Read, cell: str) -> None:
    good, bad = read(write("t.tsv", f"id\tphoto\n1\t{cell}\n"))
    assert good[0].photos == ()
    assert bad[0].reason.startswith("photo ")
    assert bad[0].product_id == "1"


@pytest.mark.parametrize("path", ["img:1.jpg", "C:/photos/a.jpg", "a b.jpg", "ä.jpg", "x" * 500 + ".jpg"])
def test_odd_paths_are_paths(write: Write, read: Read, path: str, tmp_path: Path) -> None:
    assert read(write("t.tsv", f"id\tphoto\n1\t{path}\n"))[0][0].photos == (FilePhoto(tmp_path / path),)


def test_paths_start_at_the_table_wherever_we_stand(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("shop/t.csv", "id,photo\n1,a.jpg\n")
    monkeypatch.chdir(tmp_path)
    (row,) = open_feed("shop/t.csv")
    assert isinstance(row, FeedRow)
    assert row.photos == (FilePhoto(tmp_path / "shop/a.jpg"),)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8), st.sampled_from([",", ";", "\t", "|"]))
@settings(max_examples=150, deadline=None)
def test_any_cells_come_back_with_the_line_that_they_begin_in(cells: list[tuple[str, str]], delimiter: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "photo", "title", "note"])
    for number, pair in enumerate(cells):
        writer.writerow([f"p{number}", "a.jpg", *pair])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(text.getvalue().encode())
        rows = list(open_feed(str(path)))
        lines = io.StringIO(text.getvalue(), newline="").readlines()
    assert len(rows) == len(cells)
    for number, (row, (title, _)) in enumerate(zip(rows, cells, strict=True)):
        assert isinstance(row, FeedRow)
        assert row.product.title == title.strip()
        assert lines[int(row.where.removeprefix("t.csv:")) - 1].startswith(f'"p{number}"')


@pytest.mark.parametrize("extension", ["csv", "jsonl", "txt"])
@given(data=st.binary(max_size=300), position=st.integers(0, 200))
@settings(max_examples=100, deadline=None)
def test_no_damage_raises_anything_but_a_source_error(extension: str, data: bytes, position: int) -> None:
    whole = {
        "csv": TABLE.encode() * 3,
        "jsonl": b'{"id": 1, "photo": ["a.jpg"], "price": 3}\n' * 5,
        "txt": b"https://x.example/a.jpg\tid\n" * 5,
    }[extension]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t.{extension}"
        path.write_bytes(whole[:position] + data + whole[position + len(data) // 2 :])
        try:
            feed = open_feed(str(path))
        except SourceError as error:
            assert str(error)
            return
        rows = list(feed)
        assert rows == list(feed)
        assert all(row.reason for row in rows if isinstance(row, BadRow))
