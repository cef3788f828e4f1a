"""The upgrade itself: embed beside while reads and writes go on, show what would change, switch when told to."""

from __future__ import annotations

from pathlib import Path

from shelflens.errors import CatalogueError
from shelflens.feed.base import Columns, Feed
from shelflens.promotion.preparing import prepare
from shelflens.promotion.result import Agreement, Comparison, Model, Promotion
from shelflens.promotion.served import OnBad, OnProgress, Served
from shelflens.promotion.shadow import compared, shadowed
from shelflens.promotion.spaces import Transition, switch, transition
from shelflens.records.base import Records


def upgrade(
    old: Served,
    new: Served,
    *,
    queries: str | Path | Feed | None,
    pictures: Feed | None,
    columns: Columns | None,
    by_heart: bool,
    seed: int,
    on_progress: OnProgress,
    on_bad: OnBad | None,
) -> Promotion:
    """As `promote`, but never switches. With `pictures` both models are asked these, of which nobody has said what they
    show; with `queries`, or without either, the comparison has metrics, too. `by_heart`: own photos say nothing."""
    held_out = queries if by_heart else None
    prepared = prepare(old, new, held_out=held_out, columns=columns, on_progress=on_progress, on_bad=on_bad)
    if prepared.interrupted:
        return prepared.stopped()
    comparison: Comparison | None = None
    agreement: Agreement | None = None
    reasons = prepared.hindrances(allow_missing=False)
    if queries is not None or (pictures is None and not by_heart):
        try:
            comparison, agreement = compared(old, new, queries, columns, seed=seed, on_progress=on_progress)
        except CatalogueError as error:
            reasons.append(f"not compared: {error}")
    if pictures is not None:
        listen = on_bad or (lambda _row: None)
        agreement = shadowed(old, new, pictures, on_progress=on_progress, on_bad=listen)
    lacking = old.records.count_unembedded(new.space)
    return Promotion(
        prepared.old, prepared.new, prepared.embedded, lacking, prepared.calibration, comparison, tuple(reasons),
        switched=False, agreement=agreement,
    )  # fmt: skip


def to_be_switched(records: Records) -> Transition:
    """The transition that is under way or was taken back. Raises CatalogueError when there is none."""
    now = transition(records)
    if now is None or now.after == records.active_space() or now.after not in records.spaces():
        raise CatalogueError("nothing to switch to: begin with upgrade CATALOGUE --model MODEL")
    return now


def switched(records: Records, *, allow_missing: bool) -> Promotion:
    """Searches use the space that was filled, from this moment on. Raises CatalogueError when it is not whole."""
    now, manifests = to_be_switched(records), records.spaces()
    lacking = records.count_unembedded(now.after)
    if lacking and not allow_missing:
        raise CatalogueError(
            f"{lacking} photos have no vector of {manifests[now.after].name}, so searches would no longer find them; "
            f"go on with upgrade --model {manifests[now.after].name}, or accept it with --allow-missing"
        )
    switch(records, before=now.before, after=now.after)
    old, new = (Model(manifests[space].name, space) for space in (now.before, now.after))
    return Promotion(old, new, 0, lacking, "", None, (), switched=True)
