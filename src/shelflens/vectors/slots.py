"""In which row of an append-only matrix each key's vector lies.

Immutable: a change makes a new value, so a search that began before it goes on undisturbed. Costs 12 bytes a
vector and one pass over them per change (about 1 ms per million).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelflens.types import Keys


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    keys: Keys  # (N,), ascending, distinct
    rows: NDArray[np.int32]  # (N,), the row that holds the vector of the key at the same place

    @classmethod
    def empty(cls) -> Slots:
        return cls(np.empty(0, np.int64), np.empty(0, np.int32))

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, keys: Keys) -> NDArray[np.int64]:
        """Places, ascending, of those of the ascending, distinct keys that are here."""
        if not len(self) or not len(keys):
            return np.empty(0, np.int64)
        if self.keys[-1] - self.keys[0] + 1 == len(self):  # no gaps, as in a catalogue that only grew
            first, last = np.searchsorted(keys, (self.keys[0], self.keys[-1] + 1))
            places: NDArray[np.int64] = keys[first:last] - self.keys[0]
            return places
        near = np.searchsorted(self.keys, keys)
        near[near == len(self)] = 0
        return np.asarray(near[self.keys[near] == keys])

    def put(self, keys: Keys, first_row: int) -> Slots:
        """With distinct `keys` in the rows from `first_row` on, in their order; former rows are forgotten."""
        order = np.argsort(keys, kind="stable")
        rows = (first_row + order).astype(np.int32)
        rest = self.remove(keys[order])
        places = np.searchsorted(rest.keys, keys[order])
        return Slots(np.insert(rest.keys, places, keys[order]), np.insert(rest.rows, places, rows))

    def remove(self, keys: Keys) -> Slots:
        """Without the ascending, distinct keys."""
        gone = self.find(keys)
        return Slots(np.delete(self.keys, gone), np.delete(self.rows, gone)) if len(gone) else self
