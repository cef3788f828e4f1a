"""What says how sure the new model's answers are."""

from __future__ import annotations

from pathlib import Path

from shelflens.errors import CatalogueError
from shelflens.feed.base import Columns, Feed
from shelflens.promotion.served import OnProgress, Served


def calibrated(
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
