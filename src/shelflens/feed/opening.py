"""From what stands on the command line to a feed: a folder, a picture, or a file known by its extension.

Which extension is which feed is the table "feeds" in `shelflens.plug`; other packages add lines to it.
"""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path

from shelflens import plug
from shelflens.errors import SourceError
from shelflens.feed.base import Columns, Feed

FOLDER, PICTURE = "folder", "picture"  # the feeds that no extension names
PICTURE_EXTENSIONS = frozenset(
    ("avif", "bmp", "gif", "heic", "heif", "jfif", "jpe", "jpeg", "jpg", "png", "tif", "tiff", "webp")
)

_INSTEAD = {
    "xlsx": 'save it as "CSV UTF-8"',
    "xls": 'save it as "CSV UTF-8"',
    "ods": "save it as CSV in UTF-8",
    "json": "write one object a line: jq -c '.[]' FILE.json > FILE.jsonl",
    "zip": "unpack it and give the folder",
    "tar": "unpack it and give the folder",
    "tgz": "unpack it and give the folder",
    "xml": "export the products as CSV or JSONL",
}
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def open_feed(source: str, *, columns: Columns = Columns()) -> Feed:  # noqa: B008 (frozen)
    """The feed behind a path. SourceError when there is none, saying what would be."""
    path = Path(source)
    if _URL.match(source):
        raise SourceError(f"{source}: a source is a file or a folder here; put URLs into a .txt file, one a line")
    if not os.path.lexists(path):
        raise SourceError(f"{source}: there is no such file or folder{_meant(path)}")
    name = FOLDER if path.is_dir() else _by_extension(path)
    if not (path.is_dir() or path.is_file()):
        raise SourceError(f"{source}: is neither a file nor a folder, or is a link to nowhere")
    feed: Feed = plug.find("feeds", name)(path, columns=columns)
    return feed


def extensions() -> list[str]:
    """Of every table and list that can be a source, without the dot."""
    return [name for name in plug.names("feeds") if name not in (FOLDER, PICTURE)]


def _by_extension(path: Path) -> str:
    known = set(extensions())
    suffixes = [suffix[1:].lower() for suffix in path.suffixes]
    for start in range(len(suffixes)):  # "csv.gz" before "gz"
        if (name := ".".join(suffixes[start:])) in known:
            return name
    last = suffixes[-1] if suffixes else ""
    if last in PICTURE_EXTENSIONS:
        return PICTURE
    what = f"the extension .{last} is not known" if last else "the file has no extension"
    instead = f"{_INSTEAD[last]}, or " if last in _INSTEAD else ""
    raise SourceError(f"{path}: {what}; {instead}give a folder, a picture, or a file named .{', .'.join(extensions())}")


def _meant(path: Path) -> str:
    try:
        names = os.listdir(path.parent)  # noqa: PTH208 (names are all it needs)
    except OSError:
        return ""
    close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.75)
    return f"; did you mean {path.parent / close[0]}?" if close else ""
