"""How sure a strength makes, and which strength keeps false alarms as rare as they are wanted.

Both were measured on drawn videos (docs/watch.md, `python -m bench.watching --fit`), on other products and other seeds
than those that judge the result.
"""

from __future__ import annotations

import math
from typing import Final

#: The strengths of products that were not there fall off exponentially: so many false alarms an hour at least 1 strong
#: on busy footage, and this many times e fewer for each point. Accidental agreement of SIFT is so distributed. Since
#: places are compared one by one, none of 3 points or more has come in 40 s of films to fit: this supposes 200 an hour.
ALARMS_AT_NONE: Final = 400.0
POINTS_PER_E: Final = 4.5

#: Logistic regression of "it was there" on the logarithm of an appearance's strength.
SLOPE: Final = 4.0
EVEN_STRENGTH: Final = 20.0  # points at which it is as likely as not

MOST_SURE: Final = 0.999  # nothing is certain, and the sample was not larger


def threshold(alarms_per_hour: float) -> float:
    """The strength from which an appearance is reported. Raises ValueError unless the rate is positive."""
    if not alarms_per_hour > 0:
        raise ValueError(f"false alarms an hour must be more than 0, not {alarms_per_hour}")
    return max(0.0, POINTS_PER_E * math.log(ALARMS_AT_NONE / alarms_per_hour))


def probability(strength: float) -> float:
    """That the product was really there, 0..1."""
    if strength <= 0:
        return 0.0
    odds = math.pow(strength / EVEN_STRENGTH, SLOPE)
    return min(MOST_SURE, odds / (1 + odds))
