"""Two models on the same queries: how often do they say the same, whatever is right?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shelflens.promotion.result import SHOWN, Agreement, Answered, Changed


def agree(old: Sequence[Answered], new: Sequence[Answered], *, data: str) -> Agreement:
    """`old` and `new` answer the same queries in the same order, at least one."""
    assert old and [one.photo for one in old] == [one.photo for one in new], "not the same queries"
    pairs = [Changed(one, other) for one, other in zip(old, new, strict=True)]
    differing = [pair for pair in pairs if _first(pair.old) != _first(pair.new)]
    return Agreement(
        data=data,
        queries=len(pairs),
        same_first=1 - len(differing) / len(pairs),
        shared=float(np.mean([_shared(pair.old, pair.new) for pair in pairs])),
        differing=tuple(differing),
    )


def _first(answered: Answered) -> str | None:
    return answered.first.product.product_id if answered.first else None


def _shared(old: Answered, new: Answered) -> float:
    """The share of the first products that both show; 1 where neither shows any."""
    here, there = ({match.product.product_id for match in one.matches[:SHOWN]} for one in (old, new))
    return len(here & there) / len(here | there) if here | there else 1.0
