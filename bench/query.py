"""Query latency against the model alone: a photo's bytes in, products out, in a catalogue of 100,000 photos on disk."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench import galleries, measure, photos
from bench.bare import BareModel
from bench.measure import Times
from bench.report import Cell, Demand, Section, Table
from bench.workbench import Workbench
from shelflens import filters
from shelflens.assemble import Catalogue, open_catalogue
from shelflens.picture import decode_side, open_bytes
from shelflens.picture.pixels import pixels
from shelflens.search import Options, View
from shelflens.settings import Settings

ROUNDS = 2  # over all queries
BLOCK = 25  # photos
LIMIT = 1.3


def run(bench: Workbench) -> Section:
    title = f"Query latency ({bench.vectors:,} photos in a catalogue on disk)"
    if bench.shop is None:
        return Section(title, skipped=photos.ABSENT)
    path = galleries.catalogue(bench, bench.vectors)
    data = [photo.read_bytes() for photo in bench.shop.query_photos]
    tables, demands = [], []
    for threads in sorted({1, bench.cores}, reverse=True):
        with open_catalogue(path, settings=Settings(threads=threads)) as catalogue:
            timed = _timed(_works(catalogue, bench, data, threads=threads), len(data), 1 if bench.tiny else ROUNDS)
        whole, model = timed["whole query"], timed["model alone"]
        columns = ("step", "/ model, p50", "/ model, p95", "p50 ms", "p95 ms")
        rows = tuple(_row(name, its, model) for name, its in timed.items())
        tables.append(Table(f"The model on {_threads(threads)}", columns, rows))
        for name, value in (("p50", whole.p50 / model.p50), ("p95", whole.p95 / model.p95)):
            what = f"query / model alone, {name}, {_threads(threads)}"
            demands.append(Demand(what, value, LIMIT, at_least=False))
    return Section(title, tuple(tables), tuple(demands))


def _works(
    catalogue: Catalogue, bench: Workbench, data: list[bytes], *, threads: int
) -> dict[str, Callable[[int], object]]:
    """The whole query, the model alone, and each step of the query by itself on what the step before gave."""
    options, searcher = Options(k=10), catalogue.searcher
    narrow = Options(k=10, condition=filters.parse("category = 'category 7'"))
    prepared = searcher.embedder.manifest.preprocessing
    side = decode_side(prepared)
    images = [open_bytes(photo, side=side).image for photo in data]
    views = [View.of(image) for image in images]
    tensors = [pixels(image, prepared)[None] for image in images]
    vectors = [searcher.embed([view]) for view in views]
    model = BareModel(bench.recipe, threads=threads)
    return {
        "whole query": lambda at: catalogue.answer([data[at]], options),
        "whole query, 1 % filter": lambda at: catalogue.answer([data[at]], narrow),
        "model alone": lambda at: model.run(tensors[at]),
        "bare model, bytes to vector": lambda at: model.embed(model.open(data[at])[None]),
        "open: decode, upright sRGB": lambda at: open_bytes(data[at], side=side),
        "pixels: resize, crop, scale": lambda at: pixels(images[at], prepared),
        "pixels and model": lambda at: searcher.embed([views[at]]),
        "nearest 80 photos": lambda at: searcher.gallery.neighbours(vectors[at], 8 * options.k),
        "search: nearest, fetch, group": lambda at: searcher.search_embedded(vectors[at], (), options),
    }


def _timed(works: dict[str, Callable[[int], object]], count: int, rounds: int) -> dict[str, Times]:
    """The works take turns every BLOCK photos: what else the machine does hits all alike, while the threads that one
    model leaves spinning behind it are out of the way of the next work's photos but the first."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for start in range(0, count, BLOCK):
            for name, work in works.items():
                work(start)
                for at in range(start, min(start + BLOCK, count)):
                    seconds[name].append(measure.cost(partial(work, at), collect=False).wall)
    return {name: Times(tuple(its)) for name, its in seconds.items()}


def _threads(count: int) -> str:
    return f"{count} threads" if count > 1 else "1 thread"


def _row(name: str, its: Times, model: Times) -> tuple[Cell, ...]:
    return name, its.p50 / model.p50, its.p95 / model.p95, its.p50, its.p95
