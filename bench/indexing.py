"""Indexing throughput against the bare model's on the same cores: what catalogue, durability and index cost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench import measure, photos
from bench.bare import BareModel, embed_files
from bench.measure import Cost, ratio
from bench.report import Cell, Demand, Section, Table
from bench.workbench import MODEL, Workbench
from shelflens.assemble import open_catalogue

ROUNDS = 3
TENSORS = 128  # held in memory and used again and again, for the model alone


def run(bench: Workbench) -> Section:
    title = "Indexing throughput"
    if bench.shop is None:
        return Section(title, skipped=photos.ABSENT)
    rounds = 2 if bench.tiny else ROUNDS
    count = len(bench.shop.gallery)
    works = {
        f"shelflens index, {MODEL}": _ours(bench),
        "bare model, decoding included": _bare(bench),
        "model alone, tensors in memory": _model_alone(bench),
    }
    costs = measure.interleaved(works, rounds=rounds)
    ours, bare, _ = costs.values()
    rows = tuple(_row(name, its, against=ours, count=count) for name, its in costs.items())
    columns = ("what", "our rate / its rate", "same in CPU time", "photos/s", "CPU ms a photo")
    note = (
        f"Medians of {rounds} interleaved rounds of {count:,} photos of Grocery's train on {bench.cores} cores. "
        "Ours is all of `Catalogue.index`: reading, digests, decoding, embedding, durable commits, the vector index "
        "and its snapshot. The bare model is bench/bare.py: threads that read, decode and embed, vectors in a list."
    )
    demands = (
        Demand("indexing throughput / bare model's", ratio(_wall(bare), _wall(ours)), 0.85, at_least=True),
        Demand("the same in CPU time", ratio(_cpu(bare), _cpu(ours)), 0.85, at_least=True),
    )
    return Section(title, (Table("Photos into a catalogue", columns, rows, note),), demands)


def _ours(bench: Workbench) -> Callable[[], object]:
    shop, path = bench.shop, bench.scratch / "indexing.lens"
    assert shop is not None

    def work() -> None:
        shutil.rmtree(path, ignore_errors=True)
        with open_catalogue(path, create=True, model=MODEL) as catalogue:
            report = catalogue.index(shop.table)
        assert report.embedded + report.reused == len(shop.gallery), report

    return work


def _bare(bench: Workbench) -> Callable[[], object]:
    shop = bench.shop
    assert shop is not None
    return lambda: embed_files(bench.recipe, shop.gallery_photos, workers=bench.cores)


def _model_alone(bench: Workbench) -> Callable[[], object]:
    assert bench.shop is not None
    model = BareModel(bench.recipe, threads=1)
    paths = bench.shop.gallery_photos
    tensors = [model.open(path.read_bytes())[None] for path in paths[:TENSORS]]

    def work() -> None:
        with ThreadPoolExecutor(bench.cores) as pool:
            list(pool.map(model.run, (tensors[at % len(tensors)] for at in range(len(paths)))))

    return work


def _row(name: str, its: list[Cost], *, against: list[Cost], count: int) -> tuple[Cell, ...]:
    wall, cpu = measure.median(_wall(its)), measure.median(_cpu(its))
    return (
        name,
        ratio(_wall(its), _wall(against)),
        ratio(_cpu(its), _cpu(against)),
        count / wall,
        cpu / count * 1e3,
    )


def _wall(costs: list[Cost]) -> list[float]:
    return [cost.wall for cost in costs]


def _cpu(costs: list[Cost]) -> list[float]:
    return [cost.cpu for cost in costs]
