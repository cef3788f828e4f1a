"""Folders of photos: one folder per product, or photos at the top, each its own product. And a single photo.

`Fruit/Apple/Golden-Delicious/*.jpg` is the product of that id, titled "Golden Delicious", category "Apple".
At the top the id is the file's name without its extension, so a.jpg and a.png are two photos of product a.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, Columns, Feed, FeedRow, FilePhoto
from shelflens.feed.columns import refuse_columns
from shelflens.types import Product

#: Plainly no pictures, so passed over without a word. Anything else is tried, and reported if it is none.
OTHER_EXTENSIONS = frozenset(
    [
        "txt", "md", "rst", "pdf", "rtf", "doc", "docx", "odt", "xls", "xlsx", "ods", "ppt", "pptx", "csv", "tsv",
        "json", "jsonl", "ndjson", "parquet", "arrow", "xml", "yaml", "yml", "toml", "ini", "cfg", "log", "html",
        "htm", "css", "js", "ts", "py", "ipynb", "sh", "bat", "sql", "db", "sqlite", "sqlite3", "pkl", "npy", "npz",
        "pt", "pth", "onnx", "h5", "zip", "gz", "bz2", "xz", "zst", "7z", "rar", "tar", "tgz", "mp3", "wav", "flac",
        "ogg", "mp4", "m4v", "mov", "avi", "mkv", "webm", "srt", "exe", "dll", "so", "lnk", "url", "bak", "tmp",
        "part", "crdownload", "md5", "sha1", "sha256", "lock",
    ]
)  # fmt: skip
OTHER_NAMES = frozenset(("thumbs.db", "desktop.ini", "license", "licence", "readme", "notice", "copying", "makefile"))
OTHER_FOLDERS = frozenset(("__macosx", "@eadir", "$recycle.bin", "system volume information"))


@dataclass(frozen=True, slots=True)
class _Directory:
    relative: PurePosixPath
    above: frozenset[tuple[int, int]]  # (device, inode) of itself and every directory above it


def open_folder(path: Path, *, columns: Columns) -> Feed:
    refuse_columns(columns, source=str(path))
    return FolderFeed(path)


def open_picture(path: Path, *, columns: Columns) -> Feed:
    """One photo as a source of its own: one product, its id the file's name without extension."""
    refuse_columns(columns, source=str(path))
    return PictureFeed(path)


class FolderFeed:
    """Folders in the order of their names, each before those inside it; links are followed, but never in a circle."""

    def __init__(self, path: Path) -> None:
        self._root = Path(os.path.abspath(path))  # noqa: PTH100 (resolve() would follow links)
        try:
            _entries(self._root)
        except OSError as error:
            raise SourceError(f"{path}: cannot be listed ({error.strerror}); allow reading and entering it") from None
        if not any(True for _ in self):
            raise SourceError(f"{path}: holds no pictures; give a folder with photos in it or in folders inside it")

    @property
    def name(self) -> str:
        return self._root.name or str(self._root)

    def __iter__(self) -> Iterator[FeedRow | BadRow]:
        for directory, photos in self._walk():
            if isinstance(photos, BadRow):
                yield photos
            elif directory.parts:
                yield self._row(directory, photos)
            else:
                by_stem: dict[str, list[str]] = {}
                for photo in photos:
                    by_stem.setdefault(PurePosixPath(photo).stem, []).append(photo)
                for stem, same in by_stem.items():
                    product = Product(_composed(stem), title=_title(stem))
                    yield FeedRow(product, self._places(directory, same), self._where(same[0]))

    def photos(self) -> int | None:
        return sum(len(photos) for _, photos in self._walk() if not isinstance(photos, BadRow))

    def _row(self, directory: PurePosixPath, photos: list[str]) -> FeedRow:
        product = Product(
            _composed(directory.as_posix()), title=_title(directory.name), category=_composed(directory.parent.name)
        )
        return FeedRow(product, self._places(directory, photos), self._where(directory))

    def _places(self, directory: PurePosixPath, photos: list[str]) -> tuple[FilePhoto, ...]:
        return tuple(FilePhoto(self._root / directory / photo) for photo in photos)

    def _where(self, relative: PurePosixPath | str) -> str:
        return _printable(str(PurePosixPath(self.name) / relative))

    def _walk(self) -> Iterator[tuple[PurePosixPath, list[str] | BadRow]]:
        """Every directory with the names of its photos, where it has any; and what cannot be read."""
        waiting = [_Directory(PurePosixPath(), frozenset())]
        while waiting:
            directory = waiting.pop()
            try:
                above = directory.above | {_identity(self._root / directory.relative)}
                entries = _entries(self._root / directory.relative)
            except OSError as error:
                reason = f"the folder cannot be listed ({error.strerror}); allow reading and entering it"
                yield directory.relative, BadRow(self._where(directory.relative), reason)
                continue
            photos, inside = [], []
            for entry in entries:
                relative = directory.relative / entry.name
                if fault := _fault(entry):
                    yield relative, BadRow(self._where(relative), fault)
                elif not _is_directory(entry):
                    photos.append(entry.name)
                elif _identity_or_none(entry) not in above:
                    inside.append(_Directory(relative, above))
            if photos:
                yield directory.relative, photos
            waiting.extend(reversed(inside))


class PictureFeed:
    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.abspath(path))  # noqa: PTH100 (resolve() would follow links)

    @property
    def name(self) -> str:
        return self._path.name

    def __iter__(self) -> Iterator[FeedRow | BadRow]:
        stem = self._path.stem
        yield FeedRow(Product(_composed(stem), title=_title(stem)), (FilePhoto(self._path),), self.name)

    def photos(self) -> int | None:
        return 1


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    """What may matter, by name."""
    with os.scandir(directory) as entries:
        return sorted((entry for entry in entries if _may_matter(entry)), key=lambda entry: entry.name)


def _may_matter(entry: os.DirEntry[str]) -> bool:
    name = entry.name.lower()
    if name.startswith("."):
        return False
    if _is_directory(entry):
        return name not in OTHER_FOLDERS
    return name not in OTHER_NAMES and name.rpartition(".")[2] not in OTHER_EXTENSIONS


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _fault(entry: os.DirEntry[str]) -> str:
    """What makes an entry unfit to be tried, or ""; a link to nowhere is tried, and reported by whoever opens it."""
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        return "the name is not UTF-8; rename it"
    try:
        mode = entry.stat().st_mode
    except OSError:
        return ""
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return "is neither a file nor a folder; take it away"  # opening a pipe would wait for ever
    return ""


def _identity(directory: Path) -> tuple[int, int]:
    found = directory.stat()
    return found.st_dev, found.st_ino


def _identity_or_none(entry: os.DirEntry[str]) -> tuple[int, int] | None:
    try:
        found = entry.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _title(name: str) -> str:
    return " ".join(_composed(name).replace("-", " ").replace("_", " ").split())


def _composed(name: str) -> str:
    """As most systems write accents, so that one name is one id wherever the folder was copied from."""
    return unicodedata.normalize("NFC", name)


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
