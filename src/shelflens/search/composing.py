"""Picture and words together: one order from what is found by looks and what is found by words.

An exact match by picture is never pushed out by words: it keeps one of the first places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shelflens.errors import CatalogueError
from shelflens.rank.blending import best_first, blend, kept_in, relative
from shelflens.search.wish import Wish
from shelflens.search.wording import Worded, text_evidence
from shelflens.types import Band, Match, Metric

EXACT = 0.97  # cosine from which a photo is the catalogue's own, saved anew (docs/words.md)
KEPT = 3  # places: an exact match is among the first three, or among all when fewer are asked for
MINUS = 1.0  # of what is not wanted, beside 1 for all that is wanted by words


@dataclass(frozen=True, slots=True)
class Found:
    """What either way found: matches by looks, best first, and products by words."""

    pictured: tuple[Match, ...]
    worded: Worded
    minus: Mapping[str, float]  # by product_id, how well what is not wanted agrees, 0..1
    leave_out: str | None = None  # the product that itself was the question

    def order(self, wish: Wish, *, k: int, by_picture: bool) -> list[tuple[str, float]]:
        """(product_id, 0..1), the first k. `by_picture`: a picture was given, so that one of the matches by looks may
        be exact."""
        looks = relative({match.product.product_id: match.pooled for match in self.pictured})
        share = (wish.text_weight if looks else 1.0) if self.worded.scores else 0.0
        wanted = blend([(1 - share, looks), (share, self.worded.scores)])
        penalty = MINUS * (share or wish.text_weight)
        out = {*wish.less, self.leave_out}
        total = {one: score - penalty * self.minus.get(one, 0.0) for one, score in wanted.items() if one not in out}
        sure = [match.product.product_id for match in self.pictured if by_picture and is_exact(match)]
        order = kept_in(best_first(total), [one for one in sure if one not in out], min(k, KEPT))
        return [(one, max(0.0, total[one])) for one in order[:k]]


def is_exact(match: Match) -> bool:
    """Found by picture beyond doubt."""
    return match.band is Band.ACCEPT or match.score >= EXACT


def explained(match: Match, wish: Wish, found: Found) -> Match:
    """With what words say for and against it."""
    product_id = match.product.product_id
    value = found.worded.scores.get(product_id, 0.0) - found.minus.get(product_id, 0.0)
    evidence = text_evidence(match.product, text=wish.text, minus=wish.minus, value=value)
    return replace(match, evidence=(*match.evidence, evidence)) if evidence else match


def check(wish: Wish, metric: Metric, threshold: float | None) -> None:
    """Raises CatalogueError for what does not go with words."""
    if wish.worded and (threshold is not None or metric is not Metric.COSINE):
        raise CatalogueError("a threshold, and any metric but cosine, compare looks alone; leave them out with words")
