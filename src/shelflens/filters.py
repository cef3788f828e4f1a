"""Which products may be found: `category = "Juice" and price <= 30 and not brand in (Bravo, Arla)`.

A condition is a small tree of frozen values; `parse` reads it from text, the records compile it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shelflens.errors import FilterError

Value: TypeAlias = str | float | bool
Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]

#: Fields of every product; any other name is an attribute. `gtin` is met by any of the product's GTINs.
PRODUCT_FIELDS = ("product_id", "title", "description", "brand", "category", "price", "url", "gtin")


@dataclass(frozen=True, slots=True)
class Compare:
    """Met when the product has the field and the comparison holds; for a list, when it holds for an item.

    `!=` is met whenever `=` is not, so by products without the field too. A number equals text that spells it
    (`gtin = 7310865004703`). Ranges (<, <=, >, >=) compare numbers with numbers and words with words.
    """

    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class In:
    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Filter


Filter: TypeAlias = Compare | In | And | Or | Not

MAX_LENGTH = 10_000  # characters of a filter's text
MAX_DEPTH = 50  # nested brackets

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?![\w.-]))
      | (?P<operator><=|>=|!=|==|=|<|>)
      | (?P<mark>[(),])
      | (?P<word>[^\W\d][\w.-]*|[\w.-]+)
    )""",
    re.VERBOSE,
)


def parse(text: str) -> Filter:
    """Reads a condition. Words need no quotes; strings with blanks do. Raises FilterError that says where.

    condition := term (or term)* ; term := factor (and factor)* ; factor := not factor | ( condition )
    | field (=|!=|<|<=|>|>=) value | field [not] in ( value, ... ) | field between value and value
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(f"the filter has {len(text)} characters; at most {MAX_LENGTH} are read")
    return _Parser(text).whole()


class _Parser:
    """Recursive descent, one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._split(text)
        self.at = 0
        self.depth = 0

    def _split(self, text: str) -> list[tuple[str, str, int]]:
        tokens, start = [], 0
        while text[start:].strip():
            found = _TOKEN.match(text, start)
            if not found or found.lastgroup is None:
                raise self._error("a field, a value or an operator", start)
            tokens.append((found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)))
            start = found.end()
        return [*tokens, ("end", "", len(text))]

    def _error(self, wanted: str, where: int) -> FilterError:
        found = self.text[where : where + 20] or "the end"
        return FilterError(
            f"filter {self.text[:200]!r}: expected {wanted} at character {where + 1}, found {found!r}; "
            f'write for example: category = "Juice" and price <= 30'
        )

    def _peek(self) -> tuple[str, str, int]:
        return self.tokens[self.at]

    def _keyword(self, word: str) -> bool:
        kind, text, _ = self._peek()
        if kind == "word" and text.lower() == word:
            self.at += 1
            return True
        return False

    def _expect(self, kind: str, text: str | None, wanted: str) -> str:
        found_kind, found, where = self._peek()
        if found_kind != kind or (text is not None and found != text):
            raise self._error(wanted, where)
        self.at += 1
        return found

    def whole(self) -> Filter:
        result = self._condition()
        self._expect("end", None, "'and', 'or' or the end")
        return result

    def _condition(self) -> Filter:
        parts = [self._term()]
        while self._keyword("or"):
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _term(self) -> Filter:
        parts = [self._factor()]
        while self._keyword("and"):
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _factor(self) -> Filter:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FilterError(f"the filter nests deeper than {MAX_DEPTH}")
        try:
            if self._keyword("not"):
                return Not(self._factor())
            if self._peek()[1] == "(":
                self.at += 1
                inner = self._condition()
                self._expect("mark", ")", "')'")
                return inner
            return self._comparison()
        finally:
            self.depth -= 1

    def _comparison(self) -> Filter:
        kind, name, where = self._peek()
        if kind == "string":
            name = _unquote(name)
        elif kind != "word":
            raise self._error("a field's name", where)
        self.at += 1
        if self._keyword("not"):
            if not self._keyword("in"):
                raise self._error("'in' after 'not'", self._peek()[2])
            return Not(In(name, self._values()))
        if self._keyword("in"):
            return In(name, self._values())
        if self._keyword("between"):
            low = self._value()
            if not self._keyword("and"):
                raise self._error("'and' between the two ends", self._peek()[2])
            return And((Compare(name, ">=", low), Compare(name, "<=", self._value())))
        operator = self._expect("operator", None, "an operator (=, !=, <, <=, >, >=), 'in' or 'between'")
        return Compare(name, _OPERATORS[operator], self._value())

    def _values(self) -> tuple[Value, ...]:
        self._expect("mark", "(", "'(' and the values")
        values = [self._value()]
        while self._peek()[1] == ",":
            self.at += 1
            values.append(self._value())
        self._expect("mark", ")", "',' or ')'")
        return tuple(values)

    def _value(self) -> Value:
        kind, text, where = self._peek()
        if kind not in ("string", "number", "word"):
            raise self._error("a value", where)
        self.at += 1
        if kind == "string":
            return _unquote(text)
        if kind == "number":
            return float(text)
        return {"true": True, "false": False}.get(text.lower(), text)


_OPERATORS: dict[str, Operator] = {"=": "=", "==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])
