"""The index for large catalogues: the cells nearest the query are looked into, the most promising compared in full.

A photo costs 68 bytes of memory for its components, 30 for its place (12 when a snapshot has been opened), and 2 * dim
bytes of disk; an update is an append. Under a filter the nearest cells that hold what it lets through are chosen, and
more are looked into while they may hold something nearer: recall hardly depends on the filter (graph indexes lose it
there, silently). What is found is scored with the full vector.
"""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shelflens.allocator import give_back
from shelflens.packing import DTYPE, unpack
from shelflens.types import Keys, Neighbours, Vectors
from shelflens.vectors import cells, components, snapshot
from shelflens.vectors.cells import Cells, Lists
from shelflens.vectors.components import Components
from shelflens.vectors.mapped import Gathered, MappedRows
from shelflens.vectors.nearest import best, checked, ordered, padded
from shelflens.vectors.slots import Slots
from shelflens.vectors.turns import Turns

KIND = "ivf"
LEARN_AT = 2_000  # vectors; fewer are all compared in full
LEARN_AGAIN = 4  # times as many vectors as were there: the cells are learned anew
SAMPLE = 20_000  # vectors that the components are learned from
PORTION = 8_192  # vectors put at once
WASTE = 1.5  # rows in use per vector before all are packed anew
FEW = 400  # rows, or k times five where that is more, are all compared in full
LOOK_AT = 16.0  # square roots of the number of vectors: so many are looked at first
FURTHER = 4.0  # standard deviations that a vector may lie nearer than the centre of its cell
MARGIN = 2.5  # times its error that an estimate may be too low
MOST = 170  # compared in full, and EACH more for every one wanted
MOST_HARD = 420  # instead, where more than the nearest cells had to be looked into
EACH = 4
CROWD = 100_000  # vectors; of more, more lie within an estimate's error of the k-th, and more are compared in full:
CROWDED = 0.9  # the power of how many times as many there are
USUALLY = 2.0  # times as many cells as hold enough in the mean are sorted at first
QUERIES = 100  # vectors that play queries, to learn how wrong estimates are
ALIKE = 50  # of each that are compared, found in as many cells
BLOCK = 64  # candidates compared at once: their vectors stay in the core's own cache, which halves the time


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """What a search sees: nothing that it points to is written again, but the lists, in turns."""

    slots: Slots
    used: int  # mapped rows that hold, or held, a vector
    mapped: MappedRows
    owners: Keys  # (capacity,), the key of each row
    placed: NDArray[np.uint16]  # (capacity,), the cell of each row
    lists: Lists | None
    error: float  # root mean square error of what the lists estimate of near vectors' cosines
    learned: int  # vectors that were there when the cells were learned


@dataclass(frozen=True, slots=True, eq=False)
class _Allowed:
    """Which vectors a search may find."""

    rows: NDArray[np.integer]  # (n,)
    counts: NDArray[np.int64]  # (cells,), how many of them each cell holds
    barred: NDArray[np.float32]  # (cells,), infinite for those that hold none, else 0
    cells: int  # that hold some
    only: Any  # the same for the lists; None: all


class IvfIndex:
    """`directory` takes the vectors that no snapshot holds yet; by default the system's temporary directory."""

    def __init__(self, dimension: int, *, directory: Path | None = None) -> None:
        self._dimension = dimension
        self._directory = directory
        self._turns = Turns()
        self._state = self._empty()
        self._last: tuple[weakref.ref[Keys], _State, _Allowed] | None = None

    def _empty(self) -> _State:
        mapped = MappedRows.over(np.empty((0, self._dimension), DTYPE))
        return _State(Slots.empty(), 0, mapped, np.empty(0, np.int64), np.empty(0, np.uint16), None, 0.0, 0)

    @property
    def dimension(self) -> int:
        return self._dimension

    def __len__(self) -> int:
        return len(self._state.slots)

    # -- changing; by one thread at a time

    def put(self, keys: Keys, vectors: Vectors) -> None:
        vectors = checked(vectors, self._dimension)
        assert keys.shape == (len(vectors),), (keys.shape, vectors.shape)
        for start in range(0, len(keys), PORTION):
            part = slice(start, start + PORTION)
            self._put(keys[part], vectors[part])
        self._pack()
        self._learn()

    def _put(self, keys: Keys, vectors: Vectors) -> None:
        state = self._state
        order = np.argsort(keys)
        keys, vectors = keys[order], vectors[order]
        mapped = state.mapped.append(state.used, vectors, directory=self._directory)
        owners = _appended(state.owners, state.used, keys)
        former = state.slots.rows[state.slots.find(keys)]
        used = state.used + len(keys)
        slots = state.slots.put(keys, state.used)
        state = replace(state, slots=slots, used=used, mapped=mapped, owners=owners)
        if state.lists is None:
            self._state = state
            return
        points = state.lists.cells.components.points(vectors)
        its_cells = state.lists.cells.place(points)
        placed = _appended(state.placed, used - len(keys), its_cells.astype(np.uint16))
        with self._turns.writing():
            state.lists.remove(former)
            state.lists.add(np.arange(used - len(keys), used), points, its_cells)
            self._state = replace(state, placed=placed)

    def _pack(self) -> None:
        """Without the rows of former vectors, when they have become too many."""
        state = self._state
        if state.used <= WASTE * len(state.slots) + LEARN_AT:
            return
        rows, mapped = state.slots.rows, self._empty().mapped
        for start in range(0, len(rows), PORTION):
            some = state.mapped.take(rows[start : start + PORTION])
            mapped = mapped.append(start, unpack(some), directory=self._directory)
        keys, placed = state.slots.keys, state.placed
        slots = Slots(keys, np.arange(len(rows), dtype=np.int32))
        packed = replace(state, slots=slots, used=len(rows), mapped=mapped, owners=keys)
        if state.lists:
            lists, placed = Lists(state.lists.cells), placed[rows]
            lists.add_codes(slots.rows, state.lists.codes(state.used)[rows], placed)
            packed = replace(packed, placed=placed, lists=lists)
        self._state = packed

    def _learn(self) -> None:
        """Cells from a fair share of the vectors, when there are none yet or there were far fewer vectors."""
        state = self._state
        count = len(state.slots)
        if count < (LEARN_AGAIN * state.learned or LEARN_AT):
            return
        rows = state.slots.rows
        its = components.learn(_vectors(state, _sample(count, SAMPLE)))
        points = np.empty((count, its.projection.shape[1]), np.float32)
        for start in range(0, count, PORTION):
            part = slice(start, start + PORTION)
            points[part] = its.points(unpack(state.mapped.take(rows[part])))
        number = cells.cells_for(count)
        learned = cells.learn(its, points[_sample(count, cells.EACH * number)], cells=number)
        lists = Lists(learned)
        placed = np.zeros(len(state.owners), np.uint16)
        for start in range(0, count, PORTION):
            part = slice(start, start + PORTION)
            its_cells = learned.place(points[part])
            lists.add(rows[part].astype(np.int64), points[part], its_cells)
            placed[rows[part]] = its_cells
        queries = _vectors(state, _sample(count, QUERIES))
        error = _error(state, lists, queries)
        self._state = replace(state, placed=placed, lists=lists, error=error, learned=count)

    def remove(self, keys: Keys) -> None:
        state, keys = self._state, np.unique(keys)
        gone = state.slots.rows[state.slots.find(keys)]
        slots = state.slots.remove(keys)
        with self._turns.writing():
            if state.lists:
                state.lists.remove(gone)
            self._state = replace(state, slots=slots)

    # -- searching; by any number of threads

    def search(self, queries: Vectors, k: int, *, allowed: Keys | None = None) -> Neighbours:
        """An array of `allowed` that is given again is taken to be as it was."""
        queries = checked(queries, self._dimension)
        with self._turns.reading():
            state = self._state
            chosen = self._chosen(state, allowed)
            if state.lists is None or len(chosen.rows) <= max(FEW, 5 * k) or not len(queries):
                candidates: list[NDArray[np.integer]] = [chosen.rows] * len(queries)
            else:
                candidates = _promising(state.lists, queries, chosen, k, error=state.error)
        found = [_nearest(state, rows, query, k) for query, rows in zip(queries, candidates, strict=True)]
        return padded(found, k)

    def _chosen(self, state: _State, allowed: Keys | None) -> _Allowed:
        """Kept for the next search: many ask under one filter."""
        if allowed is None:
            allowed = state.slots.keys
        last = self._last
        if last and last[0]() is allowed and last[1] is state:
            return last[2]
        everything = allowed is state.slots.keys
        rows = state.slots.rows if everything else state.slots.rows[state.slots.find(allowed)]
        counts, only = np.zeros(0, np.int64), None
        if state.lists and len(rows) > FEW:
            if everything:
                counts = state.lists.sizes()
            else:
                counts = np.bincount(state.placed[rows], minlength=len(state.lists.cells))
                only = state.lists.only(rows, state.used)
        barred = np.where(counts, np.float32(0), np.float32(np.inf))
        chosen = _Allowed(rows, counts, barred, int(np.count_nonzero(counts)), only)
        self._last = weakref.ref(allowed), state, chosen
        return chosen

    # -- snapshots

    def save(self, path: Path, *, version: int) -> None:
        state = self._state
        rows, lists = state.slots.rows, state.lists
        none = np.empty(0, np.float32)
        arrays: dict[str, snapshot.Rows] = {
            "keys": state.slots.keys,
            "placed": state.placed[rows] if lists else state.placed[:0],
            "codes": lists.codes(state.used)[rows] if lists else np.empty((0, 0), np.uint8),
            "projection": lists.cells.components.projection if lists else none,
            "mean": lists.cells.components.mean if lists else none,
            "centres": lists.cells.centres if lists else none,
            "within": lists.cells.within if lists else none,
            "error": np.array([state.error], np.float64),
            "learned": np.array([state.learned], np.int64),
            "codes_of": np.frombuffer(cells.library().encode(), np.uint8),
            "vectors": Gathered(state.mapped, rows),
        }
        snapshot.write(path, KIND, dimension=self._dimension, version=version, arrays=arrays)
        if taken := snapshot.read(path, KIND, dimension=self._dimension, verify=False):
            self._state = _state_of(taken)  # the temporary file has done its duty

    def load(self, path: Path) -> int | None:
        taken = snapshot.read(path, KIND, dimension=self._dimension)
        if taken is None or taken.arrays["codes_of"].tobytes() != cells.library().encode():
            return None
        self._state = _state_of(taken)
        give_back()
        return taken.version


def _vectors(state: _State, places: NDArray[np.int64]) -> Vectors:
    return unpack(state.mapped.take(state.slots.rows[places]))


def _sample(count: int, wanted: int) -> NDArray[np.int64]:
    """Places, ascending."""
    return np.sort(np.random.default_rng(cells.SEED).choice(count, min(count, wanted), replace=False))


def _appended(held: NDArray[Any], used: int, new: NDArray[Any]) -> NDArray[Any]:
    """`held` with `new` behind the first `used`; what those hold is not written again."""
    if used + len(new) > len(held) or not held.flags.writeable:
        longer = np.empty(used + max(len(new), used // 4), held.dtype)
        longer[:used] = held[:used]
        held = longer
    held[used : used + len(new)] = new
    return held


def _promising(lists: Lists, queries: Vectors, allowed: _Allowed, k: int, *, error: float) -> list[NDArray[np.integer]]:
    """For each query the rows that may be among its k nearest.

    First into the nearest cells, until they hold enough of what is allowed; then into every other cell of which a
    vector may, within FURTHER deviations, lie nearer than the k-th found, which is none for a query that resembles
    something, and many for one that resembles nothing that is allowed. What is found may be nearer than it seems by
    MARGIN errors.
    """
    its = lists.cells
    crowd = max(1.0, len(allowed.rows) / CROWD) ** CROWDED
    most, most_hard = (round(some * crowd) + EACH * k for some in (MOST, MOST_HARD))
    wanted = min(LOOK_AT * math.sqrt(len(allowed.rows)), len(allowed.rows))
    points = its.components.points(queries)
    reached = its.reached(points)
    farness = its.farness(reached) + allowed.barred
    found = []
    for point, reach, far, further in zip(points, reached, farness, FURTHER * its.spread(points), strict=True):
        first = _nearest_cells(far, allowed, wanted)
        rows, products = lists.look(point, first, reach, most, allowed.only)
        may = (reach + further >= products[k - 1]) & np.isfinite(far)
        may[first] = False
        if may.any():
            more = np.flatnonzero(may)
            more = more[np.argsort(far[more])]
            others, its_products = lists.look(point, more, reach, most_hard, allowed.only)
            rows, products = np.concatenate([rows, others]), np.concatenate([products, its_products])
            products = np.where(rows < 0, -np.inf, products)
            limit = np.partition(products, len(products) - k)[-k]
        else:
            limit = products[k - 1]
        found.append(rows[(products >= limit - MARGIN * error) & (rows >= 0)])
    return found


def _nearest_cells(far: NDArray[np.float32], allowed: _Allowed, wanted: float) -> NDArray[np.int64]:
    """The nearest first, so many that they hold `wanted` of what is allowed. Few of them are sorted in vain."""
    some = math.ceil(USUALLY * allowed.cells * wanted / len(allowed.rows))
    while True:
        some = min(some, allowed.cells)  # the others hold nothing that is allowed
        near = np.argpartition(far, some - 1)[:some]
        near = near[np.argsort(far[near])]
        held = np.cumsum(allowed.counts[near])
        if held[-1] >= wanted or some == allowed.cells:
            return near[: int(np.searchsorted(held, wanted)) + 1]
        some *= 4


def _error(state: _State, lists: Lists, queries: Vectors) -> float:
    """Of the estimates of what is found first, less what is the same for all that one query finds."""
    wrong = []
    its = lists.cells
    points = its.components.points(queries)
    reached = its.reached(points)
    for query, point, reach in zip(queries, points, reached, strict=True):
        order = np.argsort(its.farness(reach[None])[0])[:ALIKE]
        rows, products = lists.look(point, order, reach, ALIKE)
        rows, products = rows[rows >= 0], products[rows >= 0]
        wrong.append(np.var(unpack(state.mapped.take(rows)) @ query - products))
    return float(np.sqrt(np.mean(wrong)))


def _nearest(
    state: _State, rows: NDArray[np.integer], query: NDArray[np.float32], k: int
) -> tuple[Keys, NDArray[np.float32]]:
    """The k nearest of the keys whose vectors lie in `rows`."""
    products, squares = np.empty(len(rows), np.float32), np.empty(len(rows), np.float32)
    room = np.empty((min(BLOCK, len(rows)), len(query)), np.float32)  # once: fresh memory costs more than the sums
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        wide = room[: len(rows[part])]
        np.copyto(wide, state.mapped.take(rows[part]))
        # Not `@`: for this little the threads of BLAS meet longer than they work, far longer on a busy machine.
        np.vecdot(wide, query, out=products[part])
        np.vecdot(wide, wide, out=squares[part])
    products /= np.sqrt(squares)
    rows = rows[best(products, k)]
    return ordered(state.owners[rows], state.mapped.take(rows), query, k)


def _state_of(taken: snapshot.Snapshot) -> _State:
    arrays = taken.arrays
    keys, learned = arrays["keys"], int(arrays["learned"][0])
    slots = Slots(keys, np.arange(len(keys), dtype=np.int32))
    state = _State(
        slots,
        len(keys),
        MappedRows.over(arrays["vectors"]),
        keys,
        arrays["placed"],
        None,
        float(arrays["error"][0]),
        learned,
    )
    if not learned:
        return state
    its = Components(arrays["projection"], arrays["mean"])
    lists = Lists(Cells(its, arrays["centres"], arrays["within"]))
    lists.add_codes(slots.rows, arrays["codes"], arrays["placed"])
    return replace(state, lists=lists)
