"""An assessment as one JSON object. Its keys are a promise to users: docs/classification.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shelflens.assess.result import Assessment, ClassScores, Retrieval, Score


def assessment_json(found: Assessment) -> dict[str, Any]:
    """Ready for json.dumps."""
    groups = found.labels.groups if found.labels else ()
    return {
        **_values(found.scores),
        **_values(found.retrieval.scores),
        "photos": len(found.seen.photos),
        "photos_unseen": int((~found.known).sum()),
        "queries": found.retrieval.queries,
        "queries_without_product": found.retrieval.queries_without_product,
        "photos_alone": found.retrieval.alone,
        "bad_rows": len(found.bad_rows),
        "gallery_photos": len(found.gallery.photos) if found.gallery else None,
        "gallery_photos_left_out": found.gallery_repeated,
        "model": found.model,
        "space": found.space,
        "target": found.target,
        "classes": len(found.classes),
        "groups": {group.name: len(group.values) for group in groups},
        "intervals": _intervals((*found.scores, *found.retrieval.scores)),
        "seen": _retrieval(found.retrieval_seen),
        "unseen": _retrieval(found.retrieval_unseen),
        "per_class": {scores.label: _class(scores) for scores in found.classes},
        "confusions": [
            {"label": pair.label, "taken_for": pair.taken_for, "photos": len(pair.places)} for pair in found.confusions
        ],
    }


def _values(scores: Iterable[Score]) -> dict[str, float | None]:
    return {score.metric: score.value for score in scores}


def _intervals(scores: Iterable[Score]) -> dict[str, list[float]]:
    return {
        score.metric: [score.low, score.high] for score in scores if score.low is not None and score.high is not None
    }


def _retrieval(retrieval: Retrieval) -> dict[str, Any]:
    return {
        **_values(retrieval.scores),
        "queries": retrieval.queries,
        "queries_without_product": retrieval.queries_without_product,
        "photos_alone": retrieval.alone,
        "intervals": _intervals(retrieval.scores),
    }


def _class(scores: ClassScores) -> dict[str, Any]:
    return {
        "photos": scores.photos,
        "predicted": scores.predicted,
        "right": scores.right,
        "precision": scores.precision,
        "recall": scores.recall,
        "f1": scores.f1,
        "auroc": scores.auroc,
        "average_precision": scores.average_precision,
    }
