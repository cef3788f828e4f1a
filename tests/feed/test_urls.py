from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shelflens.feed.base import BadRow, FeedRow, FilePhoto, UrlPhoto

Write = Callable[[str, str | bytes], Path]
Read = Callable[..., tuple[list[FeedRow], list[BadRow]]]

LIST = """# our photos
https://x.example/p/1/main.jpg
https://x.example/p/2/main.jpg#front?a|b\tp2

  http://x.example/a.jpg \t p3 \t
file:///photos/a%20b.jpg\tp4
ftp://x.example/a.jpg
photos/a.jpg\tp6
https://x.example/c.jpg\tp7\tred
"""


def test_a_url_without_an_id_is_its_own_product(write: Write, read: Read) -> None:
    good, _ = read(write("t.txt", LIST))
    assert [(row.product.product_id, row.photos, row.where) for row in good] == [
        ("https://x.example/p/1/main.jpg", (UrlPhoto("https://x.example/p/1/main.jpg"),), "t.txt:2"),
        ("p2", (UrlPhoto("https://x.example/p/2/main.jpg#front?a|b"),), "t.txt:3"),
        ("p3", (UrlPhoto("http://x.example/a.jpg"),), "t.txt:5"),
        ("p4", (FilePhoto(Path("/photos/a b.jpg")),), "t.txt:6"),
    ]


def test_lines_that_are_no_urls_are_reported(write: Write, read: Read) -> None:
    _, bad = read(write("t.txt", LIST))
    assert [(row.where, row.product_id) for row in bad] == [
        ("t.txt:7", "ftp://x.example/a.jpg"), ("t.txt:8", "p6"), ("t.txt:9", "p7"),
    ]  # fmt: skip
    assert [row.reason.split(";")[1].strip() for row in bad] == [
        "write a path, http://, https:// or file:///",
        "write it with http://, https:// or file:///",
        "write URL, or URL, tab and product id",
    ]


def test_an_endless_line_is_reported(write: Write, read: Read) -> None:
    good, bad = read(write("t.txt", "https://x.example/" + "a" * (3 << 20) + "\nhttps://x.example/b.jpg\n"))
    assert [row.where for row in bad] == ["t.txt:1"]
    assert [row.where for row in good] == ["t.txt:2"]
