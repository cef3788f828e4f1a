"""Addresses of shared catalogues."""

from __future__ import annotations

from pathlib import Path

import pytest

from shelflens.errors import CatalogueError
from shelflens.records.address import Address, is_address, location, parse
from shelflens.records.text import escaped, unescaped


def test_an_address_is_told_from_a_directory() -> None:
    assert isinstance(location("postgres://u@h/db?catalogue=shop"), Address)
    assert location("shop.lens") == location(Path("shop.lens")) == Path("shop.lens")
    assert is_address("postgresql://h/db?catalogue=shop")
    assert not is_address("postgres/shop.lens")


def test_a_password_is_never_shown() -> None:
    address = parse("postgres://ann:s3cret%40@db1,db2:5433/shops?sslmode=require&sslpassword=hush&catalogue=shop")
    assert str(address) == "postgres://ann:***@db1,db2:5433/shops?sslmode=require&sslpassword=***&catalogue=shop"
    for shown in (str(address), repr(address), f"{address}", f"{[address]}"):
        assert "s3cret" not in shown
        assert "hush" not in shown
    assert "s3cret%40" in address.dsn
    assert set(address.secrets) == {"s3cret%40", "s3cret@", "hush"}


def test_libpq_gets_what_was_said_and_else_what_is_usual() -> None:
    dsn = parse("postgres://h1,h2/shops?catalogue=shop&connect_timeout=2&host=/run/postgres").dsn
    assert dsn.startswith("postgresql://h1,h2/shops?")
    assert "connect_timeout=2" in dsn
    assert "connect_timeout=5" not in dsn
    assert "target_session_attrs=read-write" in dsn
    assert "catalogue" not in dsn


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("postgres://h/db", "which catalogue"),
        ("postgres://h/?catalogue=shop", "which database"),
        ("postgres://h/db?catalogue=Shop", "'Shop' cannot be a catalogue's name"),
        ("postgres://h/db?catalogue=pg_x", "cannot be a catalogue's name"),
        ("postgres://h/db?catalogue=public", "cannot be a catalogue's name"),
        ('postgres://h/db?catalogue=a"b', "cannot be a catalogue's name"),
        ("postgres://u:s3cret@h/db", r"postgres://u:\*\*\*@h/db: which catalogue"),
    ],
)
def test_an_address_that_is_none_is_explained(text: str, wrong: str) -> None:
    with pytest.raises(CatalogueError, match=wrong) as raised:
        parse(text)
    assert "s3cret" not in str(raised.value)


def test_text_comes_back_and_keeps_its_order() -> None:
    texts = ["", "a", "a\0", "a\0\0b", "a\1", "a\1\0", "a\1\1", "a\1\2", "a\2", "\0", "\0\1", "\1\0\1", "\1", "\2", "é"]
    kept = [escaped(text) for text in texts]
    assert [unescaped(text) for text in kept] == texts
    assert sorted(kept) == [escaped(text) for text in sorted(texts)]
    assert not any("\0" in text for text in kept)
