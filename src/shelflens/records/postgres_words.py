"""The words of the products, searchable, in PostgreSQL: an inverted list, ranked as SQLite's FTS5 ranks.

A row says how often a product has a term (`text.terms`), in which of its fields. PostgreSQL's own ranking (`ts_rank`)
does not know how rare a word is, so BM25 is computed here, to the same figures as FTS5's
(https://www.sqlite.org/fts5.html#the_bm25_function): a catalogue finds the same on both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, column, select, text

from shelflens.records.base import TextHit
from shelflens.records.tables import products
from shelflens.records.text import escaped, unescaped
from shelflens.text.terms import DETAILS, NAMES, PIECES, product_terms, query_terms
from shelflens.types import Product

K1, B = 1.2, 0.75  # as in FTS5
MOST = 32_767  # times that a term counts
LONGEST = 500  # characters of a term that is listed; PostgreSQL's tree takes no more than 2.7 kB

_CREATE = (
    """CREATE TABLE worded (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, product_id text COLLATE "C" NOT NULL UNIQUE,
        terms integer NOT NULL)""",  # how many, repetitions included
    """CREATE TABLE product_words (
        term text COLLATE "C", number bigint, names smallint NOT NULL, details smallint NOT NULL,
        pieces smallint NOT NULL, PRIMARY KEY (term, number) INCLUDE (names, details, pieces))""",
    "CREATE INDEX product_words_by_number ON product_words (number)",
)
_REMOVE = (
    """DELETE FROM product_words WHERE number IN (
        SELECT number FROM worded WHERE product_id = ANY(CAST(:ids AS text[])))""",
    "DELETE FROM worded WHERE product_id = ANY(CAST(:ids AS text[]))",
)
_NUMBER = """
    INSERT INTO worded (product_id, terms)
    SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:terms AS integer[])) RETURNING product_id, number"""
_LIST = """
    INSERT INTO product_words SELECT * FROM unnest(CAST(:terms AS text[]), CAST(:numbers AS bigint[]),
        CAST(:names AS smallint[]), CAST(:details AS smallint[]), CAST(:pieces AS smallint[]))"""
#: The look-ups of words ignore pieces, and those of pieces ignore words: a piece may be spelt as a word is.
_FIND = """
    WITH hits AS (
        SELECT number, 'w' || term AS phrase, :names_count * names + :details_count * details AS often
        FROM product_words WHERE term = ANY(CAST(:words AS text[])) AND names + details > 0
        UNION ALL
        SELECT number, 'p' || term, :pieces_count * pieces
        FROM product_words WHERE term = ANY(CAST(:asked_pieces AS text[])) AND pieces > 0),
    every AS (SELECT count(*) AS count, coalesce(avg(terms), 1) AS length FROM worded),
    rarity AS (
        SELECT phrase, greatest(ln((every.count - count(*) + 0.5) / (count(*) + 0.5)), 1e-6) AS idf
        FROM hits, every GROUP BY phrase, every.count),
    scored AS (
        SELECT number, sum(idf * often * (:k1 + 1) / (often + :k1 * (1 - :b + :b * terms / every.length))) AS score
        FROM hits JOIN rarity USING (phrase) JOIN worded USING (number), every GROUP BY number)
    SELECT product_id, score FROM scored JOIN worded USING (number)"""


class PostgresWords:
    """A FullText."""

    def put(self, connection: Connection, given: Sequence[Product]) -> None:
        if not given:
            return
        self.remove(connection, [product.product_id for product in given])
        listed = {escaped(product.product_id): product_terms(product) for product in given}
        counts = [len(terms.names) + len(terms.details) + len(terms.pieces) for terms in listed.values()]
        numbered = connection.execute(text(_NUMBER), {"ids": list(listed), "terms": counts})
        numbers = {row.product_id: row.number for row in numbered}
        rows = [
            (term, numbers[product_id], *(min(field[term], MOST) for field in (names, details, pieces)))
            for product_id, terms in listed.items()
            for names, details, pieces in [(Counter(terms.names), Counter(terms.details), Counter(terms.pieces))]
            for term in names | details | pieces
            if len(term) <= LONGEST
        ]
        if rows:
            columns = zip(("terms", "numbers", "names", "details", "pieces"), zip(*rows, strict=True), strict=True)
            connection.execute(text(_LIST), {name: list(values) for name, values in columns})

    def remove(self, connection: Connection, product_ids: Sequence[str]) -> None:
        for statement in _REMOVE:
            connection.execute(text(statement), {"ids": list(map(escaped, product_ids))})

    def find(self, connection: Connection, text_: str, *, k: int, meeting: ColumnElement[bool] | None) -> list[TextHit]:
        terms = query_terms(text_)
        if not terms:
            return []
        given = {
            "words": list(terms.words),
            "asked_pieces": list(terms.pieces),
            "names_count": NAMES,
            "details_count": DETAILS,
            "pieces_count": PIECES,
            "k1": K1,
            "b": B,
        }
        scored = text(_FIND).bindparams(**given).columns(column("product_id"), column("score")).subquery("found")
        found = select(scored).order_by(scored.c.score.desc(), scored.c.product_id).limit(k)
        if meeting is not None:
            found = found.where(scored.c.product_id.in_(select(products.c.product_id).where(meeting)))
        rows = connection.execute(found)
        return [TextHit(unescaped(row.product_id), float(row.score)) for row in rows]


def make(connection: Connection) -> None:
    for statement in _CREATE:
        connection.execute(text(statement))
