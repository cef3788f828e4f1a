"""What a photo takes in the networks that peers bring, beside ours.

They come from hubs when first used, so here they have random weights, on which time does not depend: a bound from below
for an engine as its users know it, which also reads, prepares, stores and ranks.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bench import measure
from bench.bare import BareModel
from bench.report import Cell, Table
from bench.workbench import MODEL, Workbench

NEEDED = ("torch", "transformers", "onnxscript")
CLIPS = {  # ViT-B/32 by the side of its pictures, and who takes it unless told otherwise
    "CLIP ViT-B/32, 256 pixels: rclip": 256,
    "CLIP ViT-B/32, 224 pixels: Chroma's OpenCLIP": 224,
}
LAYERS = 12
BATCH = 8  # photos at once, rclip's default on a CPU
ROUNDS = 5


def run(bench: Workbench, *, index_ms: float, query_ms: float) -> Table | None:
    """`index_ms`, `query_ms`: what shelflens takes for a photo from its file to the index, and to the ranking.

    None where the networks cannot be made, for want of torch and transformers.
    """
    if not all(find_spec(name) for name in NEEDED):
        return None
    recipes = {f"{MODEL} in 8 bits: shelflens": bench.recipe}
    for name, size in CLIPS.items():
        path = bench.scratch / f"clip-{size}.onnx"
        _write_clip(path, size, layers=1 if bench.tiny else LAYERS)
        recipes[name] = replace(bench.recipe, path=path, size=size)
    models = {name: BareModel(recipe, threads=bench.cores) for name, recipe in recipes.items()}
    rounds = 2 if bench.tiny else ROUNDS
    rows: list[tuple[Cell, ...]] = []
    batches = _ms(models, BATCH, rounds=rounds)
    singles = _ms(models, 1, rounds=rounds)
    ours = next(iter(batches.values()))
    for name in models:
        each, single = batches[name], singles[name]
        rows.append((name, each / ours, each, single, each / index_ms, single / query_ms))
    columns = (
        "network", "/ ours", f"ms a photo, {BATCH} at once", "one alone",
        "/ all of our indexing", "/ all of our query",
    )  # fmt: skip
    note = (
        f"ONNX Runtime, {bench.cores} threads; the peers' networks have random weights, on which time does not depend. "
        f"Ours takes {index_ms:.2f} ms from a file to the index and {query_ms:.2f} ms from a file to the ranking; the "
        "last two columns are what such a network alone takes, one photo or many, for that."
    )
    return Table("The networks that peers bring", columns, tuple(rows), note)


def _work(model: BareModel, count: int) -> Callable[[], object]:
    size = model.recipe.size
    tensors = np.random.default_rng(0).standard_normal((count, 3, size, size), dtype=np.float32)
    return lambda: model.run(tensors)


def _ms(models: dict[str, BareModel], count: int, *, rounds: int) -> dict[str, float]:
    """Of one photo, `count` at once."""
    works = {name: _work(model, count) for name, model in models.items()}
    for work in works.values():
        work()
    costs = measure.interleaved(works, rounds=rounds)
    return {name: measure.median([cost.wall for cost in its]) * 1e3 / count for name, its in costs.items()}


def _write_clip(path: Path, size: int, *, layers: int) -> None:
    """OpenAI's ViT-B/32 (Radford et al. 2021) for pictures of `size`."""
    import torch
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    from shelflens.train.quiet import QuietExporter

    torch.manual_seed(0)
    shape = {"hidden_size": 768, "intermediate_size": 3_072, "num_hidden_layers": layers, "num_attention_heads": 12}
    network = CLIPVisionModelWithProjection(CLIPVisionConfig(image_size=size, patch_size=32, **shape)).eval()

    with QuietExporter(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own, about its own parts
        torch.onnx.export(
            network, (torch.zeros(2, 3, size, size),), path, dynamo=True, verbose=False,
            dynamic_shapes={"pixel_values": {0: torch.export.Dim("B")}},
        )  # fmt: skip
