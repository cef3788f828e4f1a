"""The tables of a catalogue, for any SQL database.

Three of them are not obvious. `facts` holds one row for every attribute value and GTIN, so that a filter is an
index look-up with bound parameters and no JSON path has to be quoted. `changes` holds one row per photo key, with
the number of its *latest* change: the log is net by construction and never longer than the catalogue's history
of keys, however often a photo changes. `space_changes` holds what has changed in one space alone, as when it is filled
beside the one that searches use: whoever follows another space need not hear of it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)
from sqlalchemy import Text as SqlText

from shelflens.records.text import OrderedText

SCHEMA = 2  # raised by one with every change of the tables that older code cannot read (`records.schema`)

metadata = MetaData()

Text = SqlText().with_variant(OrderedText(), "postgresql")  # any Unicode, in the order of its code points
Number = Integer().with_variant(BigInteger(), "postgresql")  # 64 bits


def _lookup(name: str, column: str, *, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> tuple[Index, ...]:
    """Finds rows by the whole text of a column. PostgreSQL's ordinary tree refuses texts of more than 2.7 kB, and its
    hash index slows down where many rows have the same; its radix tree does neither."""
    return (
        Index(name, *before, column, *after).ddl_if(dialect="sqlite"),
        Index(f"{name}_prefix", column, postgresql_using="spgist").ddl_if(dialect="postgresql"),
    )


#: Counters under the write lock: `schema`; `version`, the number of the last change; `key`, the last key given out.
meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", Number, nullable=False),
)

spaces = Table(
    "spaces",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("manifest", Text, nullable=False),  # JSON
    Column("dimension", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
)

products = Table(
    "products",
    metadata,
    Column("product_id", Text, primary_key=True),
    Column("title", Text, nullable=False),  # "" is unknown, here and below
    Column("description", Text, nullable=False),
    Column("brand", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("price", Float, index=True),
    Column("url", Text, nullable=False),
    Column("gtins", Text, nullable=False),  # JSON list of strings
    Column("attributes", Text, nullable=False),  # JSON object
    *_lookup("products_by_brand", "brand"),
    *_lookup("products_by_category", "category"),
)

facts = Table(
    "facts",
    metadata,
    Column("id", Number, primary_key=True),
    Column("product_id", Text, ForeignKey(products.c.product_id, ondelete="CASCADE"), nullable=False, index=True),
    Column("field", Text, nullable=False),  # an attribute's name, or "gtin"
    Column("text", Text),  # exactly one of the three is set
    Column("number", Float),
    Column("truth", Boolean),
    *_lookup("facts_by_text", "text", before=("field",), after=("product_id",)),
    Index("facts_by_number", "field", "number", "product_id"),
)

#: A key stands for one picture of one product for ever: other bytes get another key, and no key is given out twice.
photos = Table(
    "photos",
    metadata,
    Column("key", Number, primary_key=True, autoincrement=False),
    Column("product_id", Text, ForeignKey(products.c.product_id, ondelete="CASCADE"), nullable=False, index=True),
    Column("photo_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    UniqueConstraint("photo_id", "product_id"),
    *_lookup("photos_by_source", "source", after=("product_id",)),
)

#: Shared by all photos with the same bytes.
vectors = Table(
    "vectors",
    metadata,
    Column("space", Integer, ForeignKey(spaces.c.id), primary_key=True),
    Column("photo_id", Text, primary_key=True),
    Column("packed", LargeBinary, nullable=False),  # (dim,), as shelflens.packing has it
)

thumbnails = Table(
    "thumbnails",
    metadata,
    Column("photo_id", Text, primary_key=True),
    Column("jpeg", LargeBinary, nullable=False),
)

#: What a verifier made of a photo's pixels; `name` says which verifier, of which version.
descriptions = Table(
    "descriptions",
    metadata,
    Column("photo_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

#: Small documents that belong to the whole catalogue, such as its calibration.
documents = Table(
    "documents",
    metadata,
    Column("name", Text, primary_key=True),
    Column("text", Text, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("key", Number, primary_key=True, autoincrement=False),
    Column("seq", Number, nullable=False, unique=True),
)

space_changes = Table(
    "space_changes",
    metadata,
    Column("space", Integer, ForeignKey(spaces.c.id), primary_key=True),
    Column("key", Number, primary_key=True, autoincrement=False),
    Column("seq", Number, nullable=False),
    Index("space_changes_in_order", "space", "seq"),
)
