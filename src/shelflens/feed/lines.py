"""Text files line by line, as every text feed reads them: encoding checked once, lines counted, lengths bounded."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from shelflens.errors import SourceError

MAX_LINE = 1 << 20  # characters of one line, and of one CSV row that spans several
_CHUNK = 1 << 20  # bytes

#: First bytes of what is often given in place of text -> what it is and what to do.
_NOT_TEXT = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; unpack it, or save it as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save it as CSV UTF-8",
    b"PAR1": "a Parquet file; name it .parquet",
    b"%PDF": "a PDF; save the table as CSV UTF-8",
    b"\x1f\x8b": "compressed; let its name end in .gz",
    b"\xff\xd8\xff": "a JPEG picture; let its name end in .jpg",
    b"\x89PNG": "a PNG picture; let its name end in .png",
}


class LineTooLong(Exception):  # noqa: N818 (an event for the reader of lines, never shown)
    """Raised in place of a line over MAX_LINE; the next line can be read."""


class Lines:
    """Iterates over the lines with their ends, of a file that `check_text` has passed; `number` is the last one's.

    What was read since `mark()` can be given back with `again()`, its first line excepted.
    """

    def __init__(self, path: Path) -> None:
        self.number = 0
        self._path = path
        encoding = _encoding(path)
        self._text = io.TextIOWrapper(_open(path), encoding=encoding, newline="")
        self._waiting: deque[str] = deque()
        self._since: list[str] = []
        self._length = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._text.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else self._read()
        if not line:
            raise StopIteration
        self.number += 1
        self._since.append(line)
        self._length += len(line)
        if self._length >= MAX_LINE:
            self._skip_rest(line)
            raise LineTooLong
        return line

    def mark(self) -> None:
        """A new row begins with the next line."""
        self._since.clear()
        self._length = 0

    def again(self) -> None:
        """The lines since the mark, but for the first, will come again."""
        self._waiting.extendleft(reversed(self._since[1:]))
        self.number -= len(self._since) - 1
        self.mark()

    def _read(self) -> str:
        try:
            return self._text.readline(MAX_LINE)
        except (UnicodeDecodeError, OSError, EOFError, zlib.error) as error:
            after = f"after line {self.number}"
            raise SourceError(
                f"{self._path}: {after} the file changed while it was read ({error}); run again"
            ) from None

    def _skip_rest(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            line = self._read()


def check_text(path: Path) -> None:
    """SourceError unless all of the file is text that can be read: UTF-8, or UTF-16 with its byte order mark."""
    try:
        encoding = _encoding(path)
        decoder = codecs.getincrementaldecoder(encoding)()
        line = 1
        with _open(path) as file:
            while chunk := file.read(_CHUNK):
                line += _decode(decoder, chunk, line=line, path=path).count("\n")
            _decode(decoder, b"", line=line, path=path)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"{path}: the gzip data is damaged ({error}); compress the file again") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from None


def head(path: Path, *, lines: int) -> Sequence[str]:
    """The first lines, without those that are too long."""
    found: list[str] = []
    with Lines(path) as reader:
        while len(found) < lines:
            reader.mark()
            try:
                found.append(next(reader))
            except LineTooLong:
                continue
            except StopIteration:
                break
    return found


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, *, line: int, path: Path) -> str:
    try:
        return decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        line += error.object[: error.start].count(b"\n")
        bad = error.object[error.start : error.start + 1].hex().upper()
        raise SourceError(
            f"{path}: line {line} is not {error.encoding.upper()} (byte 0x{bad}); save it as UTF-8, in a spreadsheet "
            f'"CSV UTF-8", or: iconv -f WINDOWS-1252 -t UTF-8 {path.name} > utf8-{path.name}'
        ) from None


def _encoding(path: Path) -> str:
    with _open(path) as file:
        start = file.read(4096)
    if not start:
        raise SourceError(f"{path}: is empty")
    for signature, what in _NOT_TEXT.items():
        if start.startswith(signature):
            raise SourceError(f"{path}: is not text but {what}")
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise SourceError(f"{path}: is UTF-32; save it as UTF-8")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\x00" in start:
        raise SourceError(f"{path}: holds zero bytes, so it is no text, or UTF-16 without its mark; save it as UTF-8")
    return "utf-8-sig"


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")
