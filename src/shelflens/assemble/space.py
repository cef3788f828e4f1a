"""The space that a catalogue works in: one model's vectors."""

from __future__ import annotations

from dataclasses import dataclass, field

from shelflens.errors import CatalogueError
from shelflens.records.address import Location
from shelflens.records.base import Records


@dataclass(slots=True)
class Workspace:
    """The space that searches used when this was last looked at; or always the one named `fixed`.

    Not whichever they use by now: what is made from a space (index, embedder, ranking) is made from one and the same.
    """

    records: Records
    path: Location  # of the catalogue, for messages
    fixed: str | None = None
    _seen: str | None = field(default=None, init=False)

    @property
    def found(self) -> str | None:
        """None: the catalogue has no space yet."""
        if self.fixed is None and self._seen is None:
            self.look()
        return self.fixed or self._seen

    def look(self) -> str | None:
        """The one that searches use by now, or `fixed`."""
        self._seen = self.records.active_space()
        return self.fixed or self._seen

    def change_with(self, other: Workspace) -> None:
        """Each works where the other did."""
        here, there = self.found, other.found
        self._seen, other._seen = there, here
        if self.fixed is not None:
            self.fixed = there
        if other.fixed is not None:
            other.fixed = here

    @property
    def name(self) -> str:
        """Raises CatalogueError when there is none yet."""
        if space := self.found:
            return space
        raise CatalogueError(f"{self.path} is empty; fill it first: shelflens index {self.path} SOURCE")
