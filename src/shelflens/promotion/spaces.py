"""Which space searches use, which they used before, and which are there for nothing."""

from __future__ import annotations

import json

from shelflens.errors import CatalogueError
from shelflens.promotion.result import Dropped, Model, Rollback
from shelflens.records.base import Records

SWITCH = "promotion"  # document of a catalogue: the spaces before and after its last switch


def first_space(records: Records) -> str | None:
    """The oldest: its model is the likeliest not to have learnt this catalogue's products."""
    return next(iter(records.spaces()), None)


def switch(records: Records, *, before: str, after: str) -> None:
    """From now on, searches use the space `after`; `roll_back` undoes it."""
    records.keep(SWITCH, json.dumps({"before": before, "after": after}))  # first: without a switch it says nothing
    records.activate_space(after)


def roll_back(records: Records) -> Rollback:
    """At once, and nothing is lost: the space that is left stays. Raises CatalogueError when there is no way back."""
    active = records.active_space()
    last = json.loads(records.kept(SWITCH) or "{}")
    spaces = records.spaces()
    if active is None or last.get("after") != active:
        raise CatalogueError("nothing to roll back: no model was promoted since the catalogue was made or rolled back")
    if (before := str(last["before"])) not in spaces:
        raise CatalogueError(f"the former space {before} was dropped; promote its model again instead")
    records.activate_space(before)
    records.forget(SWITCH)
    return Rollback(
        left=Model(spaces[active].name, active),
        active=Model(spaces[before].name, before),
        lacking=records.count_unembedded(before),
    )


def drop_others(records: Records, *, documents: tuple[str, ...]) -> tuple[Dropped, ...]:
    """Forgets every space that searches do not use, with its vectors and the `documents` made from them."""
    active = records.active_space()
    dropped = []
    for space, manifest in records.spaces().items():
        if space != active:
            for document in documents:
                records.forget(f"{document}@{space}")
            dropped.append(Dropped(Model(manifest.name, space), records.drop_space(space)))
    records.forget(SWITCH)
    return tuple(dropped)
