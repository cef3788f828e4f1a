"""What a promotion or an upgrade found and did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from shelflens.feed.base import PhotoPlace
from shelflens.types import Match, Product

DECISIVE: Final = "recall@1"  # what must get better
METRICS: Final = (DECISIVE, "recall@5", "mrr")
SHOWN: Final = 10  # products of an answer that customers look at


@dataclass(frozen=True, slots=True)
class Answered:
    """What one model found for one query."""

    photo: PhotoPlace
    matches: tuple[Match, ...]  # best first; SHOWN are enough

    @property
    def first(self) -> Match | None:
        """None: nothing was found."""
        return self.matches[0] if self.matches else None


@dataclass(frozen=True, slots=True)
class Reply(Answered):
    """And how good that is."""

    product: Product  # the right one
    rank: int | None  # of it among the products found, 1 and up; None: not found


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric's mean over the same queries by the old and the new model, 0..1."""

    metric: str  # one of METRICS
    old: float
    new: float
    low: float  # of new - old: 95 % bootstrap interval, whole occasions drawn
    high: float

    @property
    def change(self) -> float:
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class Changed:
    """A query that the two answered differently."""

    old: Answered
    new: Answered


@dataclass(frozen=True, slots=True)
class Agreement:
    """Both models on the same queries, whatever is right."""

    data: str  # as in Comparison
    queries: int
    same_first: float  # share of the queries for which both find the same product first
    shared: float  # of the first SHOWN products of each, the share that both show (Jaccard), on average
    differing: tuple[Changed, ...]  # those whose first product differs


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both models on the same queries, through the search that customers use."""

    data: str  # for people: "val.csv", "the catalogue's own photos"
    queries: int
    products: int  # that the queries show
    occasions: int  # on which the queries' photos were shot
    differences: tuple[Difference, ...]  # in the order of METRICS
    won: tuple[Changed, ...]  # of Reply; right only now
    lost: tuple[Changed, ...]  # right only before

    def of(self, metric: str) -> Difference:
        return self.differences[METRICS.index(metric)]

    @property
    def better(self) -> bool:
        """By more than chance."""
        return self.of(DECISIVE).low > 0


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    space: str


@dataclass(frozen=True, slots=True)
class Promotion:
    """What `promote` or `upgrade` came to. `reasons` not to switch are empty exactly when nothing speaks against it:
    for `promote`, when the new model is better in every way that counts."""

    old: Model
    new: Model
    embedded: int  # photos, in this run
    lacking: int  # photos of the catalogue without a vector in the new space
    calibration: str  # of the new space, for people: "fitted on 600 of the catalogue's own photos"
    comparison: Comparison | None  # None: stopped before
    reasons: tuple[str, ...]
    switched: bool
    interrupted: bool = False
    agreement: Agreement | None = None  # None: nothing was asked


@dataclass(frozen=True, slots=True)
class Rollback:
    """Searches use the former model again."""

    left: Model
    active: Model
    lacking: int  # photos without a vector in the active space: searches do not find them until they have one


@dataclass(frozen=True, slots=True)
class Dropped:
    """A space that was forgotten."""

    model: Model
    vectors: int


Counted: TypeAlias = tuple[str, int, int | None]  # stage, done, of
