"""LanceDB: a table on the disk with an inverted file of RaBitQ codes, the promising compared in full."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import lancedb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.peers.vector_job import Job, K, Kind, Setting, run

PROBES = (8, 16, 32, 64, 128)
REFINE = (2, 5, 10, 20)  # times K compared in full
FEW = 500  # vectors that no codes are learned from: all are compared


class LanceDb:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._mask = job.mask()

    def build(self, vectors: NDArray[np.float32]) -> None:
        table = self._database().create_table("photos", self._rows(self._job.keys(), vectors))
        if len(vectors) > FEW:
            cells = max(1, round(len(vectors) ** 0.5))
            table.create_index("vector", config=lancedb.index.IvfRq(distance_type="cosine", num_partitions=cells))
        table.create_index("id", config=lancedb.index.BTree())
        table.create_index("chosen", config=lancedb.index.Bitmap())

    def open(self) -> None:
        self._table = self._database().open_table("photos")

    def search(self, query: NDArray[np.float32], setting: Setting, *, filtered: bool) -> Sequence[int]:
        probes, refine = setting
        search = self._table.search(query).distance_type("cosine").nprobes(probes).refine_factor(refine)
        if filtered:
            search = search.where("chosen", prefilter=True)
        keys: list[int] = search.select(["id", "_distance"]).limit(K).to_arrow()["id"].to_pylist()
        return keys

    def put(self, keys: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Several are put into the index, too; one is searched beside it until then."""
        merge = self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
        merge.execute(self._rows(keys, vectors))
        if len(keys) > 1:
            self._table.optimize()

    def remove(self, keys: NDArray[np.int64]) -> None:
        self._table.delete(f"id in ({', '.join(map(str, keys.tolist()))})")

    def _database(self) -> lancedb.DBConnection:
        return lancedb.connect(str(self._job.folder))

    def _rows(self, keys: NDArray[np.int64], vectors: NDArray[np.float32]) -> pa.Table:
        flat = pa.array(np.ascontiguousarray(vectors).reshape(-1))
        columns = {
            "id": pa.array(keys),
            "chosen": pa.array(self._mask[keys]),
            "vector": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
        }
        return pa.table(columns)


if __name__ == "__main__":
    settings = tuple(product(PROBES, REFINE))
    run(Kind("LanceDB IVF_RQ", "lancedb", LanceDb, ("nprobes", "refine_factor"), settings))
