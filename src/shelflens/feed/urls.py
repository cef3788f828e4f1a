"""A list of URLs, one a line: `URL` or `URL <tab> product_id`; lines that begin with # are comments.

Without an id the URL itself is the product's id: two shops' main.jpg are not one product.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shelflens.feed.base import BadRow, Columns, Feed, FeedRow
from shelflens.feed.columns import refuse_columns
from shelflens.feed.lines import MAX_LINE, Lines, LineTooLong, check_text
from shelflens.feed.places import url_place
from shelflens.types import Product


def open_urls(path: Path, *, columns: Columns) -> Feed:
    refuse_columns(columns, source=str(path))
    return UrlFeed(path)


class UrlFeed:
    def __init__(self, path: Path) -> None:
        check_text(path)
        self._path = path

    @property
    def name(self) -> str:
        return self._path.name

    def __iter__(self) -> Iterator[FeedRow | BadRow]:
        for where, line in self._lines():
            if line is None:
                yield BadRow(where, f"is longer than {MAX_LINE} characters; write one URL a line")
                continue
            url, *rest = (cell.strip() for cell in line.split("\t"))
            product_id = rest[0] if rest and rest[0] else url
            if len(rest) > 1:
                yield BadRow(where, f"has {len(rest) + 1} cells; write URL, or URL, tab and product id", product_id)
                continue
            try:
                place = url_place(url)
            except ValueError as error:
                yield BadRow(where, f"{url[:80]!r} {error}", product_id)
                continue
            yield FeedRow(Product(product_id), (place,), where)

    def photos(self) -> int | None:
        return sum(1 for _, line in self._lines() if line is not None)

    def _lines(self) -> Iterator[tuple[str, str | None]]:
        """Where, and the line without blanks at its ends; None in place of one that is too long."""
        with Lines(self._path) as lines:
            while True:
                lines.mark()
                where = f"{self.name}:{lines.number + 1}"
                try:
                    line = next(lines).strip()
                except StopIteration:
                    return
                except LineTooLong:
                    yield where, None
                    continue
                if line and not line.startswith("#"):
                    yield where, line
