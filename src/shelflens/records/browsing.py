"""A page of products, and what there is to filter by: SELECTs for people who look through a catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, true

from shelflens.filters import Filter
from shelflens.records.base import Facet, FacetValue
from shelflens.records.conditions import products_where
from shelflens.records.rows import product_from
from shelflens.records.tables import facts, products
from shelflens.types import Product

COLUMNS = ("brand", "category")  # of `products` that are worth counting: few values, many products each
OFFERED = 24  # attributes that are counted unless others are asked for: those that most products have


def page(connection: Connection, *, after: str, limit: int, condition: Filter | None) -> list[Product]:
    """By ascending id, those behind `after`."""
    statement = select(products).where(products.c.product_id > after, _meeting(condition))
    rows = connection.execute(statement.order_by(products.c.product_id).limit(limit)).mappings()
    return [product_from(row) for row in rows]


def facets(
    connection: Connection, fields: Sequence[str] | None, *, condition: Filter | None, values: int
) -> list[Facet]:
    meeting = _meeting(condition)
    wanted = fields if fields is not None else [*COLUMNS, "price", *_offered(connection, meeting)]
    return [_facet(connection, field, meeting, values) for field in wanted]


def _meeting(condition: Filter | None) -> ColumnElement[bool]:
    return true() if condition is None else products_where(condition)


def _offered(connection: Connection, meeting: ColumnElement[bool]) -> list[str]:
    ids = select(products.c.product_id).where(meeting)
    many = func.count().desc()
    statement = select(facts.c.field).where(facts.c.product_id.in_(ids), facts.c.field != "gtin")
    return list(connection.scalars(statement.group_by(facts.c.field).order_by(many, facts.c.field).limit(OFFERED)))


def _facet(connection: Connection, field: str, meeting: ColumnElement[bool], values: int) -> Facet:
    if field == "price":
        price = products.c.price
        lowest = select(func.min(price), func.max(price), func.count()).where(price.is_not(None), meeting)
        low, high, count = connection.execute(lowest).one()
        return Facet(field, (), count, low, high)
    if field in COLUMNS:
        column = products.c[field]
        there = select(column, func.count()).where(column != "", meeting).group_by(column)
        found = _values(connection, there, values)
        total = connection.scalar(select(func.count()).select_from(products).where(column != "", meeting)) or 0
        return Facet(field, tuple(found), total)
    ids = select(products.c.product_id).where(meeting)
    its = (facts.c.field == field, facts.c.product_id.in_(ids))
    counted = func.count(facts.c.product_id.distinct())
    low, high, total = connection.execute(
        select(func.min(facts.c.number), func.max(facts.c.number), counted).where(*its)
    ).one()
    found = []
    for column in (facts.c.text, facts.c.number, facts.c.truth):
        found += _values(connection, select(column, counted).where(*its, column.is_not(None)).group_by(column), values)
    found.sort(key=lambda one: (-one.count, str(one.value)))
    return Facet(field, tuple(found[:values]), total, low, high)


def _values(connection: Connection, counted: Select[*tuple[Any, ...]], most: int) -> list[FacetValue]:
    count, value = counted.selected_columns[1], counted.selected_columns[0]
    rows = connection.execute(counted.order_by(count.desc(), value).limit(most))
    return [FacetValue(row[0], row[1]) for row in rows]
