"""From one model to another: a second space beside the first, both compared, and the switch or the way back.

`promote` decides by itself whether searches get better; `upgrade` shows what would change, and switches when told to.
"""

from shelflens.promotion.as_json import dropped_json, promotion_json, rollback_json
from shelflens.promotion.promoting import promote
from shelflens.promotion.report import write_report
from shelflens.promotion.result import (
    Agreement,
    Answered,
    Changed,
    Comparison,
    Difference,
    Dropped,
    Model,
    Promotion,
    Rollback,
)
from shelflens.promotion.served import OnBad, OnProgress, Served
from shelflens.promotion.spaces import Transition, drop_others, end, first_space, roll_back, transition
from shelflens.promotion.upgrading import switched, upgrade

__all__ = [
    "Agreement",
    "Answered",
    "Changed",
    "Comparison",
    "Difference",
    "Dropped",
    "Model",
    "OnBad",
    "OnProgress",
    "Promotion",
    "Rollback",
    "Served",
    "Transition",
    "drop_others",
    "dropped_json",
    "end",
    "first_space",
    "promote",
    "promotion_json",
    "roll_back",
    "rollback_json",
    "switched",
    "transition",
    "upgrade",
    "write_report",
]
