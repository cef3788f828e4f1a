"""hnswlib: a graph over float32 vectors, all it knows."""

from __future__ import annotations

from collections.abc import Sequence

import hnswlib
import numpy as np
from numpy.typing import NDArray

from bench.peers.vector_job import CONNECTIVITY, EXPANSION, EXPANSIONS, Job, K, Kind, Setting, run


class Hnswlib:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._path = str(job.folder / "vectors.hnsw")
        dimension = np.load(job.queries, mmap_mode="r").shape[1]
        self._index = hnswlib.Index(space="ip", dim=dimension)  # of unit vectors: the cosine
        self._allowed = set(job.allowed_keys().tolist())

    def build(self, vectors: NDArray[np.float32]) -> None:
        self._index.init_index(max_elements=len(vectors), M=CONNECTIVITY, ef_construction=EXPANSION, random_seed=0)
        self._index.add_items(vectors, self._job.keys(), num_threads=self._job.threads)
        self._index.save_index(self._path)

    def open(self) -> None:
        self._index.load_index(self._path)

    def search(self, query: NDArray[np.float32], setting: Setting, *, filtered: bool) -> Sequence[int]:
        self._index.set_ef(setting[0])
        only = self._allowed.__contains__ if filtered else None
        try:
            found = self._index.knn_query(query, k=K, num_threads=1, filter=only)[0][0]
        except RuntimeError:  # it finds fewer than K
            return []
        keys: list[int] = found.tolist()
        return keys

    def put(self, keys: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        self._index.add_items(vectors, keys, num_threads=1)

    def remove(self, keys: NDArray[np.int64]) -> None:
        for key in keys.tolist():
            self._index.mark_deleted(key)


if __name__ == "__main__":
    run(Kind("hnswlib, float32", "hnswlib", Hnswlib, ("ef",), EXPANSIONS, removal="marked"))
