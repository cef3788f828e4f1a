"""shelflens' own index for large catalogues, as the other engines see the job."""

from __future__ import annotations

from collections.abc import Sequence

import faiss  # noqa: F401  # imported by the index when it is needed; what the library itself takes is no index's memory
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bench.peers.vector_job import Job, K, Kind, Setting, run
from shelflens import plug
from shelflens.vectors.base import VectorIndex


class Ours:
    def __init__(self, job: Job) -> None:
        self._job = job
        dimension = np.load(job.queries, mmap_mode="r").shape[1]
        self._index: VectorIndex = plug.find("vectors", "ivf")(dimension, directory=job.folder)
        self._allowed = job.allowed_keys()

    def build(self, vectors: NDArray[np.float32]) -> None:
        self._index.put(self._job.keys(), vectors)
        self._index.save(self._job.folder / "vectors.ivf", version=1)

    def open(self) -> None:
        threadpool_limits(1)
        assert self._index.load(self._job.folder / "vectors.ivf") == 1

    def search(self, query: NDArray[np.float32], setting: Setting, *, filtered: bool) -> Sequence[int]:
        assert not setting
        found = self._index.search(query[None], K, allowed=self._allowed if filtered else None)
        keys: list[int] = found.keys[0].tolist()
        return keys

    def put(self, keys: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        self._index.put(keys, vectors)

    def remove(self, keys: NDArray[np.int64]) -> None:
        self._index.remove(keys)


if __name__ == "__main__":
    run(Kind("shelflens IvfIndex", "shelflens", Ours, parameters=(), settings=((),)))
