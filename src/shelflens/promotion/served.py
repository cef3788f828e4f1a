"""A catalogue with one of its models, as far as promotions and upgrades need it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeAlias

from shelflens.calibrate.calibration import Calibration
from shelflens.evaluate import Evaluation
from shelflens.feed.base import BadRow, Columns, Feed
from shelflens.indexing import Progress, Reembedded
from shelflens.promotion.asking import Answering

OnProgress: TypeAlias = Callable[[str, int, int | None], None]  # stage, done, of
OnBad: TypeAlias = Callable[[BadRow], None]


class Served(Answering, Protocol):
    """A catalogue with one of its models, as far as a promotion needs it."""

    @property
    def space(self) -> str: ...

    @property
    def calibration(self) -> Calibration | None: ...

    @property
    def calibrated(self) -> bool:
        """Is the calibration the catalogue's own?"""
        ...

    def fill(
        self,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        on_bad: OnBad | None = None,
    ) -> Reembedded:
        """Gives every photo that lacks one a vector in the space, and keeps the index of these."""
        ...

    def calibrate(
        self,
        queries: str | Path | Feed | None = None,
        *,
        columns: Columns | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> object:
        """From the queries, or from the catalogue's own photos. Raises CatalogueError when these do not suffice."""
        ...

    def evaluate(
        self,
        queries: str | Path | Feed,
        *,
        columns: Columns | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> Evaluation: ...
