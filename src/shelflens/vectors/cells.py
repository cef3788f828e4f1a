"""Vectors sorted into cells of neighbours, two bits a component: where a search looks, and what it looks at first.

An inverted file (Jégou, Douze and Schmid, "Product quantization for nearest neighbor search", 2011,
doi:10.1109/TPAMI.2010.57) as faiss keeps it. A vector is kept as what is left of its components after the centre of its
cell, quantised by RaBitQ (Gao et al., "Practical and Asymptotically Optimal Quantization of High-Dimensional Vectors in
Euclidean Space for Approximate Nearest Neighbor Search", 2025, arXiv:2409.09913). That tells apart vectors at nearly
equal distances from the query, which sign bits of whole vectors do not (docs/adr/0013-cells.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shelflens.types import Keys
from shelflens.vectors.components import Components
from shelflens.vectors.nearest import products

EACH = 32  # vectors a cell that its centre is learned from
ROUNDS = 8  # of k-means
PORTION = 2_048  # vectors that are placed at once
SEED = 20_020

BITS = 2  # a component
QUERY_BITS = 4  # a component of a query

_Points = NDArray[np.float32]  # (N, C)


def cells_for(count: int) -> int:
    """A power of two near four square roots, so that choosing cells costs as much as looking into them."""
    return int(2 ** max(0, round(math.log2(4 * math.sqrt(max(1, count))))))


def library() -> str:
    """What made the codes: no other version promises to read them."""
    import faiss

    return f"faiss {faiss.__version__}"


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """What is learned of vectors. The product of a query's point with the centre of a vector's cell plus its decoded
    rest estimates the cosine, but for a constant of the query."""

    components: Components
    centres: _Points  # (cells, C), of centred points
    within: NDArray[np.float32]  # (C, C), symmetric: covariance of what is left after the centre
    _bias: NDArray[np.float32] = field(init=False)  # (cells,)

    def __post_init__(self) -> None:
        lengths = np.vecdot(self.centres, self.centres)
        object.__setattr__(self, "_bias", 2 * (self.centres @ self.components.mean) + lengths)

    def __len__(self) -> int:
        return len(self.centres)

    def reached(self, points: _Points) -> NDArray[np.float32]:
        """(N, cells), the products with the centres."""
        return products(points, self.centres)

    def farness(self, reached: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, cells), from the products: the squared Euclidean distances, but for a constant of each point."""
        return self._bias - 2 * reached

    def place(self, points: _Points) -> NDArray[np.int64]:
        """(N,) the cell of each."""
        cells = np.empty(len(points), np.int64)
        for start in range(0, len(points), PORTION):
            part = slice(start, start + PORTION)
            cells[part] = self.farness(self.reached(points[part])).argmin(axis=1)
        return cells

    def spread(self, points: _Points) -> NDArray[np.float32]:
        """(N,) standard deviation of the products with the vectors of one cell."""
        return np.asarray(np.sqrt(np.vecdot(products(points, self.within), points)))


def learn(components: Components, points: _Points, *, cells: int) -> Cells:
    """From (N, C) points, N at least `cells`; deterministic."""
    import faiss

    centred = points - components.mean
    cpp: Any = faiss  # of whose functions mypy sees none
    means = cpp.Kmeans(
        centred.shape[1], cells, niter=ROUNDS, seed=SEED, min_points_per_centroid=1, max_points_per_centroid=EACH
    )
    means.train(centred)
    rough = Cells(components, means.centroids, np.empty((0, 0), np.float32))
    left = centred - rough.centres[rough.place(points)]
    return replace(rough, within=(left.T @ left / len(left)).astype(np.float32))


class Lists:
    """The vectors of each cell, by number. Whoever changes them sees to it that nobody reads meanwhile."""

    def __init__(self, cells: Cells) -> None:
        import faiss

        self._cpp: Any = faiss
        self.cells = cells
        size = cells.centres.shape[1]
        quantizer = self._cpp.IndexFlatL2(size)
        quantizer.add(np.ascontiguousarray(cells.centres))
        product = self._cpp.METRIC_INNER_PRODUCT
        self._index = self._cpp.IndexIVFRaBitQ(quantizer, size, len(cells), product, True, BITS)
        self._index.is_trained = True  # it learns nothing but the centres

    @property
    def bytes_each(self) -> int:
        return int(self._index.code_size)

    def sizes(self) -> NDArray[np.int64]:
        """(cells,), how many vectors each holds."""
        lists = self._index.invlists
        return np.fromiter(map(lists.list_size, range(len(self.cells))), np.int64, len(self.cells))

    def add(self, numbers: Keys, points: _Points, placed: NDArray[np.int64]) -> None:
        """Vectors whose (N, C) points lie in the cells `placed`."""
        points = np.ascontiguousarray(points - self.cells.components.mean)
        numbers, placed = np.ascontiguousarray(numbers, np.int64), np.ascontiguousarray(placed)
        at = self._cpp.swig_ptr  # a pointer does not keep its array: all of them have names
        self._index.add_core(len(points), at(points), at(numbers), at(placed))

    def add_codes(self, numbers: NDArray[np.integer], codes: NDArray[np.uint8], placed: NDArray[np.integer]) -> None:
        """As `codes` gave them."""
        order, at = np.argsort(placed, kind="stable"), self._cpp.swig_ptr
        sorted_ = np.ascontiguousarray(numbers[order], np.int64)
        edges = np.searchsorted(placed[order], np.arange(len(self.cells) + 1))
        for cell in np.flatnonzero(np.diff(edges)).tolist():
            part = slice(edges[cell], edges[cell + 1])
            its_codes = np.ascontiguousarray(codes[order[part]])
            its_numbers = sorted_[part]
            self._index.invlists.add_entries(cell, len(its_codes), at(its_numbers), at(its_codes))
        self._index.ntotal += len(numbers)

    def codes(self, numbers: int) -> NDArray[np.uint8]:
        """(numbers, bytes_each): row n is that of vector n; rows of vectors that are not here hold anything."""
        found = np.zeros((numbers, self.bytes_each), np.uint8)
        lists = self._index.invlists
        for cell in range(len(self.cells)):
            if size := lists.list_size(cell):
                its_codes = self._cpp.rev_swig_ptr(lists.get_codes(cell), size * self.bytes_each)
                found[self._cpp.rev_swig_ptr(lists.get_ids(cell), size)] = its_codes.reshape(size, -1)
        return found

    def remove(self, numbers: NDArray[np.integer]) -> None:
        if len(numbers):
            self._index.remove_ids(self.only(numbers, int(numbers.max()) + 1))

    def only(self, numbers: NDArray[np.integer], most: int) -> Any:
        """What `look` may find: of the numbers below `most` only these."""
        mask = np.zeros(most, np.bool_)
        mask[numbers] = True
        return self._cpp.IDSelectorBitmap(np.packbits(mask, bitorder="little"))

    def look(
        self, point: _Points, chosen: NDArray[np.int64], reached: NDArray[np.float32], count: int, only: Any = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Numbers and estimated products, (count,), best first, filled up with -1, of vectors in the `chosen` cells,
        for a (C,) point with the products `reached` with all centres."""
        numbers, products = np.empty(count, np.int64), np.empty(count, np.float32)
        how = self._cpp.IVFRaBitQSearchParameters(nprobe=len(chosen), sel=only, qb=QUERY_BITS)
        # All of them have names: a pointer does not keep its array.
        chosen, its_reached, at = np.ascontiguousarray(chosen), reached[chosen], self._cpp.swig_ptr
        given = at(chosen), at(its_reached), at(products), at(numbers)
        self._index.search_preassigned_c(1, at(point), count, *given, False, how)
        return numbers, products
