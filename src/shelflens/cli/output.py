"""Results to text: JSON objects as the documentation promises them, and lines for people."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import click

from shelflens.types import Match

BAD_ROWS = 3  # exit code: done, but some rows or photos could not be used
NOT_PROMOTED = 4  # exit code: the other model is not better, or would lose something
STOPPED = 130  # exit code: stopped by the user


def print_json(value: Mapping[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_line(value: Mapping[str, Any]) -> None:
    """One JSON object on one line, seen at once by whoever reads them as they come."""
    click.echo(json.dumps(value, ensure_ascii=False))


def match_json(match: Match) -> dict[str, Any]:
    """A match as `search --json` prints it."""
    product = match.product
    return {
        "product_id": product.product_id,
        "score": round(match.score, 6),
        "probability": None if match.probability is None else round(match.probability, 6),
        "band": match.band,
        "evidence": [{"name": one.name, "value": round(one.value, 6), "note": one.note} for one in match.evidence],
        "photo_id": match.photo.photo_id,
        "photo": match.photo.source,
        "title": product.title,
        "brand": product.brand,
        "category": product.category,
        "price": product.price,
        "url": product.url,
        "gtins": list(product.gtins),
        "attributes": dict(product.attributes),
        "photos": [{"photo": hit.photo.source, "score": round(hit.score, 6)} for hit in match.hits],
    }


def match_line(place: int, match: Match) -> str:
    """A match as `search` prints it for people."""
    product = match.product
    words = " · ".join(word for word in (product.title, product.brand, product.category) if word)
    sure = "" if match.probability is None else f"  {match.probability:.0%} sure"
    sure += f" ({match.band})" if match.band else ""
    said = "".join(f"\n            {one.note}" for one in match.evidence if one.name == "text")
    return f"{place:3}. {match.score:.3f}{sure}  {product.product_id}  {words}\n            {match.photo.source}{said}"


def plain(value: Any) -> dict[str, Any]:
    """A flat frozen dataclass as a JSON object."""
    return dataclasses.asdict(value)


def duration(seconds: float) -> str:
    """3725 -> 1 h 2 min; 75 -> 1 min 15 s; 4.2 -> 4.2 s."""
    if seconds >= 3600:
        return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
    if seconds >= 60:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{seconds:.1f} s"


def size(count: float) -> str:
    """Bytes for people."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
