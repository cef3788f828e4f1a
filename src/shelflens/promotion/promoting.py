"""The promotion itself: embed beside, calibrate, compare, decide, switch."""

from __future__ import annotations

from pathlib import Path

from shelflens.errors import CatalogueError
from shelflens.feed.base import Columns, Feed
from shelflens.promotion.preparing import prepare
from shelflens.promotion.result import DECISIVE, Agreement, Comparison, Promotion
from shelflens.promotion.served import OnBad, OnProgress, Served
from shelflens.promotion.shadow import compared
from shelflens.promotion.spaces import end, switch, transition
from shelflens.records.base import Records


def promote(
    old: Served,
    new: Served,
    *,
    queries: str | Path | Feed | None,
    columns: Columns | None,
    by_heart: bool,
    force: bool,
    allow_missing: bool,
    seed: int,
    on_progress: OnProgress,
    on_bad: OnBad | None,
) -> Promotion:
    """`old` is what searches use; `new` is the same catalogue with the other model, which may know the catalogue's
    photos by heart. A stopped run goes on where it stopped. Raises ShelflensError when the two cannot be compared."""
    records, its = old.records, (old.space, new.space)
    upgrading = _spaces(records) == its
    try:
        held_out = queries if by_heart else None
        prepared = prepare(old, new, held_out=held_out, columns=columns, on_progress=on_progress, on_bad=on_bad)
        if prepared.interrupted:
            return prepared.stopped()
        reasons: list[str] = []
        comparison: Comparison | None = None
        agreement: Agreement | None = None
        try:
            comparison, agreement = compared(old, new, queries, columns, seed=seed, on_progress=on_progress)
        except CatalogueError as error:
            if not force:
                raise
            reasons.append(f"not compared: {error}")
        if comparison and not comparison.better:
            reasons.append(_not_better(comparison))
        reasons += prepared.hindrances(allow_missing=allow_missing)
        embedded = prepared.embedded
        if switched := force or not reasons:
            switch(records, before=old.space, after=new.space)
            # By writers that had not heard of it: those on machines without the new model.
            embedded += new.fill(on_bad=on_bad).photos
        lacking = records.count_unembedded(new.space)
    finally:
        # What was not switched to is not kept in step, unless an upgrade had begun to.
        if not upgrading and _spaces(records) == its and records.active_space() == old.space:
            end(records)
    return Promotion(
        prepared.old, prepared.new, embedded, lacking, prepared.calibration, comparison, tuple(reasons), switched,
        agreement=agreement,
    )  # fmt: skip


def _spaces(records: Records) -> tuple[str, str] | None:
    """Of the transition that is under way."""
    now = transition(records)
    return (now.before, now.after) if now else None


def _not_better(comparison: Comparison) -> str:
    difference = comparison.of(DECISIVE)
    return (
        f"{DECISIVE} would go from {difference.old:.3f} to {difference.new:.3f} on {comparison.queries} queries; the "
        f"change is {difference.low:+.3f} to {difference.high:+.3f} (95 %), which is not surely an improvement"
    )
