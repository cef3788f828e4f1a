"""A worker's process on a node: it has begun one job and works on parts of it. Knows nothing of Ray."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final, Generic

from shelflens.cluster.luggage import Unpacked, missing, unpack
from shelflens.errors import PictureError
from shelflens.feed.base import FilePhoto
from shelflens.indexing.threads import DOWNLOADS
from shelflens.indexing.work import ErrandT, Job, NeededFile, Task


@dataclass(frozen=True, slots=True)
class Parcel(Generic[ErrandT]):
    """An errand as it travels."""

    errand: ErrandT
    data: bytes | None = None  # the photo's, where its place means nothing to the worker
    length: int | None = None  # of the photo's file as the sender sees it, bytes; None: it does not see any


@dataclass(frozen=True, slots=True)
class Absent:
    """Instead of a result: the photo's file is not on this node, or another one is there."""


ABSENT: Final = Absent()


class Station:
    """Its methods may be called from several threads: while one part is worked on, the next is read."""

    def __init__(self) -> None:
        self._job: Job[Any, Any] | None = None
        self._task: Task[Any, Any] | None = None
        self._turn = Lock()  # a worker has one core
        self._downloads = ThreadPoolExecutor(DOWNLOADS, thread_name_prefix="download")

    def begin(self, job: Job[Any, Any], luggage: Mapping[Path, bytes] | None = None) -> tuple[NeededFile, ...]:
        """Loads what the job needs, once. Returns the files that are not here, and then nothing has begun; with
        `luggage`, which holds these, it has. Raises ShelflensError."""
        absent = missing(job.files)
        if absent and luggage is None:
            return absent
        if luggage is not None:
            placed: Unpacked = unpack(job.files, luggage)
            job = job.moved(placed)
        self._job, self._task = job, job.begin()
        return ()

    def work(self, parcels: Sequence[Parcel[Any]]) -> list[Any]:
        """A result for each, or ABSENT. Raises what the job raises."""
        task = self._task
        assert task is not None, "a job begins before it is worked at"
        reads = [self._read(task, parcel) for parcel in parcels]
        with self._turn:
            return [
                ABSENT if read is None else task.work(parcel.errand, read)
                for parcel, read in zip(parcels, reads, strict=True)
            ]

    def _read(self, task: Task[Any, Any], parcel: Parcel[Any]) -> Callable[[], bytes] | None:
        """What gives the photo's bytes, already under way; None: its file is absent."""
        place = parcel.errand.place
        if parcel.data is not None:
            return _given(parcel.data)
        if not isinstance(place, FilePhoto):
            return self._downloads.submit(task.read, place).result
        try:
            length = place.path.stat().st_size
        except OSError:
            return None
        if parcel.length not in (None, length):
            return None
        try:
            return _given(task.read(place))
        except PictureError as error:
            return _raising(error)


def _given(data: bytes) -> Callable[[], bytes]:
    return lambda: data


def _raising(error: PictureError) -> Callable[[], bytes]:
    def read() -> bytes:
        raise error

    return read
