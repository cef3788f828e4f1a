"""What searches and comparisons came to, and why: what adds to a probability, and where it is seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from shelflens.client import reading
from shelflens.types import Band, Box, Evidence, Match, Photo, Product, Verdict

Point: TypeAlias = tuple[float, float]  # fractions of the upright picture's width and height


@dataclass(frozen=True, slots=True)
class Contribution:
    name: str
    log_odds: float


@dataclass(frozen=True, slots=True)
class Line:
    """A point of the query and its counterpart."""

    query: Point
    photo: Point


@dataclass(frozen=True, slots=True)
class Region:
    """What was read in the query, and what of the product it fits."""

    text: str
    fits: str
    share: float  # how well, 0..1
    query: Box
    photo: Box | None


@dataclass(frozen=True, slots=True)
class Explanation:
    contributions: tuple[Contribution, ...]
    lines: Mapping[str, tuple[Line, ...]]  # by the evidence's name
    regions: Mapping[str, tuple[Region, ...]]  # by the evidence's name
    view: int  # which of the query's pictures, from 0
    photo: Photo | None  # that the lines and regions are of


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search came to."""

    matches: tuple[Match, ...]  # best first
    verdict: Verdict | None
    unknown: float | None  # probability of a product that is none of these
    embed_seconds: float
    search_seconds: float
    explanations: tuple[Explanation, ...] = ()  # of the matches, in their order, where they were asked for


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of two pictures, or of a picture and a product."""

    probability: float | None
    band: Band | None  # of a product; for two bare pictures nobody has promised a precision
    similarity: float  # cosine
    evidence: tuple[Evidence, ...]
    explanation: Explanation
    product: Product | None
    left_out: tuple[Evidence, ...]  # what cannot be looked at there, with the reason as the note


def answer(data: Mapping[str, Any]) -> Answer:
    return Answer(
        matches=tuple(map(reading.match, data["matches"])),
        verdict=Verdict(data["verdict"]) if data["verdict"] else None,
        unknown=data["unknown"],
        embed_seconds=data["embed_ms"] / 1e3,
        search_seconds=data["search_ms"] / 1e3,
        explanations=tuple(explanation(one["explanation"]) for one in data["matches"] if one["explanation"]),
    )


def explanation(data: Mapping[str, Any]) -> Explanation:
    return Explanation(
        contributions=tuple(Contribution(one["name"], one["log_odds"]) for one in data["contributions"]),
        lines={
            name: tuple(Line(tuple(one["query"]), tuple(one["photo"])) for one in lines)
            for name, lines in data["lines"].items()
        },
        regions={name: tuple(map(_region, regions)) for name, regions in data["regions"].items()},
        view=data["view"],
        photo=reading.photo(data["photo"]) if data["photo"] else None,
    )


def comparison(data: Mapping[str, Any]) -> Comparison:
    return Comparison(
        probability=data["probability"],
        band=Band(data["band"]) if data["band"] else None,
        similarity=data["similarity"],
        evidence=reading.evidence(data["evidence"]),
        explanation=explanation(data["explanation"]),
        product=reading.product(data["product"]) if data["product"] else None,
        left_out=reading.evidence(data["left_out"]),
    )


def _region(data: Mapping[str, Any]) -> Region:
    photo = _box(data["photo"]) if data["photo"] else None
    return Region(data["text"], data["fits"], data["share"], _box(data["query"]), photo)


def _box(data: Mapping[str, float]) -> Box:
    return Box(data["left"], data["top"], data["right"], data["bottom"])
