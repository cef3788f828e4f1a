"""Answers in JSON to the types of a catalogue on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shelflens.types import Attribute, Band, Evidence, Hit, Match, Photo, Product


@dataclass(frozen=True, slots=True)
class CatalogueInfo:
    name: str
    products: int
    photos: int
    vectors: Mapping[str, int]  # by space
    space: str | None
    model: str | None
    dimension: int | None
    licence: str | None
    bytes_on_disk: int
    evidence: tuple[str, ...]
    calibrated: bool
    speech: bool  # it understands recordings
    scope: str  # what our key may do: "read", "write", "admin"


@dataclass(frozen=True, slots=True)
class Page:
    products: tuple[Product, ...]
    next: str | None  # the cursor of the next page


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row of a bulk request."""

    row: int
    product_id: str | None
    status: int  # 201 new, 200 there already, 204 removed, 4xx not taken
    photos: tuple[Photo, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job:
    job_id: str
    kind: str
    state: str  # "queued", "running", "done", "failed", "cancelled"
    stage: str
    done: int
    total: int | None
    bad: int
    error: str | None
    result: Mapping[str, Any] | None  # as the command's --json has it

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


def product(data: Mapping[str, Any]) -> Product:
    return Product(
        product_id=data["product_id"],
        title=data["title"],
        description=data["description"],
        brand=data["brand"],
        category=data["category"],
        price=data["price"],
        url=data["url"],
        gtins=tuple(data["gtins"]),
        attributes={name: _attribute(value) for name, value in data["attributes"].items()},
    )


def photo(data: Mapping[str, Any]) -> Photo:
    return Photo(data["photo_id"], data["product_id"], data["source"], data["width"], data["height"])


def match(data: Mapping[str, Any]) -> Match:
    return Match(
        product=product(data["product"]),
        score=data["score"],
        photo=photo(data["photo"]),
        hits=tuple(Hit(photo(hit["photo"]), hit["score"]) for hit in data["hits"]),
        pooled=data["pooled"],
        probability=data["probability"],
        evidence=evidence(data["evidence"]),
        band=Band(data["band"]) if data["band"] else None,
    )


def evidence(data: list[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(one["name"], one["value"], one["note"]) for one in data)


def catalogue_info(data: Mapping[str, Any]) -> CatalogueInfo:
    fields = {name: data[name] for name in CatalogueInfo.__dataclass_fields__}
    return CatalogueInfo(**{**fields, "evidence": tuple(data["evidence"])})


def row_result(data: Mapping[str, Any]) -> RowResult:
    errors = tuple(f"{one['field']}: {one['detail']}" for one in data["errors"])
    return RowResult(data["row"], data["product_id"], data["status"], tuple(map(photo, data["photos"])), errors)


def job(data: Mapping[str, Any]) -> Job:
    fields = {name: data[name] for name in Job.__dataclass_fields__ if name != "job_id"}
    return Job(job_id=data["id"], **fields)


def _attribute(value: Any) -> Attribute:
    found: Attribute = tuple(value) if isinstance(value, list) else value
    return found
