"""CSV and TSV tables: RFC 4180 quoting, the delimiter found in the first rows, real line numbers."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, Columns, Feed
from shelflens.feed.columns import column_names
from shelflens.feed.lines import MAX_LINE, Lines, LineTooLong, check_text, head
from shelflens.feed.rows import Record, TableFeed, count_photos

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 50  # lines that show the delimiter


def open_table(path: Path, *, columns: Columns) -> Feed:
    return TableFeed(CsvReader(path), columns=columns)


class CsvReader:
    """Strict about quotes: a stray one costs its own row, not the rows up to the next quote."""

    typed = False

    def __init__(self, path: Path) -> None:
        check_text(path)
        self.path = path
        self._delimiter = _delimiter(head(path, lines=_SAMPLE))
        header = next((cells for _, cells in self._rows()), None)
        if header is None or isinstance(header, str):
            raise SourceError(
                f"{path}: no header can be read ({header or 'all lines are empty'}); name the columns first"
            )
        self.columns = self.attributes = column_names(header)

    def records(self, columns: Collection[str]) -> Iterator[Record | BadRow]:  # noqa: ARG002 (whole rows cost the same)
        rows = self._rows()
        next(rows, None)  # the header
        width = len(self.columns)
        for number, cells in rows:
            where = f"{self.path.name}:{number}"
            if isinstance(cells, str):
                yield BadRow(where, cells)
            elif len(cells) != width:
                yield BadRow(where, f"has {len(cells)} cells, but the header has {width}; {_hint(self._delimiter)}")
            else:
                yield Record(where, dict(zip(self.columns, cells, strict=True)))

    def count(self, columns: Collection[str]) -> int | None:
        return count_photos(self.records(columns), columns)

    def _rows(self) -> Iterator[tuple[int, list[str] | str]]:
        """The line a row begins in, and its cells, or in words why it has none."""
        with Lines(self.path) as lines:
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True, skipinitialspace=True)
            while True:
                lines.mark()
                number = lines.number + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except LineTooLong:
                    yield number, f"is longer than {MAX_LINE} characters (is a quote left open?)"
                except csv.Error as error:
                    lines.again()
                    yield number, f'has wrong quotes ({error}); put " around the cell and write each " inside it as ""'
                else:
                    if cells:
                        yield number, cells


def _delimiter(sample: Collection[str]) -> str:
    """The one that splits most rows into as many cells as the first, two at least; then the one with more cells."""

    def fit(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(cells) for cells in csv.reader(sample, delimiter=delimiter, skipinitialspace=True) if cells]
        except csv.Error:
            return 0, 0
        return (widths.count(widths[0]), widths[0]) if widths and widths[0] > 1 else (0, 0)

    return max(DELIMITERS, key=fit)  # the first of equals: a single column has a comma


def _hint(delimiter: str) -> str:
    return f'cells are divided by {delimiter!r}; put " around a cell that holds one'
