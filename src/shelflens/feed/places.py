"""Where a photo is, from what a table's cell says: a path, a URL, bytes, or several of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shelflens.feed.base import BytesPhoto, FilePhoto, PhotoPlace, UrlPhoto

# Several photos in one cell: "a.jpg|b.jpg", or comma and a new URL as in Google's additional_image_link.
_BETWEEN = re.compile(r"\||,(?=\s*https?://)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://|(data|file|https?):", re.IGNORECASE)  # "C:" is a drive
_URL_BREAKERS = re.compile(r"[\s\x00-\x1f\x7f]")


def split_cell(cell: object) -> Iterator[object]:
    """The photos named in one cell: text is split at "|", a list gives its items as they are."""
    if cell is None:
        return
    if isinstance(cell, str):
        yield from filter(None, map(str.strip, _BETWEEN.split(cell)))
    elif isinstance(cell, list | tuple):
        yield from (item for item in cell if item is not None and item != "")
    else:
        yield cell


def place(item: object, *, folder: Path) -> PhotoPlace:
    """One photo's place; `folder` is absolute and is where relative paths start.

    A path may lead out of the folder: it is the shop's own table. Backslashes are read as a Windows table's
    separators. Whether anything is there is found out when it is read. ValueError says what would be right.
    """
    if isinstance(item, BytesPhoto):
        return item
    if not isinstance(item, str):
        raise ValueError(f"is {_kind(item)}; write a path or a URL")  # noqa: TRY004 (one error for all faults)
    item = item.strip()
    if scheme := _SCHEME.match(item):
        return _from_url(item, (scheme[1] or scheme[2]).lower())
    if "\x00" in item:
        raise ValueError("holds a NUL character; write a path or a URL")
    return FilePhoto(folder / item.replace("\\", "/"))


def url_place(text: str) -> PhotoPlace:
    """As `place`, for lists that hold URLs only."""
    scheme = _SCHEME.match(text)
    if not scheme:
        raise ValueError("is not a URL; write it with http://, https:// or file:///")
    return _from_url(text, (scheme[1] or scheme[2]).lower())


def _from_url(text: str, scheme: str) -> PhotoPlace:
    if scheme not in ("http", "https", "file"):
        raise ValueError(f"begins with {scheme}:, which is not read; write a path, http://, https:// or file:///")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValueError(f"is not a URL ({error})") from None
    if scheme == "file":
        path = unquote(parts.path)
        if parts.netloc not in ("", "localhost") or not path.startswith("/") or "\x00" in path:
            raise ValueError("is not a file on this machine; write file:///folder/photo.jpg")
        return FilePhoto(Path(path))
    if not parts.hostname or _URL_BREAKERS.search(text):
        raise ValueError("is not a whole URL; write it like https://shop.example/photo.jpg, blanks as %20")
    return UrlPhoto(text)


def _kind(item: object) -> str:
    return "an object" if isinstance(item, dict) else f"a {type(item).__name__}"
