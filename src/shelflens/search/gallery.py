"""The searchable photos of one space: a vector index that follows the records.

The index is derived data. Before every search it replays what the records' change log holds since its
version, so an add, change or delete by any process is found by the next search.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from shelflens.errors import FULL, FullError
from shelflens.filters import Filter
from shelflens.records.base import Changes, Records
from shelflens.types import Keys, Neighbours, Vectors
from shelflens.vectors.base import SharedIndex, VectorIndex


class IndexMaker(Protocol):
    """Which kind of index so many vectors want, and how to make one."""

    def choose(self, count: int, *, current: str | None) -> str:
        """A kind's name; `current` is the kind in use, None at the beginning."""
        ...

    def make(self, kind: str) -> VectorIndex:
        """Empty."""
        ...


SAVE_AFTER = 2_000  # replayed photos that make a new snapshot worth its writing
REMEMBERED_CONDITIONS = 32


class Gallery:
    """Nearest photos in one space, under a condition on their products. Safe to call from several threads."""

    def __init__(self, records: Records, *, space: str, maker: IndexMaker, snapshot: Path | None = None) -> None:
        """`snapshot` is where the index is kept on disk."""
        self.records = records
        self.space = space
        self._maker = maker
        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._allowed: OrderedDict[Filter, tuple[int, Keys]] = OrderedDict()
        self._kind = maker.choose(records.counts().vectors.get(space, 0), current=None)
        self._index = maker.make(self._kind)
        if isinstance(self._index, SharedIndex):
            self._version = -1  # to be asked, before the first search and whenever the records have changed
        else:
            self._version = (self._index.load(snapshot) or 0) if snapshot else 0
        self._replayed = 0
        self._photos_per_product = (0, 1)  # when the gallery had so many photos, products had so many on average

    def __len__(self) -> int:
        self.refresh()
        return len(self._index)

    @property
    def dimension(self) -> int:
        return self._index.dimension

    def neighbours(self, queries: Vectors, k: int, *, condition: Filter | None = None) -> Neighbours:
        """The k nearest photos of each of (Q, dim) unit queries, among products that meet the condition."""
        self.refresh()
        return self._index.search(queries, k, allowed=self._keys_of(condition))

    def photos_per_product(self) -> int:
        """On average, rounded up; counted again when the gallery has grown or shrunk by a tenth."""
        photos, each = self._photos_per_product
        if abs(len(self._index) - photos) * 10 > photos:
            photos = len(self._index)
            each = math.ceil(photos / max(1, self.records.counts().products))
            self._photos_per_product = (photos, each)
        return each

    def refresh(self) -> None:
        """Brings the index up to the records' version; costs one small query when nothing has changed."""
        if self.records.version() == self._version:
            return
        with self._lock, self._turn():
            now = self.records.version()  # others may have written, and followed, while this one waited
            if now < self._version:  # an older copy of the records was put back
                self._start_again(self._kind)
            for changes in self.records.changes(self.space, self._version):
                kind = self._maker.choose(len(self._index) + len(changes.put_keys), current=self._kind)
                if kind != self._kind:
                    self._start_again(kind)
                    break
                self._replay(self._index, changes)
                self._version = changes.version
                self._stamp(self._index)
            self._version = max(self._version, now)  # changes that touch no photo of this space leave no portion
        if self._replayed >= SAVE_AFTER:
            self.save()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """A shared index is changed by one process at a time, from where the last one has brought it."""
        if not isinstance(self._index, SharedIndex):
            yield
            return
        with self.records.alone(f"vectors of {self.space}"):
            self._version = self._index.load(self._place) or 0
            yield
            self._stamp(self._index)

    def _stamp(self, index: VectorIndex) -> None:
        """Says at which version a shared index stands; what a process that is killed has not stamped is done again."""
        if isinstance(index, SharedIndex):
            index.save(self._place, version=self._version)
            self._replayed = 0

    @property
    def _place(self) -> Path:
        return self._snapshot or Path(self.space)

    def _start_again(self, kind: str) -> None:
        """Fills a new index from the beginning, then lets searches see it."""
        index, version = self._maker.make(kind), 0
        if isinstance(index, SharedIndex):
            index.clear()
        for changes in self.records.changes(self.space, 0):
            self._replay(index, changes)
            version = changes.version
        self._kind, self._index, self._version = kind, index, version

    def _replay(self, index: VectorIndex, changes: Changes) -> None:
        if len(changes.removed_keys):  # most changes, while another space is filled, are none of this one
            index.remove(changes.removed_keys)
        if len(changes.put_keys):
            try:
                index.put(changes.put_keys, changes.put_vectors)
            except OSError as error:
                if error.errno not in FULL:
                    raise
                raise FullError(
                    f"{self._place.parent}: no room for the index of its vectors ({error.strerror})"
                ) from error
        self._replayed += len(changes.put_keys) + len(changes.removed_keys)

    def save(self) -> None:
        """Keeps a snapshot, so that the next opening replays only what follows. A catalogue that this
        process may not write to goes on without one, and one whose disk is full until there is room."""
        if self._snapshot is None or not self._replayed:
            return
        with self._lock:
            try:
                self._index.save(self._snapshot, version=self._version)
            except PermissionError:
                self._snapshot = None
            except OSError as error:
                if error.errno not in FULL:
                    raise
            self._replayed = 0

    def _keys_of(self, condition: Filter | None) -> Keys | None:
        if condition is None:
            return None
        version = self._version  # `neighbours` has just asked the records
        with self._lock:
            if (kept := self._allowed.get(condition)) and kept[0] == version:
                self._allowed.move_to_end(condition)
                return kept[1]
        keys = self.records.matching(condition)
        with self._lock:
            self._allowed[condition] = (version, keys)
            if len(self._allowed) > REMEMBERED_CONDITIONS:
                self._allowed.popitem(last=False)
        return keys
