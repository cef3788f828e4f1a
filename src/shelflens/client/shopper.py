"""Descriptions of pictures and what shoppers may like, as a server tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shelflens.client import reading
from shelflens.types import Photo, Product


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a shopper did with a product."""

    kind: str  # "view", "click", "buy", "like", "dislike"
    product_id: str
    at: float | None = None  # seconds since 1970; None: now


@dataclass(frozen=True, slots=True)
class FeedbackResult:
    accepted: int  # events that are kept durably
    rejected: Mapping[int, str]  # by their place among those sent, why


@dataclass(frozen=True, slots=True)
class Recommendation:
    product: Product
    score: float
    reasons: tuple[str, ...]
    photo: Photo | None


@dataclass(frozen=True, slots=True)
class Colour:
    name: str
    name_zh: str
    share: float  # of the product's area, 0..1
    weight: float  # as people weigh it, 0..1
    hex: str  # "#d12a33"


@dataclass(frozen=True, slots=True)
class Label:
    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Description:
    """Of one picture; `error` says why there is none."""

    category: tuple[Label, ...]  # the most probable first
    colours: tuple[Colour, ...]  # the heaviest first
    attributes: Mapping[str, tuple[Label, ...]]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Classified:
    """What one picture shows, by the server's trained model."""

    answers: tuple[Label, ...]  # the most probable first
    groups: Mapping[str, tuple[Label, ...]]  # by column


@dataclass(frozen=True, slots=True)
class Classification:
    model: str
    target: str  # what the answers are values of: "product_id", "category"
    pictures: tuple[Classified, ...]


def event_json(event: Event) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": event.kind, "product_id": event.product_id}
    return told if event.at is None else {**told, "at": event.at}


def event(data: Mapping[str, Any]) -> Event:
    return Event(data["kind"], data["product_id"], datetime.fromisoformat(data["at"]).timestamp())


def feedback_result(data: Mapping[str, Any]) -> FeedbackResult:
    rejected = {
        row["row"]: "; ".join(f"{one['field']}: {one['detail']}" for one in row["errors"]) for row in data["rows"]
    }
    return FeedbackResult(data["accepted"], rejected)


def recommendation(data: Mapping[str, Any]) -> Recommendation:
    photo = reading.photo(data["photo"]) if data["photo"] else None
    return Recommendation(reading.product(data["product"]), data["score"], tuple(data["reasons"]), photo)


def description(data: Mapping[str, Any]) -> Description:
    return Description(
        category=_labels(data["category"]),
        colours=tuple(Colour(**colour) for colour in data["colours"]),
        attributes={column: _labels(labels) for column, labels in data["attributes"].items()},
        error=data["error"],
    )


def classification(data: Mapping[str, Any]) -> Classification:
    pictures = tuple(
        Classified(_labels(one["answers"]), {name: _labels(labels) for name, labels in one["groups"].items()})
        for one in data["pictures"]
    )
    return Classification(data["model"], data["target"], pictures)


def _labels(data: list[Mapping[str, Any]]) -> tuple[Label, ...]:
    return tuple(Label(one["label"], one["probability"]) for one in data)
