"""Prints what docs/models.md says of the bundled models: milliseconds a picture and Recall@1 on real photos.

    python bench/models.py ../shared/data

PHOTOS holds grocery/{train,val}.csv and clothing/{train,validation}.csv. Nearest photo by cosine, every query.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.embed.base import Embedder
from shelflens.embed.loading import load_embedder
from shelflens.types import Vectors

MODELS = ("lite0", "lite0-fp32", "lite2")
TASKS = (("grocery/train.csv", "grocery/val.csv"), ("clothing/train.csv", "clothing/validation.csv"))
ROUNDS = 50


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("photos", type=Path)
    photos: Path = arguments.parse_args().photos
    print(f"{'':12}{'ms, 1 thread':>14}{'ms, all':>10}" + "".join(f"{queries:>26}" for _, queries in TASKS))
    alone = milliseconds({name: load_embedder(name, threads=1) for name in MODELS})
    together = milliseconds({name: load_embedder(name, threads=0) for name in MODELS})
    for name in MODELS:
        embedder = load_embedder(name, threads=1)
        recalls = "".join(f"{recall_at_1(embedder, photos / g, photos / q):>26.4f}" for g, q in TASKS)
        print(f"{name:12}{alone[name]:>14.2f}{together[name]:>10.2f}{recalls}", flush=True)


def milliseconds(embedders: dict[str, Embedder]) -> dict[str, float]:
    """Median a picture, batch 1, with the preprocessing of a small one; interleaved, so that all share the weather."""
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8))
    times: dict[str, list[float]] = {name: [] for name in embedders}
    for _ in range(ROUNDS):
        for name, embedder in embedders.items():
            start = time.perf_counter()
            embedder.embed([picture])
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def recall_at_1(embedder: Embedder, gallery: Path, queries: Path) -> float:
    gallery_vectors, gallery_labels = embedded(embedder, gallery)
    query_vectors, query_labels = embedded(embedder, queries)
    nearest = (query_vectors @ gallery_vectors.T).argmax(axis=1)
    return float((gallery_labels[nearest] == query_labels).mean())


def embedded(embedder: Embedder, table: Path) -> tuple[Vectors, NDArray[np.str_]]:
    """Vectors of the table's photos, and their product, or their category where there is no product."""
    with table.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))

    def vector(row: dict[str, str]) -> Vectors:
        with Image.open(table.parent / row["photo"]) as picture:
            return embedder.embed([picture.convert("RGB")])

    with ThreadPoolExecutor(os.cpu_count()) as workers:
        vectors = np.concatenate(list(workers.map(vector, rows)))
    return vectors, np.array([row.get("product_id") or row["category"] for row in rows])


if __name__ == "__main__":
    main()
