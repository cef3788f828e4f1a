"""The exact index: every vector is compared. The oracle of all others, and the fastest for a small catalogue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shelflens.types import Keys, Neighbours, Vectors
from shelflens.vectors import snapshot
from shelflens.vectors.nearest import best, checked, ordered, padded, products
from shelflens.vectors.slots import Slots

KIND = "exact"
BLOCK = 1 << 24  # cosines computed at once, 64 MiB
WASTE = 1.5  # rows in use per vector before the matrix is packed anew


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """What a search sees: nothing that it points to is written again."""

    slots: Slots
    used: int  # rows of the matrix that hold, or held, a vector
    matrix: NDArray[np.float32]  # (capacity, dim), rows from `used` on are free


class ExactIndex:
    """4 * dim bytes of memory and one multiplication per component a vector."""

    def __init__(self, dimension: int, *, directory: Path | None = None) -> None:  # noqa: ARG002  # all is in memory
        self._dimension = dimension
        self._state = _State(Slots.empty(), 0, np.empty((0, dimension), np.float32))

    @property
    def dimension(self) -> int:
        return self._dimension

    def __len__(self) -> int:
        return len(self._state.slots)

    def put(self, keys: Keys, vectors: Vectors) -> None:
        vectors = checked(vectors, self._dimension)
        assert keys.shape == (len(vectors),), (keys.shape, vectors.shape)
        if not len(keys):  # a matrix that was loaded is full, and cannot be written even with nothing
            return
        state = self._with_room(len(vectors))
        state.matrix[state.used : state.used + len(vectors)] = vectors
        self._state = replace(state, slots=state.slots.put(keys, state.used), used=state.used + len(vectors))

    def _with_room(self, count: int) -> _State:
        """The state with at least `count` free rows; packed into a new matrix when the present one has none."""
        state = self._state
        if state.used + count <= len(state.matrix) and state.used <= WASTE * len(state.slots) + 1_000:
            return state
        held = len(state.slots)
        matrix = np.empty((held + max(count, held // 4, 64), self._dimension), np.float32)
        np.take(state.matrix, state.slots.rows, axis=0, out=matrix[:held], mode="clip")
        return _State(Slots(state.slots.keys, np.arange(held, dtype=np.int32)), held, matrix)

    def remove(self, keys: Keys) -> None:
        self._state = replace(self._state, slots=self._state.slots.remove(np.unique(keys)))

    def search(self, queries: Vectors, k: int, *, allowed: Keys | None = None) -> Neighbours:
        queries = checked(queries, self._dimension)
        state = self._state
        keys, rows = state.slots.keys, state.slots.rows
        if allowed is not None:
            places = state.slots.find(allowed)
            keys, rows = keys[places], rows[places]
        narrow = len(rows) * 4 < state.used  # then copying the rows costs less than multiplying all
        matrix = state.matrix[rows] if narrow else state.matrix[: state.used]
        found = []
        for start in range(0, len(queries), step := max(1, BLOCK // max(1, len(matrix)))):
            some = queries[start : start + step]
            cosines = products(some, matrix)
            for query, its_cosines in zip(some, cosines, strict=True):
                places = best(its_cosines if narrow else its_cosines[rows], k)
                found.append(ordered(keys[places], state.matrix[rows[places]], query, k))
        return padded(found, k)

    def save(self, path: Path, *, version: int) -> None:
        state = self._state
        arrays: dict[str, snapshot.Rows] = {"keys": state.slots.keys, "vectors": state.matrix[state.slots.rows]}
        snapshot.write(path, KIND, dimension=self._dimension, version=version, arrays=arrays)

    def load(self, path: Path) -> int | None:
        taken = snapshot.read(path, KIND, dimension=self._dimension)
        if taken is None:
            return None
        keys, matrix = taken.arrays["keys"], taken.arrays["vectors"]
        self._state = _State(Slots(keys, np.arange(len(keys), dtype=np.int32)), len(keys), matrix)
        return taken.version
