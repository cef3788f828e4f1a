"""What a server tells of a catalogue besides its products: facets, models, calibration, reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: bool | float | str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    field: str
    products: int  # that have a value
    values: tuple[FacetValue, ...]  # the most frequent first
    low: float | None  # of numbers
    high: float | None


@dataclass(frozen=True, slots=True)
class Model:
    """One whose vectors the catalogue's photos have."""

    space: str
    model: str
    dimension: int
    licence: str
    photos: int  # that have a vector of it
    active: bool  # searches use it


@dataclass(frozen=True, slots=True)
class CalibrationInfo:
    own: bool  # fitted to this catalogue; False: as it is shipped
    data: str
    queries: int
    products: int
    unknown_share: float
    ece: float
    brier: float
    accept: float | None  # from this probability on a match is sure
    reject: float | None
    precision: float
    weights: Mapping[str, float]
    curve: tuple[tuple[float, float], ...]  # probabilities before and after the last correction


@dataclass(frozen=True, slots=True)
class ReportInfo:
    name: str
    kind: str  # "evaluation", "promotion"
    written: datetime
    report: Mapping[str, Any]  # docs/evaluation.md, docs/promotion.md


@dataclass(frozen=True, slots=True)
class Columns:
    """Of a table, by what they feed; all others are attributes."""

    columns: tuple[str, ...]  # the header, each name once
    product_id: str | None
    photos: tuple[str, ...]
    gtins: tuple[str, ...]
    fields: Mapping[str, str]  # title, description, brand, category, price, url


def facet(data: Mapping[str, Any]) -> Facet:
    values = tuple(FacetValue(one["value"], one["count"]) for one in data["values"])
    return Facet(data["field"], data["products"], values, data["low"], data["high"])


def calibration(data: Mapping[str, Any]) -> CalibrationInfo:
    curve = tuple((point["before"], point["after"]) for point in data["curve"])
    return CalibrationInfo(**{**data, "curve": curve})


def report(data: Mapping[str, Any]) -> ReportInfo:
    return ReportInfo(data["name"], data["kind"], datetime.fromisoformat(data["written"]), data["report"])


def columns(data: Mapping[str, Any]) -> Columns:
    several = {name: tuple(data[name]) for name in ("columns", "photos", "gtins")}
    return Columns(**several, product_id=data["product_id"], fields=data["fields"])
