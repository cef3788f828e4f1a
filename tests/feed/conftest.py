"""What the tests of the feeds share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shelflens.feed.base import BadRow, Columns, FeedRow
from shelflens.feed.opening import open_feed


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Writes a file, its folders included, under the test's own folder."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.fixture
def read() -> Callable[..., tuple[list[FeedRow], list[BadRow]]]:
    """The good rows and the bad rows of a source, each in order."""

    def read_source(source: Path, **names: str) -> tuple[list[FeedRow], list[BadRow]]:
        rows = list(open_feed(str(source), columns=Columns(names)))
        return [row for row in rows if isinstance(row, FeedRow)], [row for row in rows if isinstance(row, BadRow)]

    return read_source
