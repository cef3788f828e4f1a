"""usearch: a graph over float16 vectors. With its 8 bits even an exact search has a recall@10 of 0.92 to 0.95 here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from usearch.index import Index

from bench.peers.vector_job import CONNECTIVITY, EXPANSION, EXPANSIONS, Job, K, Kind, Setting, run


class Usearch:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._path = str(job.folder / "vectors.usearch")
        dimension = np.load(job.queries, mmap_mode="r").shape[1]
        self._index = Index(
            ndim=dimension, metric="ip", dtype="f16", connectivity=CONNECTIVITY, expansion_add=EXPANSION
        )

    def build(self, vectors: NDArray[np.float32]) -> None:
        self._index.add(self._job.keys().astype(np.uint64), vectors, threads=self._job.threads)
        self._index.save(self._path)

    def open(self) -> None:
        self._index.load(self._path)

    def search(self, query: NDArray[np.float32], setting: Setting, *, filtered: bool) -> Sequence[int]:
        assert not filtered  # its Python side knows no filters
        self._index.expansion_search = setting[0]
        keys: list[int] = self._index.search(query, K, threads=1).keys.tolist()
        return keys

    def put(self, keys: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        names = keys.astype(np.uint64)
        self._index.remove(names, threads=1)  # a key that it holds is refused
        self._index.add(names, vectors, threads=1)

    def remove(self, keys: NDArray[np.int64]) -> None:
        self._index.remove(keys.astype(np.uint64), threads=1)


if __name__ == "__main__":
    run(Kind("usearch, float16", "usearch", Usearch, ("expansion_search",), EXPANSIONS, filters=False))
