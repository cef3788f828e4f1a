from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, BytesPhoto, FeedRow, FilePhoto
from shelflens.feed.opening import open_feed

Read = Callable[..., tuple[list[FeedRow], list[BadRow]]]
PICTURE = pa.struct({"bytes": pa.binary(), "path": pa.string()})


def parquet(folder: Path, *, rows_in_group: int = 1000, **columns: object) -> Path:
    path = folder / "t.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=rows_in_group)
    return path


def test_pictures_inside_the_table_are_bytes_with_their_row(tmp_path: Path, read: Read) -> None:
    image = pa.array(
        [{"bytes": b"one", "path": "1.jpg"}, {"bytes": None, "path": "2.jpg"}, None, {"bytes": None, "path": None}],
        PICTURE,
    )
    path = parquet(tmp_path, id=[1, 2, 3, 4], image=image, mask=pa.array([b"m"] * 4))
    good, bad = read(path)
    assert not bad
    assert [row.photos for row in good] == [
        (BytesPhoto(b"one", "t.parquet:1"),), (FilePhoto(tmp_path / "2.jpg"),), (), (),
    ]  # fmt: skip
    assert good[0].product.attributes == {}  # a second column of pictures is no attribute


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_binary_columns_and_lists_of_pictures_are_photos(tmp_path: Path, read: Read, kind: pa.DataType) -> None:
    plain = read(parquet(tmp_path, id=["a", "b"], photo=pa.array([b"1", None], kind)))[0]
    assert [row.photos for row in plain] == [(BytesPhoto(b"1", "t.parquet:1"),), ()]
    several = parquet(tmp_path, id=["a", "b"], photo=pa.array([[b"1", b"2"], []], pa.list_(kind)))
    assert [row.photos for row in read(several)[0]] == [
        (BytesPhoto(b"1", "t.parquet:1"), BytesPhoto(b"2", "t.parquet:1")), (),
    ]  # fmt: skip
    assert open_feed(str(several)).photos() is None


def test_photos_inside_the_table_are_counted_by_row_groups(tmp_path: Path) -> None:
    image = pa.array(
        [{"bytes": b"x" if n % 3 else None, "path": f"{n}.jpg" if n % 3 else None} for n in range(100)], PICTURE
    )
    for path in (
        parquet(tmp_path, id=list(range(100)), image=image, rows_in_group=7),
        parquet(tmp_path, id=list(range(100)), photo=pa.array([b"x" if n % 3 else None for n in range(100)])),
    ):
        assert open_feed(str(path)).photos() == 66


def test_rows_are_numbered_through_all_row_groups_and_batches(tmp_path: Path, read: Read) -> None:
    path = parquet(tmp_path, id=list(range(1, 501)), photo=[b"x"] * 500, rows_in_group=170)
    good, _ = read(path)
    assert [row.where for row in good] == [f"t.parquet:{row.product.product_id}" for row in good]


def test_every_kind_of_value_is_text_number_truth_or_absent(tmp_path: Path, read: Read) -> None:
    path = parquet(
        tmp_path,
        id=pa.array([7.0, None]),  # pandas makes floats of whole numbers with a gap
        photo=["a.jpg|b.jpg", "c.jpg"],
        price=pa.array([Decimal("12.50"), None]),
        truth=[True, None],
        text=["5", " "],
        number=[float("nan"), 2.5],
        day=[dt.date(2026, 1, 2), None],
        at=pa.array([dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC), None]),
        kind=pa.array(["red", None]).dictionary_encode(),
        tags=[["a", "b"], []],
        size=[{"width": 3, "unit": "cm"}, None],
    )
    good, bad = read(path)
    assert [row.where for row in bad] == ["t.parquet:2"]
    assert good[0].product.product_id == "7"
    assert good[0].product.price == 12.5
    assert good[0].product.attributes == {
        "truth": True, "text": "5", "day": "2026-01-02", "at": "2026-01-02T03:04:00+00:00", "kind": "red",
        "tags": ("a", "b"), "size.width": 3.0, "size.unit": "cm",
    }  # fmt: skip


def test_a_nan_price_is_absent_and_an_infinite_one_is_reported(tmp_path: Path, read: Read) -> None:
    good, bad = read(parquet(tmp_path, id=["a", "b"], photo=["a", "b"], price=[float("nan"), float("inf")]))
    assert [row.product.price for row in good] == [None, None]
    assert [row.product_id for row in bad] == ["b"]


def test_columns_inside_objects_can_be_mapped(tmp_path: Path, read: Read) -> None:
    path = parquet(tmp_path, item=[{"code": "a", "shot": "a.jpg", "left": 1}])
    good, _ = read(path, product_id="item.code", photo="item.shot")
    assert good[0].product.product_id == "a"
    assert good[0].photos == (FilePhoto(tmp_path / "a.jpg"),)
    assert good[0].product.attributes == {"item.left": 1.0}


def test_text_that_is_not_utf_8_is_a_bad_row(tmp_path: Path, read: Read) -> None:
    raw = pa.array([b"good", b"b\xe4d", b"fine"])
    text = pa.StringArray.from_buffers(3, raw.buffers()[1], raw.buffers()[2])
    good, bad = read(parquet(tmp_path, id=["1", "2", "3"], photo=["a", "b", "c"], title=text))
    assert [row.product.product_id for row in good] == ["1", "3"]
    assert (bad[0].where, bad[0].reason.split(";")[0]) == ("t.parquet:2", "title is not UTF-8")


def test_a_damaged_row_group_is_reported_and_the_others_are_read(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "t.parquet"
    table = pa.table({"id": [f"p{n}" for n in range(300)], "photo": [f"{n:05}.jpg" for n in range(300)]})
    pq.write_table(table, path, row_group_size=100, use_dictionary=False, compression="zstd")
    chunk = pq.ParquetFile(path).metadata.row_group(1).column(1)
    data = bytearray(path.read_bytes())
    start = chunk.data_page_offset
    data[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(data)
    good, bad = read(path)
    assert len(good) == 200
    assert [row.where for row in bad] == ["t.parquet:101"]
    assert "rows 101 to 200 cannot be read" in bad[0].reason


@pytest.mark.parametrize("data", [b"", b"PAR1", b"id,photo\n1,a\n", b"PAR1" + b"x" * 100 + b"PAR1"])
def test_what_is_no_parquet_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"t\.parquet: is not a Parquet file, or is damaged"):
        open_feed(str(path))


def test_an_id_of_bytes_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path, id=[b"a"], photo=["a.jpg"])
    with pytest.raises(SourceError, match="column 'id' cannot be product_id, it holds bytes"):
        open_feed(str(path))
