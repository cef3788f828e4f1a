"""A filter as an SQL condition on `products`.

Every value and every name travels as a bound parameter. A condition is true or false for each product, never NULL,
so that `not` is its exact opposite: what is unknown is checked for before it is compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, false, not_, or_, select, true

from shelflens.errors import FilterError
from shelflens.filters import PRODUCT_FIELDS, And, Compare, Filter, In, Not, Operator, Or, Value
from shelflens.records.tables import facts, products

MAX_VALUES = 10_000  # of one `in (...)`; SQLite binds 32,766 parameters in one statement
MAX_NESTED = 10  # conditions in one SELECT; what lies deeper gets one of its own, as SQLite reads about 30 brackets


def products_where(condition: Filter) -> ColumnElement[bool]:
    """Raises FilterError for a comparison that can never be meant, such as `price < cheap`."""
    return _where(condition, 0)


def _where(condition: Filter, depth: int) -> ColumnElement[bool]:
    if depth == MAX_NESTED:
        apart = select(products.c.product_id).where(_where(condition, 0)).cte()
        return products.c.product_id.in_(select(apart.c.product_id))
    match condition:
        case And(parts):
            return and_(true(), *(_where(part, depth + 1) for part in parts))
        case Or(parts):
            return or_(false(), *(_where(part, depth + 1) for part in parts))
        case Not(part):
            return not_(_where(part, depth + 1))
        case In(field, values):
            return _equals_any(field, values)
        case Compare(field, "=", value):
            return _equals_any(field, (value,))
        case Compare(field, "!=", value):
            return not_(_equals_any(field, (value,)))
        case Compare(field, operator, value):
            return _in_range(field, operator, value)


def spelled(value: Value) -> str:
    """The text that a value equals: words themselves, 7 and 7.0 "7", true "true"."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if float(value).is_integer() else repr(value)


def _equals_any(field: str, values: Sequence[Value]) -> ColumnElement[bool]:
    _check(field, *values)
    if len(values) > MAX_VALUES:
        raise FilterError(f"{field} in (...): {len(values)} values; at most {MAX_VALUES} are compared")
    if field == "price":
        return and_(products.c.price.is_not(None), products.c.price.in_([_price(value) for value in values]))
    if field == "gtin":
        return _has_fact(field, facts.c.text.in_([_exactly_spelled(field, value) for value in values]))
    if field in PRODUCT_FIELDS:
        words = {_exactly_spelled(field, value) for value in values} - {""}  # an empty field is unknown
        return products.c[field].in_(sorted(words))
    truths = {value for value in values if isinstance(value, bool)}
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    ways: list[ColumnElement[bool]] = [facts.c.text.in_([spelled(value) for value in values])]
    ways += [facts.c.number.in_(numbers)] if numbers else []
    ways += [facts.c.truth.is_(truth) for truth in sorted(truths)]
    return or_(false(), *(_has_fact(field, way) for way in ways))


def _in_range(field: str, operator: Operator, value: Value) -> ColumnElement[bool]:
    _check(field, value)
    if isinstance(value, bool):
        raise FilterError(f"{field} {operator} {spelled(value)}: true and false have no order; write {field} = true")
    if field == "price":
        return and_(products.c.price.is_not(None), products.c.price.op(operator)(_price(value)))
    if field in PRODUCT_FIELDS:
        if not isinstance(value, str):
            raise FilterError(
                f"{field} {operator} {spelled(value)}: {field} holds words, which have no order among numbers; "
                f'put quotes around the value: {field} {operator} "{spelled(value)}"'
            )
        if field == "gtin":
            return _has_fact(field, facts.c.text.op(operator)(value))
        return and_(products.c[field] != "", products.c[field].op(operator)(value))
    column = facts.c.text if isinstance(value, str) else facts.c.number
    return _has_fact(field, and_(column.is_not(None), column.op(operator)(value)))


def _has_fact(field: str, way: ColumnElement[bool]) -> ColumnElement[bool]:
    having: Select[tuple[str]] = select(facts.c.product_id).where(facts.c.field == field, way)
    return products.c.product_id.in_(having)


def _price(value: Value) -> float:
    if isinstance(value, bool | str):
        raise FilterError(f"price is a number; compare it with one, not {spelled(value)!r}: price <= 30")
    return value


def _exactly_spelled(field: str, value: Value) -> str:
    if isinstance(value, float) and abs(value) >= 2**53:
        raise FilterError(f"{field}: {value:.0f} has more digits than a number keeps; put the value in quotes")
    return spelled(value)


def _check(field: str, *values: Value) -> None:
    for text in (field, *(value for value in values if isinstance(value, str))):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise FilterError(f"{text!r} in the filter is not valid Unicode text") from None
    if any(isinstance(value, float) and value != value for value in values):  # noqa: PLR0124 - the test for NaN
        raise FilterError(f"{field}: nothing compares with NaN")
