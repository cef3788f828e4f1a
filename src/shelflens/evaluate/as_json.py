"""An evaluation as one JSON object. Its keys are a promise to users: docs/evaluation.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shelflens.evaluate.result import CategoryScores, Confusion, Evaluation, Score, Sureness


def evaluation_json(evaluation: Evaluation) -> dict[str, Any]:
    """Ready for json.dumps."""
    embed, search = evaluation.embed, evaluation.search
    return {
        **{score.metric: score.value for score in evaluation.scores},
        **_sureness(evaluation.sureness),
        "queries": len(evaluation.outcomes),
        "queries_without_product": evaluation.queries_without_product,
        "bad_rows": len(evaluation.bad_rows),
        "products": evaluation.products,
        "photos": evaluation.photos,
        "depth": evaluation.depth,
        "embed_ms_p50": round(embed.p50, 3),
        "embed_ms_p95": round(embed.p95, 3),
        "search_ms_p50": round(search.p50, 3),
        "search_ms_p95": round(search.p95, 3),
        "model": evaluation.model,
        "space": evaluation.space,
        "intervals": _intervals(evaluation.scores),
        "per_category": {category.category: _category(category) for category in evaluation.categories},
        "confusions": [_confusion(confusion) for confusion in evaluation.confusions],
    }


def _sureness(sureness: Sureness | None) -> dict[str, float | None]:
    """Null, not absent, where there are no probabilities: the keys are the same for everybody."""
    return {
        "ece": sureness.ece if sureness else None,
        "brier": sureness.brier if sureness else None,
        "coverage@99": sureness.coverage_at_99 if sureness else None,
        "auroc_known": sureness.auroc_known if sureness else None,
    }


def _intervals(scores: Iterable[Score]) -> dict[str, list[float]]:
    return {score.metric: [score.low, score.high] for score in scores}


def _category(category: CategoryScores) -> dict[str, Any]:
    return {
        **{score.metric: score.value for score in category.scores},
        "queries": category.queries,
        "queries_without_product": category.queries_without_product,
        "intervals": _intervals(category.scores),
    }


def _confusion(confusion: Confusion) -> dict[str, Any]:
    return {
        "product_id": confusion.product.product_id,
        "taken_for": confusion.taken_for.product_id,
        "queries": len(confusion.outcomes),
    }
