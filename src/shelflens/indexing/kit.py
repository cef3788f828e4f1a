"""What embedding a photo takes, wherever it is done: here it is at hand, elsewhere it is found by what travels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Self

from shelflens.embed.base import Embedder
from shelflens.embed.loading import load_embedder
from shelflens.errors import SpaceError
from shelflens.indexing.reading import PhotoReader
from shelflens.indexing.work import NeededFile
from shelflens.picture import FetchPolicy, Limits


@dataclass(frozen=True, slots=True)
class Kit:
    """Safe to use from several threads."""

    embedder: Embedder
    reader: PhotoReader


class Tools(Protocol):
    """Where a kit comes from."""

    @property
    def files(self) -> tuple[NeededFile, ...]: ...

    def moved(self, places: Mapping[Path, Path]) -> Self:
        """The same where the files lie elsewhere."""
        ...

    def unpack(self) -> Kit:
        """Raises ShelflensError."""
        ...

    def put_away(self, kit: Kit) -> None: ...


@dataclass(frozen=True, slots=True)
class AtHand:
    """Does not travel."""

    kit: Kit
    files: tuple[NeededFile, ...] = ()

    def moved(self, places: Mapping[Path, Path]) -> Self:
        assert not places, "nothing has left this process"
        return self

    def unpack(self) -> Kit:
        return self.kit

    def put_away(self, kit: Kit) -> None:
        """It is its owner's."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Values: the model by name, and the space that its vectors must be of."""

    model: str  # "lite0", "onnx:/models/mine.onnx"
    space: str
    limits: Limits
    policy: FetchPolicy
    files: tuple[NeededFile, ...] = ()  # of the model, unless it is one that is installed

    def moved(self, places: Mapping[Path, Path]) -> Self:
        model = self.model
        for old, new in places.items():
            model = model.replace(str(old), str(new))
        return replace(self, model=model, files=())

    def unpack(self) -> Kit:
        """Raises SpaceError where the model of that name is another one."""
        embedder = load_embedder(self.model, threads=1)
        if embedder.manifest.space != self.space:
            raise SpaceError(
                f"{self.model} as installed there is space {embedder.manifest.space}, but the catalogue's is "
                f"{self.space}; install the same shelflens, and the same model, on every machine"
            )
        return Kit(embedder, PhotoReader(limits=self.limits, policy=self.policy))

    def put_away(self, kit: Kit) -> None:
        kit.reader.close()
