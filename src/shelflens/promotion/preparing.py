"""What promotions and upgrades do first: the second space is filled beside the first, resumably, and calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shelflens.feed.base import Columns, Feed
from shelflens.promotion.calibrating import calibrated
from shelflens.promotion.result import Model, Promotion
from shelflens.promotion.served import OnBad, OnProgress, Served
from shelflens.promotion.spaces import begin, make_ready

PASSES: Final = 8  # over what lacks a vector; photos that were under way when it began are there in the second


@dataclass(frozen=True, slots=True)
class Prepared:
    """The new space, as far as it has come."""

    old: Model
    new: Model
    embedded: int  # photos, in this run
    lacking: int  # photos without a vector in it
    interrupted: bool
    calibration: str = ""  # for people
    silent: bool = False  # answers would no longer say how sure they are

    def hindrances(self, *, allow_missing: bool) -> list[str]:
        """Reasons not to switch to it, whatever it finds."""
        found = []
        if self.lacking and not allow_missing:
            found.append(
                f"{self.lacking} photos have no vector of the new model, so searches would no longer find them; mend "
                "what was reported, or accept it with --allow-missing"
            )
        if self.silent:
            found.append(f"answers would no longer say how sure they are: {self.calibration}")
        return found

    def stopped(self) -> Promotion:
        reasons = ("stopped before the comparison; the same command goes on",)
        return Promotion(
            self.old, self.new, self.embedded, self.lacking, "", None, reasons, switched=False, interrupted=True
        )


def prepare(
    old: Served,
    new: Served,
    *,
    held_out: str | Path | Feed | None,
    columns: Columns | None,
    on_progress: OnProgress,
    on_bad: OnBad | None,
) -> Prepared:
    """From its beginning on, new photos get both vectors. A calibration is fitted on `held_out` (None: own photos)."""
    records, manifests = old.records, old.records.spaces()
    before, after = (Model(manifests[side.space].name, side.space) for side in (old, new))
    begin(records, before=old.space, after=new.space)
    embedded = 0
    for number in range(PASSES):
        filled = new.fill(
            on_progress=lambda at: on_progress("embedding", at.kept + at.bad, at.total),
            on_bad=on_bad if number == 0 else None,
        )
        embedded += filled.photos
        if filled.interrupted:
            return Prepared(before, after, embedded, records.count_unembedded(new.space), interrupted=True)
        if not filled.photos:
            break
    calibration, silent = calibrated(old, new, held_out, columns, on_progress)
    lacking = records.count_unembedded(new.space)
    make_ready(records)
    return Prepared(before, after, embedded, lacking, interrupted=False, calibration=calibration, silent=silent)
