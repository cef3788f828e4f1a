"""JSON lines: one object a line; numbers, lists and text keep the types they have."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, Columns, Feed
from shelflens.feed.lines import MAX_LINE, Lines, LineTooLong, check_text
from shelflens.feed.rows import Record, TableFeed, count_photos, flatten

_HEAD = 1000  # records whose keys are the table's columns; keys that come later are attributes


def open_jsonl(path: Path, *, columns: Columns) -> Feed:
    return TableFeed(JsonLinesReader(path), columns=columns)


class JsonLinesReader:
    typed = True

    def __init__(self, path: Path) -> None:
        check_text(path)
        self.path = path
        names: dict[str, None] = {}
        first_fault = ""
        for record in islice(self.records(()), _HEAD):
            if isinstance(record, Record):
                names.update(dict.fromkeys(record.cells))
            else:
                first_fault = first_fault or f" ({record.where} {record.reason})"
        if not names:
            raise SourceError(
                f'{path}: holds no JSON objects{first_fault}; write one a line, {{"product_id": "7", ...}}'
            )
        self.columns = self.attributes = tuple(names)

    def records(self, columns: Collection[str]) -> Iterator[Record | BadRow]:  # noqa: ARG002 (parsed whole)
        with Lines(self.path) as lines:
            while True:
                lines.mark()
                where = f"{self.path.name}:{lines.number + 1}"
                try:
                    line = next(lines).strip()
                except StopIteration:
                    return
                except LineTooLong:
                    yield BadRow(where, f"is longer than {MAX_LINE} characters; write one object a line")
                    continue
                if line:
                    yield _record(where, line)

    def count(self, columns: Collection[str]) -> int | None:
        return count_photos(self.records(columns), columns)


def _record(where: str, line: str) -> Record | BadRow:
    try:
        return Record(where, flatten(_object(line)))
    except (ValueError, RecursionError) as error:
        return BadRow(where, f"is not a JSON object ({error}); write one object a line")


def _object(line: str) -> dict[str, Any]:
    found = json.loads(line, parse_constant=_refuse)
    if not isinstance(found, dict):
        raise ValueError(f"but {type(found).__name__}")  # noqa: TRY004 (one kind of error for all that a line can be)
    if "\\ud" in line.lower():  # half a surrogate pair is no text and cannot be stored
        json.dumps(found, ensure_ascii=False).encode()
    return found


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON; leave the field out")
