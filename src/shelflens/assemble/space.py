"""The space that a catalogue works in: one model's vectors."""

from __future__ import annotations

from dataclasses import dataclass

from shelflens.errors import CatalogueError
from shelflens.records.address import Location
from shelflens.records.base import Records


@dataclass(frozen=True, slots=True)
class Workspace:
    """The space that searches use, whichever that is by now; or always the one named `fixed`."""

    records: Records
    path: Location  # of the catalogue, for messages
    fixed: str | None = None

    @property
    def found(self) -> str | None:
        """None: the catalogue has no space yet."""
        return self.fixed or self.records.active_space()

    @property
    def name(self) -> str:
        """Raises CatalogueError when there is none yet."""
        if space := self.found:
            return space
        raise CatalogueError(f"{self.path} is empty; fill it first: shelflens index {self.path} SOURCE")
