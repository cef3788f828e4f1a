"""Findings as one JSON object. The keys are a promise to users: docs/audit.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shelflens.audit.doctor import Diagnosis
from shelflens.audit.duplicates import Duplicates
from shelflens.audit.survey import Survey
from shelflens.audit.trend import Point
from shelflens.records.base import Records
from shelflens.types import Photo


def duplicates_json(found: Duplicates, records: Records) -> dict[str, Any]:
    """Ready for json.dumps; every group is in it."""
    survey = found.survey
    photos = _Photos(survey, records, [place for group in found.photos for place in group.places])
    return {
        "photos": len(survey),
        "products": len(survey.product_ids),
        "near": found.near,
        "pairs_compared": found.compared,
        "pairs_not_opened": found.unopened,
        "photo_groups": [
            {
                "kind": str(group.kind),
                "products": list(group.products),
                "overlap": round(group.overlap, 4),
                "similarity": round(group.similarity, 4),
                "keep": photos.source(group.keep),
                "photos": [photos.fields(place) for place in group.places],
            }
            for group in found.photos
        ],
        "product_groups": [
            {
                "products": [product.product_id for product in group.products],
                "keep": group.keep,
                "reasons": [
                    {
                        "why": str(reason.why),
                        "products": list(reason.products),
                        "note": reason.note,
                        "values": dict(reason.values),
                    }
                    for reason in group.reasons
                ],
            }
            for group in found.products
        ],
    }


def diagnosis_json(found: Diagnosis, records: Records) -> dict[str, Any]:
    """Ready for json.dumps; every finding is in it, also those that a page leaves out."""
    survey = found.survey
    faults = found.pictures.faults
    photos = _Photos(survey, records, [*(it.place for it in found.suspects), *(it.place for it in faults)])
    names = survey.product_ids
    return {
        "photos": len(survey),
        "products": len(names) + len(found.without_photos),
        "recall@1": round(found.left_out.recall, 4),
        "photos_judged": int(found.left_out.judged.sum()),
        "mislabelled": [
            {
                **photos.fields(it.place),
                "looks_like": names[it.rival],
                "margin": round(it.margin, 4),
                "own_similarity": round(it.own, 4),
                "other_similarity": round(it.other, 4),
                "likely": it.likely,
            }
            for it in found.suspects
        ],
        "confused": [
            {
                "products": [names[product] for product in group.products],
                "pairs": [
                    {
                        "products": [names[product] for product in pair.products],
                        "taken": list(pair.taken),
                        "share": round(pair.share, 4),
                    }
                    for pair in group.pairs
                ],
            }
            for group in found.confused
        ],
        "without_photos": list(found.without_photos),
        "enough_photos": found.enough,
        "too_few_photos": [
            {"product_id": names[it.product], "photos": it.photos, "missed": it.missed, "gain": round(it.gain, 4)}
            for it in found.thin
        ],
        "growth": found.growth
        and {
            "measured": _points(found.growth.measured, "products"),
            "expected": _points(found.growth.expected, "products"),
            "backtest_error": None if found.growth.backtest is None else round(found.growth.backtest, 4),
        },
        "photos_needed": found.photos_needed
        and {
            "measured": _points(found.photos_needed.measured, "photos"),
            "targets": [
                {"recall@1": need.target, "photos": need.photos, "measured": need.measured}
                for need in found.photos_needed.needs
            ],
        },
        "customers": found.customers
        and {
            "queries": found.customers.asked,
            "recall@1": round(found.customers.recall, 4),
            "bad_rows": len(found.customers.bad_rows),
            "failing": [
                {
                    "product_id": it.product_id,
                    "asked": it.asked,
                    "missed": it.missed,
                    "found_instead": [{"product_id": other, "times": count} for other, count in it.found_instead],
                }
                for it in found.customers.failing
            ],
        },
        "pictures": {
            "opened": found.pictures.opened,
            "addresses_not_asked": found.pictures.addresses,
            "faults": [
                {**photos.fields(it.place), "fault": str(it.fault), "note": it.note, "values": dict(it.values)}
                for it in faults
            ],
        },
    }


class _Photos:
    """What the records say of some places, read at once."""

    def __init__(self, survey: Survey, records: Records, places: Sequence[int]) -> None:
        self._survey = survey
        self._photos: dict[int, Photo] = records.photos(survey.keys[sorted(set(places))].tolist())

    def fields(self, place: int) -> dict[str, Any]:
        photo = self._photos.get(int(self._survey.keys[place]))
        return {
            "photo": photo.source if photo else "",
            "photo_id": self._survey.names([place])[0],
            "product_id": self._survey.product_ids[self._survey.products[place]],
            "width": photo.width if photo else None,
            "height": photo.height if photo else None,
        }

    def source(self, place: int) -> str:
        return str(self.fields(place)["photo"])


def _points(points: Sequence[Point], size: str) -> list[dict[str, float]]:
    return [
        {size: it.size, "recall@1": round(it.value, 4), "low": round(it.low, 4), "high": round(it.high, 4)}
        for it in points
    ]
