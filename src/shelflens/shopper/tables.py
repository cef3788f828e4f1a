"""The table of what shoppers did, for any SQL database."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, LargeBinary, MetaData, Table

from shelflens.records.tables import Number, Text

SCHEMA = 1  # raised by one with every change that older code cannot read

metadata = MetaData()

#: Counters: `schema`; `seal`, of the key that the pseudonyms are made with.
meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", Number, nullable=False),
)

#: Rows are written in order and never changed; `id` puts equal times in the order in which they were kept.
events = Table(
    "events",
    metadata,
    Column("id", Number, primary_key=True),
    Column("user", LargeBinary, nullable=False),  # a pseudonym
    Column("product_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Float, nullable=False),  # seconds since 1970
    Index("events_by_user", "user", "at"),
    Index("events_by_product", "product_id", "kind", "user"),
)
