"""What an evaluation found, query by query and in sum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from shelflens.feed.base import BadRow, PhotoPlace
from shelflens.metrics.calibration import auroc, brier_score, coverage_at, expected_calibration_error
from shelflens.types import Hit, Match, Product

#: In the order of `Outcome.values` and of every listing. Names and meanings are a promise: docs/evaluation.md.
METRICS = (
    "recall@1",
    "recall@5",
    "recall@10",
    "mrr",
    "precision@1",
    "precision@5",
    "precision@10",
    "map",
    "map@r",
    "ndcg@10",
)


@dataclass(frozen=True, slots=True)
class Score:
    """A metric's mean over queries with its 95 % bootstrap interval; all 0..1."""

    metric: str  # one of METRICS
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one query photo."""

    photo: PhotoPlace
    where: str  # "val.csv:17"
    product: Product  # the right answer, as the catalogue has it; as the query's row has it where it has none
    category: str  # the row's, or else the catalogue's; empty: unknown
    relevant: int  # photos of the product in the gallery; 0: it cannot be found
    rank: int | None  # of the product among the products found, 1 and up; None: not found
    matches: tuple[Match, ...]  # as the customer sees them, best first
    nearest: Hit | None  # the gallery photo of the right product that is nearest to the query
    nearest_place: int | None  # its place among the gallery's photos, 1 and up
    values: tuple[float, ...]  # per metric, in the order of METRICS
    embed_seconds: float
    search_seconds: float

    @property
    def right(self) -> bool:
        """Is the first match the right product?"""
        return self.rank == 1


@dataclass(frozen=True, slots=True)
class CategoryScores:
    category: str  # empty: queries without one
    queries: int
    queries_without_product: int
    scores: tuple[Score, ...]  # in the order of METRICS

    def score(self, metric: str) -> Score:
        return self.scores[METRICS.index(metric)]


@dataclass(frozen=True, slots=True)
class Confusion:
    """Queries of one product whose first match was another product."""

    product: Product
    taken_for: Product
    outcomes: tuple[Outcome, ...]  # the queries, the most confident mistake first


@dataclass(frozen=True, slots=True)
class Milliseconds:
    """A query's time: the median, and what 95 % of the queries stay below."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Milliseconds:
        p50, p95 = np.percentile(np.fromiter(seconds, dtype=np.float64) * 1000, [50, 95])
        return cls(float(p50), float(p95))


@dataclass(frozen=True, slots=True)
class Sureness:
    """How well the first match's probability says whether it is right."""

    ece: float  # expected calibration error, 0..1, 15 even bins
    brier: float  # 0..1, lower is better
    coverage_at_99: float  # largest share of queries that can be answered with 99 % of the answers right
    auroc_known: (
        float | None
    )  # are queries whose product is in the gallery surer than the others? None: all are, or none


@dataclass(frozen=True, slots=True)
class Evaluation:
    model: str
    space: str
    products: int  # in the catalogue
    photos: int  # in the gallery
    depth: int  # photos ranked per query; `photos`, unless the gallery is larger than the limit
    outcomes: tuple[Outcome, ...]  # at least one, in the order of the queries
    bad_rows: tuple[BadRow, ...]  # rows and photos that could not be used; they are in no metric
    scores: tuple[Score, ...]  # over all queries, in the order of METRICS
    categories: tuple[CategoryScores, ...]  # by name; empty where no query has a category
    confusions: tuple[Confusion, ...]  # most queries first

    def score(self, metric: str) -> Score:
        return self.scores[METRICS.index(metric)]

    @property
    def queries_without_product(self) -> int:
        return sum(outcome.relevant == 0 for outcome in self.outcomes)

    @property
    def sureness(self) -> Sureness | None:
        """None when the catalogue's answers have no probability."""
        sure = [outcome.matches[0].probability if outcome.matches else 0.0 for outcome in self.outcomes]
        if any(probability is None for probability in sure):
            return None
        probability = np.array(sure, dtype=np.float64)
        right = np.array([outcome.right for outcome in self.outcomes])
        known = np.array([outcome.relevant > 0 for outcome in self.outcomes])
        return Sureness(
            ece=expected_calibration_error(probability, right),
            brier=brier_score(probability, right),
            coverage_at_99=coverage_at(probability, right, precision=0.99),
            auroc_known=auroc(probability[known], probability[~known]) if 0 < known.sum() < len(known) else None,
        )

    @property
    def embed(self) -> Milliseconds:
        return Milliseconds.of(outcome.embed_seconds for outcome in self.outcomes)

    @property
    def search(self) -> Milliseconds:
        return Milliseconds.of(outcome.search_seconds for outcome in self.outcomes)
