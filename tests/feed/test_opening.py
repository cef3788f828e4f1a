from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from shelflens import plug
from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, Columns, FeedRow, FilePhoto
from shelflens.feed.opening import PICTURE_EXTENSIONS, extensions, open_feed

Write = Callable[[str, str | bytes], Path]
Read = Callable[..., tuple[list[FeedRow], list[BadRow]]]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("t.xlsx", 'the extension .xlsx is not known; save it as "CSV UTF-8", or give'),
        ("t.json", "write one object a line"),
        ("photos.zip", "unpack it and give the folder"),
        ("t.csv.bz2", "the extension .bz2 is not known"),
        ("table", "the file has no extension"),
        ("t.folder", "the extension .folder is not known"),
        ("t.picture", "the extension .picture is not known"),
    ],
)
def test_a_file_of_unknown_extension_is_told_what_is_known(write: Write, name: str, message: str) -> None:
    with pytest.raises(SourceError, match=re.escape(message)) as caught:
        open_feed(str(write(name, b"x")))
    assert ".csv, .csv.gz, .jsonl" in str(caught.value)


def test_a_missing_file_is_told_with_its_nearest_neighbour(write: Write) -> None:
    there = write("catalogue.csv", "id,photo\n")
    with pytest.raises(SourceError, match=f"no such file or folder; did you mean {there}"):
        open_feed(str(there.with_name("catalog.csv")))
    with pytest.raises(SourceError, match=r"no such file or folder$"):
        open_feed(str(there.with_name("zzz")))


def test_a_url_as_the_source_is_refused_with_the_way_out() -> None:
    with pytest.raises(SourceError, match=r"put URLs into a \.txt file"):
        open_feed("https://x.example/feed.csv")


def test_a_link_to_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(SourceError, match="link to nowhere"):
        open_feed(str(tmp_path / "t.csv"))


@pytest.mark.parametrize("extension", sorted(PICTURE_EXTENSIONS))
def test_a_single_picture_is_one_product(write: Write, read: Read, extension: str) -> None:
    path = write(f"red_apple.v2.{extension.upper()}", b"")
    (row,), bad = read(path)
    assert not bad
    assert (row.product.product_id, row.product.title) == ("red_apple.v2", "red apple.v2")
    assert row.photos == (FilePhoto(path),)


def test_dots_in_a_name_and_capitals_do_not_hide_the_extension(write: Write, read: Read) -> None:
    assert read(write("shop.2026.csv.CSV", "id,photo\n1,a.jpg\n"))[0][0].product.product_id == "1"


@pytest.mark.parametrize("name", ["photos/a.jpg", "a.jpg", "a.txt"])
def test_a_map_for_a_source_without_columns_is_refused(write: Write, name: str) -> None:
    path = write(name, "https://x.example/a.jpg")
    source = path.parent if name.startswith("photos") else path
    with pytest.raises(SourceError, match="has no columns"):
        open_feed(str(source), columns=Columns({"product_id": "category"}))


def test_every_feed_in_the_table_can_be_found() -> None:
    assert {*extensions(), "folder", "picture"} == set(plug.names("feeds"))
    for name in plug.names("feeds"):
        assert callable(plug.find("feeds", name))
