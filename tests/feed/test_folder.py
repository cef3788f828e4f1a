from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, FeedRow
from shelflens.feed.opening import open_feed

Write = Callable[[str, str | bytes], Path]
Read = Callable[..., tuple[list[FeedRow], list[BadRow]]]


def test_a_folder_is_a_product_named_by_its_path(write: Write, read: Read, tmp_path: Path) -> None:
    for name in ("Fruit/Apple/Golden-Delicious/b.jpg", "Fruit/Apple/Golden-Delicious/a.PNG", "Soft_Drinks/x.webp"):
        write(f"shop/{name}", b"")
    good, bad = read(tmp_path / "shop")
    assert not bad
    apple, drinks = (row.product for row in good)
    assert (apple.product_id, apple.title, apple.category) == (
        "Fruit/Apple/Golden-Delicious",
        "Golden Delicious",
        "Apple",
    )
    assert (drinks.product_id, drinks.title, drinks.category) == ("Soft_Drinks", "Soft Drinks", "")
    assert [Path(photo.source).name for photo in good[0].photos] == ["a.PNG", "b.jpg"]
    assert [row.where for row in good] == ["shop/Fruit/Apple/Golden-Delicious", "shop/Soft_Drinks"]


def test_photos_at_the_top_are_products_by_their_stem(write: Write, read: Read, tmp_path: Path) -> None:
    for name in ("b.jpg", "a_1.jpg", "a_1.png", "a_1-x.jpg", "c/d.jpg"):
        write(f"shop/{name}", b"")
    good, _ = read(tmp_path / "shop")
    assert [(row.product.product_id, row.product.title, len(row.photos)) for row in good] == [
        ("a_1-x", "a 1 x", 1), ("a_1", "a 1", 2), ("b", "b", 1), ("c", "c", 1),
    ]  # fmt: skip


def test_what_is_plainly_no_picture_is_passed_over_and_all_else_is_tried(
    write: Write, read: Read, tmp_path: Path
) -> None:
    for name in (
        "x/.hidden.jpg", "x/._a.jpg", ".git/a.jpg", "__MACOSX/a.jpg", "x/Thumbs.db", "x/.DS_Store", "x/notes.TXT",
        "x/LICENSE", "@eaDir/a.jpg", "data.csv", "x/a.zip",
    ):  # fmt: skip
        write(f"shop/{name}", b"")
    for name in ("x/page.jpg", "x/unknown.xyz", "x/no-extension"):
        write(f"shop/{name}", "<html>")
    (row,), bad = read(tmp_path / "shop")
    assert not bad
    assert [Path(photo.source).name for photo in row.photos] == ["no-extension", "page.jpg", "unknown.xyz"]


def test_links_are_followed_but_never_in_a_circle(write: Write, read: Read, tmp_path: Path) -> None:
    write("shop/a/1.jpg", b"")
    write("elsewhere/2.jpg", b"")
    (tmp_path / "shop/a/up").symlink_to(tmp_path / "shop")
    (tmp_path / "shop/a/self").symlink_to(".")
    (tmp_path / "shop/b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "shop")
    (tmp_path / "shop/c.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "shop/round").symlink_to("round")
    good, bad = read(tmp_path / "shop")
    assert not bad
    assert [row.product.product_id for row in good] == ["c", "round", "a", "b"]  # c and round: for the opener to report


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_reported_not_waited_for(write: Write, read: Read, tmp_path: Path) -> None:
    write("shop/a/1.jpg", b"")
    os.mkfifo(tmp_path / "shop/a/2.jpg")
    good, bad = read(tmp_path / "shop")
    assert len(good[0].photos) == 1
    assert (bad[0].where, bad[0].reason) == ("shop/a/2.jpg", "is neither a file nor a folder; take it away")


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX only")
def test_a_name_that_is_not_utf_8_is_reported_in_words_that_can_be_stored(
    write: Write, read: Read, tmp_path: Path
) -> None:
    write("shop/a/1.jpg", b"")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/shop/caf\xe9")).mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/shop/a/caf\xe9.jpg")).write_bytes(b"")
    good, bad = read(tmp_path / "shop")
    assert len(good) == 1
    assert sorted(row.where for row in bad) == ["shop/a/caf\\udce9.jpg", "shop/caf\\udce9"]
    assert all(row.where.encode() and row.reason == "the name is not UTF-8; rename it" for row in bad)


def test_a_folder_that_cannot_be_listed_is_reported_and_the_rest_goes_on(
    write: Write, read: Read, tmp_path: Path
) -> None:
    write("shop/z/1.jpg", b"")
    here = os.open(tmp_path / "shop", os.O_RDONLY)
    for _ in range(20):  # 20 x 250 characters: longer than a path may be, for root too
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    good, bad = read(tmp_path / "shop")
    assert [row.product.product_id for row in good] == ["z"]
    assert "the folder cannot be listed (File name too long)" in bad[0].reason


def test_accents_are_one_id_however_the_system_writes_them(write: Write, read: Read, tmp_path: Path) -> None:
    write("one/Cafe\u0301/1.jpg", b"")
    write("two/Caf\u00e9/1.jpg", b"")
    (one,), _ = read(tmp_path / "one")
    (two,), _ = read(tmp_path / "two")
    assert one.product == two.product
    assert all(Path(row.photos[0].source).exists() for row in (one, two))


def test_a_folder_without_pictures_is_refused(write: Write, tmp_path: Path) -> None:
    write("shop/train.parquet", b"")
    with pytest.raises(SourceError, match="holds no pictures"):
        open_feed(str(tmp_path / "shop"))
