"""Promotions as JSON objects. Their keys are a promise to users: docs/promotion.md."""

from __future__ import annotations

from typing import Any

from shelflens.promotion.result import Agreement, Comparison, Dropped, Model, Promotion, Rollback


def promotion_json(promotion: Promotion) -> dict[str, Any]:
    """Ready for json.dumps."""
    return {
        "switched": promotion.switched,
        "reasons": list(promotion.reasons),
        "old": _model(promotion.old),
        "new": _model(promotion.new),
        "embedded": promotion.embedded,
        "lacking": promotion.lacking,
        "calibration": promotion.calibration,
        "comparison": _comparison(promotion.comparison) if promotion.comparison else None,
        "agreement": _agreement(promotion.agreement) if promotion.agreement else None,
        "interrupted": promotion.interrupted,
    }


def rollback_json(rollback: Rollback) -> dict[str, Any]:
    return {"left": _model(rollback.left), "active": _model(rollback.active), "lacking": rollback.lacking}


def dropped_json(dropped: tuple[Dropped, ...]) -> dict[str, Any]:
    return {"dropped": [{**_model(one.model), "vectors": one.vectors} for one in dropped]}


def _model(model: Model) -> dict[str, str]:
    return {"model": model.name, "space": model.space}


def _agreement(agreement: Agreement) -> dict[str, Any]:
    return {
        "data": agreement.data,
        "queries": agreement.queries,
        "same_first": agreement.same_first,
        "shared": agreement.shared,
        "differing": len(agreement.differing),
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "data": comparison.data,
        "queries": comparison.queries,
        "products": comparison.products,
        "occasions": comparison.occasions,
        "better": comparison.better,
        "won": len(comparison.won),
        "lost": len(comparison.lost),
        **{
            one.metric: {"old": one.old, "new": one.new, "change": one.change, "interval": [one.low, one.high]}
            for one in comparison.differences
        },
    }
