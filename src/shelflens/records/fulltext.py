"""The words of the products, searchable, in SQLite's own full-text index (FTS5), ranked by its BM25.

Robertson, Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009. The index holds our own terms
(`text.terms`), each made and looked up as one word; SQLite only splits at the blanks between them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    table,
    update,
)
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError

from shelflens.errors import CatalogueError
from shelflens.records.base import TextHit
from shelflens.records.tables import meta, products
from shelflens.text.terms import DETAILS, FORM, NAMES, PIECES, QueryTerms, product_terms, query_terms
from shelflens.types import Product

#: `_`, `.` and `%` belong to terms: "_ap" is a piece, "1.5%" a word.
_CREATE = (
    "CREATE TABLE worded (number INTEGER PRIMARY KEY, product_id TEXT NOT NULL UNIQUE)",
    """CREATE VIRTUAL TABLE product_words USING fts5(
        names, details, pieces, tokenize = "unicode61 remove_diacritics 0 tokenchars '_.%'")""",
)
_DROP = ("DROP TABLE IF EXISTS product_words", "DROP TABLE IF EXISTS worded")
#: Which number of the index is which product.
worded = table("worded", column("number"), column("product_id"))
product_words = table("product_words", column("rowid"), column("names"), column("details"), column("pieces"))
#: Of `meta`: the version of the records that the index is in step with, and the form of its terms.
_VERSION, _FORM = "words", "words_form"
#: How many products have each term in each column; of this connection alone, and nothing is kept in it.
_VOCABULARY = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.product_vocabulary USING fts5vocab(main, product_words, col)"
vocabulary = table("product_vocabulary", column("term"), column("col"), column("doc"), schema="temp")
MOST_ENTRIES = 60_000  # of the index that one question reads, a microsecond each
_PORTION = 500  # values in one `IN (...)`


class FullText(Protocol):
    """Keeps the words of products, inside the transaction that changes the products."""

    def put(self, connection: Connection, given: Sequence[Product]) -> None:
        """Products with all their fields, new or changed."""
        ...

    def remove(self, connection: Connection, product_ids: Sequence[str]) -> None: ...

    def find(self, connection: Connection, text: str, *, k: int, meeting: ColumnElement[bool] | None) -> list[TextHit]:
        """As `Records.agreeing`; `meeting` is the condition on `products`."""
        ...


class Fts5:
    """A FullText."""

    def put(self, connection: Connection, given: Sequence[Product]) -> None:
        self.remove(connection, [product.product_id for product in given])
        if not given:
            return
        connection.execute(insert(worded), [{"product_id": product.product_id} for product in given])
        numbers = _numbers(connection, [product.product_id for product in given])
        rows = [{"rowid": numbers[product.product_id], **_row(product)} for product in given]
        connection.execute(insert(product_words), rows)

    def remove(self, connection: Connection, product_ids: Sequence[str]) -> None:
        numbers = [{"its": number} for number in _numbers(connection, product_ids).values()]
        if numbers:
            connection.execute(delete(product_words).where(product_words.c.rowid == bindparam("its")), numbers)
            connection.execute(delete(worded).where(worded.c.number == bindparam("its")), numbers)

    def find(self, connection: Connection, text: str, *, k: int, meeting: ColumnElement[bool] | None) -> list[TextHit]:
        terms = query_terms(text)
        if not terms:
            return []
        terms = _telling(connection, terms)
        whole: ColumnElement[str] = literal_column("product_words")
        score = (-func.bm25(whole, NAMES, DETAILS, PIECES)).label("score")
        found = (
            select(worded.c.product_id, score)
            .join_from(product_words, worded, worded.c.number == product_words.c.rowid)
            .where(whole.op("MATCH")(_expression(terms)))
        )
        if meeting is not None:
            found = found.where(worded.c.product_id.in_(select(products.c.product_id).where(meeting)))
        try:
            rows = connection.execute(found.order_by(score.desc(), worded.c.product_id).limit(k))
        except OperationalError as error:
            if "no such table" not in str(error):
                raise
            raise CatalogueError(
                "the catalogue's words are not listed yet, and this process may not write to it; open it once where it "
                "may be written to (shelflens info CATALOGUE)"
            ) from None
        return [TextHit(row.product_id, row.score) for row in rows]


def make(connection: Connection) -> None:
    """An empty index in the place of the former one, in step with records of no product."""
    for statement in (*_DROP, *_CREATE):
        connection.execute(sql(statement))
    connection.execute(delete(meta).where(meta.c.name.in_([_VERSION, _FORM])))
    now = connection.scalar(select(meta.c.number).where(meta.c.name == "version")) or 0
    connection.execute(insert(meta), [{"name": _VERSION, "number": now}, {"name": _FORM, "number": FORM}])


def stay_in_step(connection: Connection, former: int, version: int) -> None:
    """The records went from one version to another, and the index with them, if it was in step."""
    its = (meta.c.name == _VERSION) & (meta.c.number == former)
    connection.execute(update(meta).where(its).values(number=version))


def in_step(connection: Connection) -> bool:
    """Does it hold the words of the products as they are? Not if there is none, if its terms have another form, or if
    a shelflens that knew nothing of it has changed products since."""
    kept = {row.name: row.number for row in connection.execute(select(meta))}
    return kept.get(_FORM) == FORM and kept.get(_VERSION) == kept.get("version")


def _row(product: Product) -> dict[str, str]:
    terms = product_terms(product)
    return {"names": " ".join(terms.names), "details": " ".join(terms.details), "pieces": " ".join(terms.pieces)}


def _telling(connection: Connection, terms: QueryTerms) -> QueryTerms:
    """The rarest of the terms, as many as can be looked for at a bounded cost: BM25 gives the others little. In a
    catalogue of some thousand products these are all."""
    connection.exec_driver_sql(_VOCABULARY)
    rows = connection.execute(
        select(vocabulary.c.term, vocabulary.c.col, vocabulary.c.doc).where(
            vocabulary.c.term.in_([*terms.words, *terms.pieces])
        )
    )
    found: dict[tuple[bool, str], int] = {}
    for row in rows:
        its = row.col == "pieces", row.term
        found[its] = found.get(its, 0) + row.doc
    asked = [(False, term) for term in terms.words] + [(True, term) for term in terms.pieces]
    asked.sort(key=lambda its: found.get(its, 0))
    sums = list(accumulate(found.get(its, 0) for its in asked))
    kept = set(asked[: max(1, bisect_right(sums, MOST_ENTRIES))])
    return QueryTerms(
        tuple(term for term in terms.words if (False, term) in kept),
        tuple(term for term in terms.pieces if (True, term) in kept),
    )


def _expression(terms: QueryTerms) -> str:
    """https://www.sqlite.org/fts5.html#full_text_query_syntax; a term holds letters, digits and `_.%` only."""
    columns = ("{names details}", terms.words), ("{pieces}", terms.pieces)
    return " OR ".join(f"{names} : ({_any(its)})" for names, its in columns if its)


def _any(terms: Iterable[str]) -> str:
    return " OR ".join(f'"{term}"' for term in terms)


def _numbers(connection: Connection, product_ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(product_ids), _PORTION):
        ids = product_ids[start : start + _PORTION]
        rows = connection.execute(select(worded.c.product_id, worded.c.number).where(worded.c.product_id.in_(ids)))
        found |= {row.product_id: row.number for row in rows}
    return found
