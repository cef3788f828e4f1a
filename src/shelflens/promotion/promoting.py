"""The promotion itself: embed beside, calibrate, compare, decide, switch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol, TypeAlias

from shelflens.calibrate.calibration import Calibration
from shelflens.errors import CatalogueError
from shelflens.evaluate import Evaluation
from shelflens.feed.base import BadRow, Columns, Feed
from shelflens.indexing import Progress, Reembedded
from shelflens.promotion.asking import Answering, matching, occasions_of, replies_among_own, replies_of
from shelflens.promotion.comparing import compare
from shelflens.promotion.result import DECISIVE, Comparison, Model, Promotion, Reply
from shelflens.promotion.spaces import first_space, switch
from shelflens.search.examples import asked

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
        """Gives every photo that lacks one a vector in the space."""
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
    records = old.records
    manifests = records.spaces()
    before, after = (Model(manifests[side.space].name, side.space) for side in (old, new))
    filled = new.fill(on_progress=lambda at: on_progress("embedding", at.kept + at.bad, at.total), on_bad=on_bad)
    lacking = records.count_unembedded(new.space)
    if filled.interrupted:
        stopped = ("stopped before the comparison; the same command goes on",)
        return Promotion(before, after, filled.photos, lacking, "", None, stopped, switched=False, interrupted=True)
    calibration, silent = _calibrated(old, new, queries if by_heart else None, columns, on_progress)
    reasons: list[str] = []
    comparison: Comparison | None = None
    try:
        comparison = _compared(old, new, queries, columns, seed=seed, on_progress=on_progress)
    except CatalogueError as error:
        if not force:
            raise
        reasons.append(f"not compared: {error}")
    if comparison and not comparison.better:
        reasons.append(_not_better(comparison))
    if lacking and not allow_missing:
        reasons.append(
            f"{lacking} photos have no vector of the new model, so searches would no longer find them; mend what was "
            "reported, or accept it with --allow-missing"
        )
    if silent:
        reasons.append(f"answers would no longer say how sure they are: {calibration}")
    if switched := force or not reasons:
        switch(records, before=old.space, after=new.space)
        # What was indexed since the first pass has vectors in the old space only.
        filled_since = new.fill(on_bad=on_bad)
        lacking = records.count_unembedded(new.space)
        embedded = filled.photos + filled_since.photos
    else:
        embedded = filled.photos
    return Promotion(before, after, embedded, lacking, calibration, comparison, tuple(reasons), switched)


def _calibrated(
    old: Served, new: Served, held_out: str | Path | Feed | None, columns: Columns | None, on_progress: OnProgress
) -> tuple[str, bool]:
    """What says how sure the new model's answers are, and whether nothing does although the old model's have it.

    A calibration of one model's cosines is wrong for another's: it is fitted anew, never carried over. One that is
    fitted on photos which the model has learnt is too sure of new ones, so such a model is asked about `held_out`.
    """
    if old.calibration is None:
        return "none, as before", False
    if not old.calibrated and new.calibration is not None and not new.calibrated:
        return "the one shipped for the model", False
    said = ""
    for asked_of in dict.fromkeys((held_out, None)):
        try:
            new.calibrate(asked_of, columns=columns, on_progress=lambda done, of: on_progress("calibrating", done, of))
        except CatalogueError as error:
            said = str(error)
            continue
        if asked_of is not None:
            return "fitted on the queries", False
        own = "fitted on the catalogue's own photos"
        return (own, False) if held_out is None else (f"{own}, of which the model may be too sure ({said})", False)
    if new.calibration is None:
        return f"no calibration can be fitted to the new model ({said})", True
    return f"the one shipped for the model; none can be fitted ({said})", False


def _compared(
    old: Served,
    new: Served,
    queries: str | Path | Feed | None,
    columns: Columns | None,
    *,
    seed: int,
    on_progress: OnProgress,
) -> Comparison:
    if queries is not None:

        def replies(side: Served, stage: str) -> list[Reply]:
            listen = partial(_heard, on_progress, stage)
            return replies_of(side.evaluate(queries, columns=columns, on_progress=listen))

        before, after = replies(old, "asking the old model"), replies(new, "asking the new model")
        name = Path(queries).name if isinstance(queries, str | Path) else "the given queries"
        before, after = matching(before, after)
        if not before:
            raise CatalogueError("no query could be read by both models; try again")
        return compare(before, after, occasions=occasions_of(old, before), data=name, seed=seed)
    own = asked(old.records, space=new.space, occasions_in=first_space(old.records), seed=seed)
    if not own:
        raise CatalogueError(
            "no product has photos from two occasions, so the catalogue's own photos cannot be searched among "
            "the others; compare with --queries TABLE"
        )
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        on_progress("asking both models", done, 2 * len(own))

    here, there = (replies_among_own(side, own, on_reply=one_more) for side in (old, new))
    both = [query.photo.photo_id for query in own if query.photo.photo_id in here.keys() & there.keys()]
    return compare(
        [here[photo_id] for photo_id in both],
        [there[photo_id] for photo_id in both],
        occasions=[min(query.forbidden) for query in own if query.photo.photo_id in set(both)],
        data="the catalogue's own photos",
        seed=seed,
    )


def _heard(on_progress: OnProgress, stage: str, done: int) -> None:
    on_progress(stage, done, None)


def _not_better(comparison: Comparison) -> str:
    difference = comparison.of(DECISIVE)
    return (
        f"{DECISIVE} would go from {difference.old:.3f} to {difference.new:.3f} on {comparison.queries} queries; the "
        f"change is {difference.low:+.3f} to {difference.high:+.3f} (95 %), which is not surely an improvement"
    )
