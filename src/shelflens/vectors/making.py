"""Makes the index that so many vectors want."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from shelflens import plug
from shelflens.errors import CatalogueError
from shelflens.vectors.base import ALONE, Spread, VectorIndex
from shelflens.vectors.choice import choose


@dataclass(frozen=True, slots=True)
class SharedIndexMaker:
    """The one index that a server keeps for all processes, whatever the number of vectors."""

    kind: str
    dimension: int
    at: str = field(repr=False)  # the server, as the kind wants it
    name: str  # of the vectors there
    login: str = field(default="", repr=False)  # USER:PASSWORD
    spread: Spread = ALONE

    def choose(self, count: int, *, current: str | None) -> str:  # noqa: ARG002
        return self.kind

    def make(self, kind: str) -> VectorIndex:
        """As it is. Raises UnavailableError when the server cannot be reached."""
        try:
            found = plug.find("vectors", kind)
        except ModuleNotFoundError as error:
            raise CatalogueError(f"vectors on {kind} need {error.name}; pip install 'shelflens[{kind}]'") from None
        index: VectorIndex = found(self.dimension, at=self.at, name=self.name, login=self.login, spread=self.spread)
        return index


@dataclass(frozen=True, slots=True)
class IndexMaker:
    """Vector indexes of one dimension, by the name of their kind; what outgrows memory is kept in `directory`."""

    dimension: int
    directory: Path

    def choose(self, count: int, *, current: str | None) -> str:
        """The kind for `count` vectors; `current` is the one in use."""
        return choose(count, current=current)

    def make(self, kind: str) -> VectorIndex:
        """Empty."""
        index: VectorIndex = plug.find("vectors", kind)(self.dimension, directory=self.directory)
        return index
