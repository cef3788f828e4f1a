"""A server takes up another model, or other documents, and no search waits for it: the new parts are made beside those
that answer, then take their place at once."""

from __future__ import annotations

from shelflens.assemble.parts import Parts
from shelflens.promotion.spaces import transition


class Succession:
    """Of one catalogue. One thread at a time follows; any number search meanwhile."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._next: Parts | None = None  # what the other space of a transition needs, at hand for the switch or back
        self._documents = parts.documents.deciding()  # as of the opening: what comes later is news

    def follow(self, *, ahead: bool = True) -> bool:
        """Takes up what any process has decided since; returns whether that was anything. `ahead`: makes what the next
        switch will need, too. Raises ShelflensError when the model in use cannot be had here: then the former one goes
        on answering."""
        parts = self._parts
        documents, active = parts.documents.deciding(), parts.records.active_space()
        moved = parts.space.found != active
        changed = documents != self._documents
        if active is not None and (moved or changed):
            successor = parts.successor(active, heir_of=self._at_hand(active))
            parts.exchange(successor)
            self._next = successor if moved else self._next
        self._documents = documents
        wanted = self._wanted(active)
        if wanted is None:
            self._next = None
        elif ahead and (self._next is None or self._next.space.found != wanted):
            self._next = parts.successor(wanted)
        return moved or changed

    def _at_hand(self, space: str) -> Parts | None:
        return next((one for one in (self._parts, self._next) if one and one.space.found == space), None)

    def _wanted(self, active: str | None) -> str | None:
        """The space that searches may use next."""
        now = transition(self._parts.records)
        if now is None or not now.ready:
            return None
        other = now.before if active == now.after else now.after
        return other if other != active and other in self._parts.records.spaces() else None
