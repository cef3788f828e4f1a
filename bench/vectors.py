"""The vector index against exact search in memory: time and recall@10, unfiltered and under filters of any width, also
where a filter lets through only what does not resemble the query; and what many queries at once cost each."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bench import measure, photos, vectors_model
from bench.report import Demand, Section, Table
from bench.workbench import Workbench
from shelflens import plug
from shelflens.types import Keys, Vectors
from shelflens.vectors.base import VectorIndex
from shelflens.vectors.choice import choose

K = 10
FILTERS = (("none", None), ("50 %", 0.5), ("10 %", 0.1), ("1 %", 0.01))
BLOCK = 25  # queries that a contender is asked before the next one's turn
QUERIES, FEWER = 200, 60  # the latter of a million vectors, among which exact searches take long
AT_ONCE = 64  # queries
PUT = 10_000  # vectors put into the index at once
RECALL, ALIKE = 0.99, 0.25  # demands; the last: of a query's time alone
MS = {100_000: 0.6, 1_000_000: 4.0}  # demands on p50, by the number of vectors

Search = Callable[[Vectors], NDArray[np.int64]]  # one query (dim,) to the keys of its K nearest


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    search: Search


def run(bench: Workbench) -> Section:
    """100,000 vectors; with --large a million, too, which take 11 GB."""
    title = "Vector search against exact search in memory (one thread)"
    if bench.data is None:
        return Section(title, skipped=photos.ABSENT)
    tables, demands = [], []
    for count in (bench.vectors, *((1_000_000,) if bench.large else ())):
        table, its_demands = _measured(bench, count)
        tables.append(table)
        demands += its_demands
    return Section(title, tuple(tables), tuple(demands))


def _measured(bench: Workbench, count: int) -> tuple[Table, list[Demand]]:
    gallery = _gallery(bench, count)
    queries = bench.query_vectors[: QUERIES if count <= bench.vectors else FEWER]
    index: VectorIndex = plug.find("vectors", choose(count))(gallery.shape[1])
    started = time.process_time()
    for start in range(0, count, PUT):
        part = slice(start, start + PUT)
        index.put(np.arange(start + 1, start + 1 + len(gallery[part])), gallery[part])
    built = time.process_time() - started
    of = f"{count:,} vectors: "
    rows, demands = [], []
    with threadpool_limits(1):  # of faiss and of numpy's BLAS alike
        flat = faiss.IndexFlatIP(gallery.shape[1])
        flat.add(gallery)
        for name, share in FILTERS:
            allowed = None if share is None else _some(count, share)
            compared = _compared([_ours(index, allowed), _faiss(flat, allowed)], queries, filter_name=name)
            rows += compared
            if count in MS:
                demands.append(Demand(f"{of}search p50 ms, filter {name}", compared[0][3], MS[count], at_least=False))
            demands.append(Demand(f"{of}recall@10, filter {name}", compared[0][5], RECALL, at_least=True))
        # What was not grown from groceries, asked for with groceries, which come first among both.
        grown = vectors_model.origins(len(bench.real_vectors), count)
        clothes = np.flatnonzero(grown >= bench.groceries) + 1
        strangers = _strangers(index, gallery, queries[:40], clothes)
        together = _together(index, bench.query_vectors[:AT_ONCE])
    demands.append(Demand(f"{of}each of {AT_ONCE} queries at once / alone", together, ALIKE, at_least=False))
    columns = ("filter", "search", "faster than exact", "p50 ms", "p95 ms", "recall@10")
    note = (
        f"Vectors of {len(bench.real_vectors):,} real photos, extended by the model in bench/vectors_model.py; "
        f"{len(queries)} queries are real photos that it has not seen, asked in turns of {BLOCK}. Where a filter lets "
        f"through only what does not resemble the query (groceries among clothes), recall@10 is {strangers:.3f}. "
        f"Built in {built:.0f} s of CPU."
    )
    return Table(f"Search of 10 among {count:,}", columns, tuple(rows), note), demands


def _gallery(bench: Workbench, count: int) -> Vectors:
    gallery = np.empty((count, bench.real_vectors.shape[1]), np.float32)
    start = 0
    for portion in vectors_model.gallery(bench.real_vectors, count):
        gallery[start : start + len(portion)] = portion
        start += len(portion)
    return gallery


def _strangers(index: VectorIndex, gallery: Vectors, queries: Vectors, allowed: Keys) -> float:
    """Recall@10 among what does not resemble the queries."""
    shares = []
    for query in queries:
        cosines = gallery[allowed - 1] @ query
        exact = allowed[np.argpartition(-cosines, K - 1)[:K]]
        found = index.search(query[None], K, allowed=allowed).keys[0]
        shares.append(len(set(exact.tolist()) & set(found.tolist())) / K)
    return float(np.mean(shares))


def _together(index: VectorIndex, queries: Vectors) -> float:
    """What a query costs among others at once, for what it costs alone; the median of rounds."""
    ratios = []
    for _ in range(5):
        together = measure.cost(lambda: index.search(queries, K), collect=False).cpu
        alone = measure.cost(lambda: [index.search(query[None], K) for query in queries], collect=False).cpu
        ratios.append(together / alone)
    return measure.median(ratios)


def _compared(
    contenders: list[Contender], queries: Vectors, *, filter_name: str
) -> list[tuple[str, str, float, float, float, float]]:
    """A row for each, the second being the yardstick and the truth. They take turns every BLOCK queries."""
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    found: dict[str, list[set[int]]] = {contender.name: [] for contender in contenders}
    for start in range(0, len(queries), BLOCK):
        for contender in contenders:
            contender.search(queries[start])
            for query in queries[start : start + BLOCK]:
                began = time.perf_counter()
                keys = contender.search(query)
                seconds[contender.name].append(time.perf_counter() - began)
                found[contender.name].append(set(keys.tolist()))
    exact = contenders[1].name
    rows = []
    for contender in contenders:
        its = measure.Times(tuple(seconds[contender.name]))
        recall = np.mean([len(a & b) / len(b) for a, b in zip(found[contender.name], found[exact], strict=True)])
        faster = measure.ratio(seconds[exact], seconds[contender.name])
        rows.append((filter_name, contender.name, faster, its.p50, its.p95, float(recall)))
    return rows


def _some(count: int, share: float) -> Keys:
    """Sorted keys drawn without regard to the vectors."""
    drawn = np.random.default_rng(7).choice(count, max(K, int(count * share)), replace=False)
    return np.sort(drawn) + 1


def _ours(index: VectorIndex, allowed: Keys | None) -> Contender:
    kind = type(index).__name__
    return Contender(f"shelflens {kind}", lambda query: index.search(query[None], K, allowed=allowed).keys[0])


def _faiss(flat: faiss.IndexFlatIP, allowed: Keys | None) -> Contender:
    options = None
    if allowed is not None:
        bitmap = np.zeros(flat.ntotal, bool)
        bitmap[allowed - 1] = True
        untyped: Any = faiss  # its stubs describe the C++ side, not the Python wrappers
        options = untyped.SearchParameters(sel=untyped.IDSelectorBitmap(np.packbits(bitmap, bitorder="little")))
    return Contender("faiss IndexFlatIP", lambda query: flat.search(query[None], K, params=options)[1][0] + 1)
