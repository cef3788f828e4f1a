"""A job without a model, for the laws that all workers keep: how long is each photo's file?"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from shelflens.errors import ModelError, PictureError
from shelflens.feed.base import BytesPhoto, FilePhoto, PhotoPlace
from shelflens.indexing.work import NeededFile
from shelflens.picture import read_file


@dataclass(frozen=True, slots=True)
class Measured:
    """An Errand."""

    place: PhotoPlace


@dataclass(frozen=True, slots=True)
class Measuring:
    """A Job, and its Task. What it is told by a photo's bytes: b"die" ends the process, b"fail" raises."""

    log: Path | None = None  # a line for each photo worked on
    files: tuple[NeededFile, ...] = ()

    def moved(self, places: Mapping[Path, Path]) -> Self:
        return self

    def begin(self) -> Self:
        return self

    def refused(self, errand: Measured, reason: str) -> int | str:
        return reason

    def read(self, place: PhotoPlace) -> bytes:
        if isinstance(place, BytesPhoto):
            return place.data
        assert isinstance(place, FilePhoto)
        return read_file(place.path)

    def work(self, errand: Measured, read: Callable[[], bytes]) -> int | str:
        try:
            data = read()
        except PictureError as error:
            return self.refused(errand, str(error))
        if self.log:
            with self.log.open("a") as file:
                file.write(f"{os.getpid()} {errand.place.source}\n")
        if data == b"die":
            os.kill(os.getpid(), signal.SIGKILL)
        if data == b"fail":
            raise ModelError("the model is broken; get another")
        return len(data)

    def close(self) -> None:
        """Nothing is held."""
