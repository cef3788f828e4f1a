"""faiss: a graph over float16 vectors; vectors_faiss8 is the same over 8 bits a component."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from bench.peers.vector_job import CONNECTIVITY, EXPANSION, EXPANSIONS, Job, K, Kind, Setting, run

SAMPLE = 10_000  # vectors that the ranges of the components are learned from

cpp: Any = faiss  # its stubs describe the C++ side, not the Python wrappers


class Faiss:
    codes: int = cpp.ScalarQuantizer.QT_fp16

    def __init__(self, job: Job) -> None:
        self._job = job
        self._path = str(job.folder / "vectors.faiss")
        self._index: Any = None
        # A row's number is its key less 1.
        self._only = cpp.IDSelectorBitmap(np.packbits(job.mask()[1:], bitorder="little"))

    def build(self, vectors: NDArray[np.float32]) -> None:
        cpp.omp_set_num_threads(self._job.threads)
        product = cpp.METRIC_INNER_PRODUCT
        index = cpp.IndexHNSWSQ(vectors.shape[1], self.codes, CONNECTIVITY, product)
        index.hnsw.efConstruction = EXPANSION
        index.train(vectors[:SAMPLE])
        index.add(vectors)
        cpp.write_index(index, self._path)

    def open(self) -> None:
        cpp.omp_set_num_threads(1)
        self._index = cpp.read_index(self._path)

    def search(self, query: NDArray[np.float32], setting: Setting, *, filtered: bool) -> Sequence[int]:
        how = cpp.SearchParametersHNSW(efSearch=setting[0], sel=self._only if filtered else None)
        rows = self._index.search(query[None], K, params=how)[1][0]
        return [row + 1 for row in rows.tolist() if row >= 0]

    def put(self, keys: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        assert len(keys) == len(vectors)
        self._index.add(vectors)

    def remove(self, keys: NDArray[np.int64]) -> None:
        raise NotImplementedError  # IndexHNSW.remove_ids raises


def kind(name: str, make: type[Faiss]) -> Kind:
    return Kind(name, "faiss-cpu", make, ("efSearch",), EXPANSIONS, replaces=False, removal="no")


if __name__ == "__main__":
    run(kind("faiss HNSW, float16", Faiss))
