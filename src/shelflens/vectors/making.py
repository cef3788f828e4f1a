"""Makes the index that so many vectors want."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shelflens import plug
from shelflens.vectors.base import VectorIndex
from shelflens.vectors.choice import choose


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
