"""From one model to a better one: a second space beside the first, both compared, and the switch or the way back."""

from shelflens.promotion.as_json import dropped_json, promotion_json, rollback_json
from shelflens.promotion.promoting import OnProgress, Served, promote
from shelflens.promotion.report import write_report
from shelflens.promotion.result import Changed, Comparison, Difference, Dropped, Model, Promotion, Rollback
from shelflens.promotion.spaces import drop_others, first_space, roll_back

__all__ = [
    "Changed",
    "Comparison",
    "Difference",
    "Dropped",
    "Model",
    "OnProgress",
    "Promotion",
    "Rollback",
    "Served",
    "drop_others",
    "dropped_json",
    "first_space",
    "promote",
    "promotion_json",
    "roll_back",
    "rollback_json",
    "write_report",
]
