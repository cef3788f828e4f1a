"""Which space searches use, which they used before or will use next, and which are there for nothing.

From the beginning of a transition until its end, new photos get a vector in both of its spaces (`companions`). So the
switch and the way back lose no photo, whenever they come.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from typing import Final

from shelflens.errors import CatalogueError
from shelflens.promotion.result import Dropped, Model, Rollback
from shelflens.records.base import Records

TRANSITION: Final = "promotion"  # the document of a catalogue
SETTLED_SECONDS: Final = 2.0  # after a switch, until whoever serves has followed and nobody asks the former space


@dataclass(frozen=True, slots=True)
class Transition:
    """From one space to another; which of the two searches use says whether it has come to the switch."""

    before: str
    after: str
    ready: bool = True  # all that can be embedded is: whoever serves may take up `after`, to be there at the switch
    moved: float = 0.0  # when searches were moved last, in seconds since 1970 by the clock of who did it


def transition(records: Records) -> Transition | None:
    """The one that is under way, or was the last."""
    kept = records.kept(TRANSITION)
    return Transition(**json.loads(kept)) if kept else None


def companions(records: Records) -> tuple[str, ...]:
    """The spaces that new photos get a vector in, besides the one that searches use."""
    now = transition(records)
    return tuple(sorted({now.before, now.after} & records.spaces().keys())) if now else ()


def first_space(records: Records) -> str | None:
    """The oldest: its model is the likeliest not to have learnt this catalogue's products."""
    return next(iter(records.spaces()), None)


def begin(records: Records, *, before: str, after: str) -> None:
    """From now on new photos get both. Raises CatalogueError while another transition is under way."""
    now, active = transition(records), records.active_space()
    if now and (now.before, now.after) == (before, after):
        return
    if now and now.after not in (active, after) and now.after in records.spaces():
        name = records.spaces()[now.after].name
        raise CatalogueError(
            f"an upgrade to {name} is under way, or was taken back; go on with it, or end it: --drop-old forgets the "
            "vectors of all models but the one in use"
        )
    _keep(records, Transition(before, after, ready=False))


def make_ready(records: Records) -> None:
    """Whoever serves the catalogue may take up the space that comes next."""
    if (now := transition(records)) and not now.ready:
        _keep(records, replace(now, ready=True))


def switch(records: Records, *, before: str, after: str) -> None:
    """From now on, searches use the space `after`; `roll_back` undoes it. One write decides."""
    _keep(records, Transition(before, after, moved=time.time()))  # first: without a switch it says nothing
    records.activate_space(after)


def end(records: Records) -> None:
    """From now on new photos get a vector in the space that searches use, and in no other."""
    records.forget(TRANSITION)


def roll_back(records: Records) -> Rollback:
    """At once, and nothing is lost: the space that is left stays. Raises CatalogueError when there is no way back."""
    active, last, spaces = records.active_space(), transition(records), records.spaces()
    if active is None or last is None or last.after != active:
        raise CatalogueError("nothing to roll back: no model was promoted since the catalogue was made or rolled back")
    if last.before not in spaces:
        raise CatalogueError(f"the former space {last.before} was dropped; promote its model again instead")
    _keep(records, replace(last, moved=time.time()))
    records.activate_space(last.before)
    return Rollback(
        left=Model(spaces[active].name, active),
        active=Model(spaces[last.before].name, last.before),
        lacking=records.count_unembedded(last.before),
    )


def drop_others(records: Records, *, documents: tuple[str, ...]) -> tuple[Dropped, ...]:
    """Forgets every space that searches do not use, with its vectors and the `documents` made from them. Waits until a
    switch has settled: nobody should be asking one of them."""
    if last := transition(records):
        time.sleep(min(max(0.0, last.moved + SETTLED_SECONDS - time.time()), SETTLED_SECONDS))
    end(records)
    active = records.active_space()
    dropped = []
    for space, manifest in records.spaces().items():
        if space != active:
            for document in documents:
                records.forget(f"{document}@{space}")
            dropped.append(Dropped(Model(manifest.name, space), records.drop_space(space)))
    return tuple(dropped)


def _keep(records: Records, now: Transition) -> None:
    records.keep(TRANSITION, json.dumps(asdict(now)))
