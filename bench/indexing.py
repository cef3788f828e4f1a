"""Indexing throughput against the bare model's on the same cores: what catalogue, durability and index cost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench import measure, photos
from bench.bare import BareModel, embed_files
from bench.measure import Cost, ratio
from bench.photos import Shop
from bench.report import Cell, Demand, Section, Table
from bench.workbench import MODEL, Workbench
from shelflens.assemble import open_catalogue

ROUNDS = 3
TENSORS = 128  # held in memory and used again and again, for the model alone
SMALL, LARGE = 0.95, 0.80  # demands: shares of the bare model's throughput
SIDE = 2_000  # pixels of a photo of 4 MP
EVERY = 6  # of the photos is enlarged


def run(bench: Workbench) -> Section:
    title = "Indexing throughput"
    shop = bench.shop
    if shop is None:
        return Section(title, skipped=photos.ABSENT)
    rounds = 2 if bench.tiny else ROUNDS
    large = photos.enlarged(shop, bench.scratch / "enlarged", side=SIDE, every=1 if bench.tiny else EVERY)
    tables, demands = [], []
    for what, its, demand in (("348 pixels", shop, SMALL), ("4 MP", large, LARGE)):
        works = {
            f"shelflens index, {MODEL}": _ours(bench, its),
            "bare model, decoding included": _bare(bench, its),
            "model alone, tensors in memory": _model_alone(bench, its),
        }
        costs = measure.interleaved(works, rounds=rounds)
        ours, bare, _ = costs.values()
        rows = tuple(_row(name, cost, against=ours, count=len(its.gallery)) for name, cost in costs.items())
        columns = ("what", "our rate / its rate", "same in CPU time", "photos/s", "CPU ms a photo")
        tables.append(Table(f"Photos of {what} into a catalogue", columns, rows, _note(bench, its, rounds)))
        shares = (
            ("indexing throughput / bare model's", ratio(_wall(bare), _wall(ours))),
            ("the same in CPU time", ratio(_cpu(bare), _cpu(ours))),
        )
        demands += [Demand(f"{what}: {name}", share, demand, at_least=True) for name, share in shares]
    return Section(title, tuple(tables), tuple(demands))


def _note(bench: Workbench, shop: Shop, rounds: int) -> str:
    return (
        f"Medians of {rounds} interleaved rounds of {len(shop.gallery):,} photos of Grocery's train on {bench.cores} "
        "cores. Ours is all of `Catalogue.index`: reading, digests, decoding, embedding, durable commits, the vector "
        "index and its snapshot. The bare model is bench/bare.py: threads that read, decode and embed, vectors in a "
        "list; it decodes a JPEG to at least twice the pixels that the model sees, ours to 1.4 times."
    )


def _ours(bench: Workbench, shop: Shop) -> Callable[[], object]:
    path = bench.scratch / "indexing.lens"

    def work() -> None:
        shutil.rmtree(path, ignore_errors=True)
        with open_catalogue(path, create=True, model=MODEL) as catalogue:
            report = catalogue.index(shop.table)
        assert report.embedded + report.reused == len(shop.gallery), report

    return work


def _bare(bench: Workbench, shop: Shop) -> Callable[[], object]:
    return lambda: embed_files(bench.recipe, shop.gallery_photos, workers=bench.cores)


def _model_alone(bench: Workbench, shop: Shop) -> Callable[[], object]:
    model = BareModel(bench.recipe, threads=1)
    paths = shop.gallery_photos
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
