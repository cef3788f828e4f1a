"""The index for large catalogues: sign bits scanned in memory, the most promising compared in full.

A photo costs 64 bytes of memory for its bits, 20 for its place, and 2 * dim bytes of disk; an update is an append; the
cost of a search is linear and the same under any filter, because the scan sees only what the filter lets through
(graph indexes lose recall there, silently). What is found is scored with the full vector.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shelflens.packing import DTYPE, Packed, unpack
from shelflens.types import Keys, Neighbours, Vectors
from shelflens.vectors import codec, snapshot
from shelflens.vectors.codec import SignCodec
from shelflens.vectors.mapped import MappedRows
from shelflens.vectors.nearest import best, checked, ordered, padded
from shelflens.vectors.slots import Slots

KIND = "signbits"
LEARN_AT = 2_000  # vectors; fewer are all compared in full
LEARN_AGAIN = 4  # times as many vectors as were there: the bits are learned anew, until
LEARNED = 50_000  # vectors were there
WASTE = 1.5  # rows in use per vector before all are packed anew
MARGIN = 3.0  # standard deviations of the number of differing bits
FEW = 1_000  # rows, or k times ten where that is more, are all compared in full
MOST = 5_000  # candidates compared in full, or k times ten where that is more
BLOCK = 64  # candidates compared at once: their vectors stay in the core's own cache, which halves the time


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """What a search sees: nothing that it points to is written again."""

    slots: Slots
    used: int  # mapped rows that hold, or held, a vector
    mapped: MappedRows
    codes: NDArray[np.uint8]  # (capacity, codec.BITS / 8), the first rows in the order of the keys; none without codec
    codec: SignCodec | None
    learned: int  # vectors that were there when the codec was learned


class SignBitsIndex:
    """`directory` takes the vectors that no snapshot holds yet; by default the system's temporary directory."""

    def __init__(self, dimension: int, *, directory: Path | None = None) -> None:
        self._dimension = dimension
        self._directory = directory
        self._state = self._empty()

    def _empty(self) -> _State:
        mapped = MappedRows.over(np.empty((0, self._dimension), DTYPE))
        return _State(Slots.empty(), 0, mapped, np.empty((0, codec.BITS // 8), np.uint8), None, 0)

    @property
    def dimension(self) -> int:
        return self._dimension

    def __len__(self) -> int:
        return len(self._state.slots)

    # -- changing; by one thread at a time

    def put(self, keys: Keys, vectors: Vectors) -> None:
        vectors = checked(vectors, self._dimension)
        assert keys.shape == (len(vectors),), (keys.shape, vectors.shape)
        for start in range(0, len(keys), codec.PORTION):
            part = slice(start, start + codec.PORTION)
            self._state = self._with(self._state, keys[part], vectors[part])
        self._state = self._packed(self._state)
        self._state = self._taught(self._state)

    def _with(self, state: _State, keys: Keys, vectors: Vectors) -> _State:
        order = np.argsort(keys)
        keys, vectors = keys[order], vectors[order]
        mapped = state.mapped.append(state.used, vectors, directory=self._directory)
        codes = _with_codes(state, keys, state.codec.encode(vectors)) if state.codec else state.codes
        slots = state.slots.put(keys, state.used)
        return replace(state, slots=slots, used=state.used + len(keys), mapped=mapped, codes=codes)

    def _packed(self, state: _State) -> _State:
        """Without the rows of former vectors, when they have become too many."""
        if state.used <= WASTE * len(state.slots) + LEARN_AT:
            return state
        rows, packed = state.slots.rows, self._empty()
        mapped = packed.mapped
        for start in range(0, len(rows), codec.PORTION):
            some = state.mapped.take(rows[start : start + codec.PORTION])
            mapped = mapped.append(start, unpack(some), directory=self._directory)
        slots = Slots(state.slots.keys, np.arange(len(rows), dtype=np.int32))
        return replace(state, slots=slots, used=len(rows), mapped=mapped)

    def _taught(self, state: _State) -> _State:
        """With a codec that was learned from a fair share of the vectors."""
        count = len(state.slots)
        enough = count >= LEARN_AT if state.codec is None else count >= LEARN_AGAIN * state.learned
        if not enough or state.learned >= LEARNED:
            return state
        random = np.random.default_rng(codec.SEED)
        sample = np.sort(random.choice(count, min(count, codec.SAMPLE), replace=False))
        learned = codec.learn(unpack(state.mapped.take(state.slots.rows[sample])))
        codes = np.empty((count, codec.BITS // 8), np.uint8)
        for start in range(0, count, codec.PORTION):
            part = slice(start, start + codec.PORTION)
            codes[part] = learned.encode(unpack(state.mapped.take(state.slots.rows[part])))
        return replace(state, codes=codes, codec=learned, learned=count)

    def remove(self, keys: Keys) -> None:
        state, keys = self._state, np.unique(keys)
        codes = _without_codes(state, keys) if state.codec else state.codes
        self._state = replace(state, slots=state.slots.remove(keys), codes=codes)

    # -- searching; by any number of threads

    def search(self, queries: Vectors, k: int, *, allowed: Keys | None = None) -> Neighbours:
        queries = checked(queries, self._dimension)
        state = self._state
        keys, rows, codes = state.slots.keys, state.slots.rows, state.codes[: len(state.slots)]
        its_places = None if allowed is None else state.slots.find(allowed)
        if its_places is not None:
            keys, rows = keys[its_places], rows[its_places]
        if state.codec is None or len(rows) <= max(FEW, 10 * k):
            return padded([_nearest(keys, state.mapped, rows, query, k) for query in queries], k)

        if its_places is not None:
            codes = codes[its_places]
        found = []
        for query, bits in zip(queries, state.codec.encode(queries), strict=True):
            places = _promising(codes, bits, k)
            found.append(_nearest(keys[places], state.mapped, rows[places], query, k))
        return padded(found, k)

    # -- snapshots

    def save(self, path: Path, *, version: int) -> None:
        state = self._state
        learned = state.codec
        arrays: dict[str, snapshot.Rows] = {
            "keys": state.slots.keys,
            "codes": state.codes[: len(state.slots)] if learned else state.codes,
            "projection": learned.projection if learned else np.empty((0, 0), np.float32),
            "thresholds": learned.thresholds if learned else np.empty(0, np.float32),
            "learned": np.array([state.learned], np.int64),
            "vectors": _Gathered(state),
        }
        snapshot.write(path, KIND, dimension=self._dimension, version=version, arrays=arrays)
        if taken := snapshot.read(path, KIND, dimension=self._dimension, verify=False):
            self._state = _state_of(taken)  # the temporary file has done its duty

    def load(self, path: Path) -> int | None:
        taken = snapshot.read(path, KIND, dimension=self._dimension)
        if taken is None:
            return None
        self._state = _state_of(taken)
        return taken.version


def _with_codes(state: _State, keys: Keys, new: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The codes with those of the ascending `keys` in their places; the cheap case is that all are new and last."""
    count, held = len(state.slots), state.slots.keys
    if count and keys[0] <= held[-1]:
        rest, left = _without_codes(state, keys), state.slots.remove(keys).keys
        return np.insert(rest, np.searchsorted(left, keys), new, axis=0)
    codes = state.codes
    if count + len(new) > len(codes):
        codes = np.empty((count + max(len(new), count // 4), codes.shape[1]), np.uint8)
        codes[:count] = state.codes[:count]
    codes[count : count + len(new)] = new
    return codes


def _without_codes(state: _State, keys: Keys) -> NDArray[np.uint8]:
    return np.delete(state.codes[: len(state.slots)], state.slots.find(keys), axis=0)


def _promising(codes: NDArray[np.uint8], query: NDArray[np.uint8], k: int) -> NDArray[np.int64]:
    """The rows of `codes`, ascending, that may be among the k nearest of one query's (BITS / 8,) code.

    The share of differing bits estimates the angle like BITS throws of a coin. Whatever lies within MARGIN standard
    deviations of the k-th smallest share may be nearer than it seems; that is few for a query that resembles
    something, and many for one that resembles nothing.
    """
    differing = _differing(codes, query)
    nearest = max(k, 1) - 1
    share = np.partition(differing, nearest)[nearest] / codec.BITS
    limit = codec.BITS * share + MARGIN * np.sqrt(codec.BITS * share * (1 - share))
    near = np.flatnonzero(differing <= limit)
    if len(near) <= (most := max(MOST, 10 * k)):
        return near
    return np.sort(near[np.argsort(differing[near], kind="stable")[:most]])


def _differing(codes: NDArray[np.uint8], query: NDArray[np.uint8]) -> NDArray[np.int16]:
    """(N,) how many of its BITS each row of (N, BITS / 8) `codes` has unlike the query."""
    import faiss

    cpp: Any = faiss  # of whose functions mypy sees none
    counts = np.empty(len(codes), np.int32)
    # Counting alone, 15 times as fast as numpy's bitwise_count. faiss's own search sorts as well, in buffers of
    # megabytes that push the next query's data out of the core's cache, and with threads that spin while they wait.
    cpp.hammings(*map(cpp.swig_ptr, (query, codes)), 1, len(codes), codes.shape[1], cpp.swig_ptr(counts))
    return counts.astype(np.int16)  # numpy finds the k-th smallest of short numbers eight times as fast


def _nearest(
    keys: Keys, mapped: MappedRows, rows: NDArray[np.integer], query: NDArray[np.float32], k: int
) -> tuple[Keys, NDArray[np.float32]]:
    """The k nearest of the keys whose vectors lie in `rows`."""
    cosines = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        wide = mapped.take(rows[part]).astype(np.float32)
        # Not `@`: for this little the threads of BLAS meet longer than they work, far longer on a busy machine.
        cosines[part] = np.vecdot(wide, query) / np.sqrt(np.vecdot(wide, wide))
    places = best(cosines, k)
    return ordered(keys[places], mapped.take(rows[places]), query, k)


def _state_of(taken: snapshot.Snapshot) -> _State:
    arrays = taken.arrays
    keys, learned = arrays["keys"], int(arrays["learned"][0])
    slots = Slots(keys, np.arange(len(keys), dtype=np.int32))
    its_codec = SignCodec(arrays["projection"], arrays["thresholds"]) if learned else None
    return _State(slots, len(keys), MappedRows.over(arrays["vectors"]), arrays["codes"], its_codec, learned)


@dataclass(frozen=True, slots=True, eq=False)
class _Gathered:
    """The vectors in the order of their keys, gathered as they are written: they need not fit into memory."""

    state: _State

    @property
    def dtype(self) -> np.dtype[np.int16]:
        return DTYPE

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.state.slots), self.state.mapped.base.shape[1]

    def __getitem__(self, part: slice) -> Packed:
        return self.state.mapped.take(self.state.slots.rows[part])
