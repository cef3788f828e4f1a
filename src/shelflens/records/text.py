"""Any Unicode text in PostgreSQL, found and ordered as in SQLite: by code point, U+0000 included.

PostgreSQL keeps no U+0000. Written as U+0001 U+0001, and U+0001 as U+0001 U+0002, every text can be kept and the order
is what it was: no code begins another, and they sort as what they stand for. In its "C" collation PostgreSQL compares
UTF-8 byte by byte, which is the order of code points.
"""

from __future__ import annotations

from sqlalchemy import Dialect, Text, TypeDecorator


class OrderedText(TypeDecorator[str]):
    """A column's type, for PostgreSQL only."""

    impl = Text(collation="C")
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 (SQLAlchemy gives it)
        return value if value is None else escaped(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 (SQLAlchemy gives it)
        return value if value is None else unescaped(value)


def escaped(text: str) -> str:
    if "\0" in text or "\1" in text:
        return text.replace("\1", "\1\2").replace("\0", "\1\1")
    return text


def unescaped(text: str) -> str:
    return text.replace("\1\1", "\0").replace("\1\2", "\1") if "\1" in text else text
