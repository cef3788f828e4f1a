"""Which ranking serves a catalogue best: every one is tried on the catalogue's own photos, and the usual one is left
only for one that is clearly better.

All are asked the same questions and judged on products that were held out of their fit, so they are compared question
by question: McNemar, "Note on the sampling error of the difference between correlated proportions", 1947.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image

from shelflens.calibrate.fitting import Fit, FitOptions, fit
from shelflens.search.examples import Asked, examples
from shelflens.search.gallery import Gallery
from shelflens.search.ranking import Ranking
from shelflens.search.verification import Verification
from shelflens.types import Product
from shelflens.verify.base import Finding, Verifier

CLEARLY = 1.645  # standard errors by which a ranking must be better: 5 % of useless ones would be
REMEMBERED = 200_000  # comparisons


@dataclass(frozen=True, slots=True)
class Trial:
    """One ranking, asked about the catalogue's own photos, with the calibration that goes with it."""

    ranking: Ranking
    fitted: Fit

    @property
    def right(self) -> float:
        """Share of the queries whose product came first, with weights that had not seen it, 0..1."""
        return float(self.fitted.held_out.right.mean())


@dataclass(frozen=True, slots=True)
class Choice:
    best: Trial
    trials: tuple[Trial, ...]  # in the order in which they were given


def choice_json(choice: Choice) -> dict[str, Any]:
    """Ready for json.dumps. The keys are a promise to users: docs/calibration.md."""
    calibration, ranking = choice.best.fitted.calibration, choice.best.ranking
    return {
        **asdict(calibration.provenance),
        "bands": asdict(calibration.bands),
        "ranking": {"views": ranking.views, "whitened": ranking.whitening is not None},
        "trials": [
            {
                "views": one.ranking.views,
                "whitened": one.ranking.whitening is not None,
                "right": one.right,
                "how": one.ranking.how,
                "chosen": one is choice.best,
            }
            for one in choice.trials
        ],
    }


def choose(
    gallery: Gallery,
    verification: Verification,
    queries: Sequence[tuple[Ranking, Sequence[Asked]]],
    *,
    data: str,
    options: FitOptions | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Choice:
    """`queries` are each ranking's: the same photos in the same order, as it sees them. The first ranking is the one
    that the others must beat. Raises CatalogueError as `fit` does."""
    remembering = replace(verification, verifiers=tuple(_Remembering(one) for one in verification.verifiers))
    total, done = sum(len(its) for _, its in queries), 0

    def one_more() -> None:
        nonlocal done
        done += 1
        if on_progress:
            on_progress(done, total)

    trials = []
    for ranking, its in queries:
        made = examples(gallery, remembering, its, ranking=ranking, on_example=one_more)
        trials.append(Trial(ranking, fit(made, data=data, options=options)))
    usual = trials[0]
    better = [trial for trial in trials[1:] if clearly_better(trial, usual)]
    return Choice(max([usual, *better], key=lambda trial: trial.right), tuple(trials))


def clearly_better(one: Trial, other: Trial) -> bool:
    """By more than chance, over the queries that only one of them answers rightly."""
    here, there = one.fitted.held_out.right, other.fitted.held_out.right
    if here.shape != there.shape:  # one found nothing at all for some query: not comparable
        return False
    won, lost = int(np.sum(here & ~there)), int(np.sum(there & ~here))
    return won - lost > CLEARLY * math.sqrt(won + lost)


@dataclass(slots=True)
class _Remembering:
    """A verifier that compares no two descriptions twice: rankings propose mostly the same photos."""

    verifier: Verifier
    _found: OrderedDict[tuple[int, int, str], Finding | None] = field(default_factory=OrderedDict)

    @property
    def name(self) -> str:
        return self.verifier.name

    @property
    def version(self) -> str:
        return self.verifier.version

    def describe(self, picture: Image.Image) -> bytes:
        return self.verifier.describe(picture)

    def compare(self, query: bytes, photo: bytes, product: Product) -> Finding | None:
        which = (hash(query), hash(photo), product.product_id)
        if which not in self._found:
            finding = self.verifier.compare(query, photo, product)
            self._found[which] = finding and replace(finding, lines=())
            if len(self._found) > REMEMBERED:
                self._found.popitem(last=False)
        return self._found[which]
