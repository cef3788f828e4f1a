"""The vector index against exact search in memory: time and recall@10, unfiltered and under filters of any width, also
where a filter lets through only what does not resemble the query; and what many queries at once cost each."""

from __future__ import annotations

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
AT_ONCE = 64  # queries
FAR = 0.5  # share of the gallery, the farthest from the query, that a filter for strangers lets through
RECALL, MS, ALIKE = 0.99, 0.6, 0.25  # demands at 100,000 vectors; the last: of a query's time alone

Search = Callable[[Vectors], NDArray[np.int64]]  # one query (dim,) to the keys of its K nearest


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    search: Search


def run(bench: Workbench) -> Section:
    title = f"Vector search against exact search in memory ({bench.vectors:,} vectors, one thread)"
    if bench.data is None:
        return Section(title, skipped=photos.ABSENT)
    gallery = np.concatenate(list(vectors_model.gallery(bench.real_vectors, bench.vectors)))
    queries = bench.query_vectors[:200]
    index: VectorIndex = plug.find("vectors", choose(len(gallery)))(gallery.shape[1])
    index.put(np.arange(1, len(gallery) + 1), gallery)
    rows, demands = [], []
    with threadpool_limits(1):  # of faiss and of numpy's BLAS alike
        for name, share in FILTERS:
            allowed = None if share is None else _some(len(gallery), share)
            contenders = [_ours(index, allowed), _faiss(gallery, allowed), _numpy(gallery, allowed)]
            compared = _compared(contenders, queries, filter_name=name)
            rows += compared
            demands.append(Demand(f"search p50 ms, filter {name}", compared[0][3], MS, at_least=False))
            demands.append(Demand(f"recall@10, filter {name}", compared[0][5], RECALL, at_least=True))
        strangers = _strangers(index, gallery, queries[:40])
        together = _together(index, bench.query_vectors[:AT_ONCE])
    demands.append(Demand(f"each of {AT_ONCE} queries at once / alone", together, ALIKE, at_least=False))
    columns = ("filter", "search", "faster than exact (faiss)", "p50 ms", "p95 ms", "recall@10")
    note = (
        f"Vectors of {len(bench.real_vectors):,} real photos, extended by the model in bench/vectors_model.py; "
        f"{len(queries)} queries are real photos that it has not seen. Where a filter lets through only the half of "
        f"the gallery that is farthest from the query, recall@10 is {strangers:.3f}."
    )
    return Section(title, (Table("Search of 10", columns, tuple(rows), note),), tuple(demands))


def _strangers(index: VectorIndex, gallery: Vectors, queries: Vectors) -> float:
    """Recall@10 among what resembles the query least."""
    shares = []
    for query in queries:
        cosines = gallery @ query
        allowed = np.sort(np.argsort(cosines)[: int(len(gallery) * FAR)])
        exact = allowed[np.argpartition(-cosines[allowed], K - 1)[:K]] + 1
        found = index.search(query[None], K, allowed=allowed + 1).keys[0]
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
    """A row for each, the second being the yardstick and the truth. They take turns query by query."""
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    found: dict[str, list[set[int]]] = {contender.name: [] for contender in contenders}
    for query in queries:
        for contender in contenders:

            def work(search: Search = contender.search, name: str = contender.name, query: Vectors = query) -> None:
                found[name].append(set(search(query).tolist()))

            seconds[contender.name].append(measure.cost(work, collect=False).wall)
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


def _faiss(gallery: Vectors, allowed: Keys | None) -> Contender:
    flat = faiss.IndexFlatIP(gallery.shape[1])
    flat.add(gallery)
    options = None
    if allowed is not None:
        bitmap = np.zeros(len(gallery), bool)
        bitmap[allowed - 1] = True
        untyped: Any = faiss  # its stubs describe the C++ side, not the Python wrappers
        options = untyped.SearchParameters(sel=untyped.IDSelectorBitmap(np.packbits(bitmap, bitorder="little")))
    return Contender("faiss IndexFlatIP", lambda query: flat.search(query[None], K, params=options)[1][0] + 1)


def _numpy(gallery: Vectors, allowed: Keys | None) -> Contender:
    places = None if allowed is None else allowed - 1

    def search(query: Vectors) -> NDArray[np.int64]:
        matrix = gallery if places is None else gallery[places]
        cosines = matrix @ query
        best = np.argpartition(-cosines, K - 1)[:K]
        keys: NDArray[np.int64] = (best if places is None else places[best]) + 1
        return keys

    return Contender("numpy product", search)
