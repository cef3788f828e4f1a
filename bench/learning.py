"""What `shelflens train` reaches on the real photos, over several draws: `python -m bench.learning TABLE ...`.

Tables: `tutorial` (100 photos of each of ten kinds of clothes), `unseen` (products left out of training), `tail` (a
long tail of classes, and what each remedy gains), `framing` (how much of a photo the network is shown; frozen features
alone), `frozen` (torch and ONNX Runtime on the frozen stages). The first three run the command;
minutes to hours.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.photos import ABSENT, real_data
from bench.report import Cell, Table
from shelflens.embed.bundled import MODELS
from shelflens.embed.onnx import OnnxEmbedder
from shelflens.manifest import ModelManifest
from shelflens.picture import open_file
from shelflens.types import Fit, Vectors

TUTORIAL_TESTED = 10  # photos of each class in a draw's test
# Unless others are asked for; clothes reach the photo's edge, so all of it is shown.
TUTORIAL_MODELS = ("--model", "lite1:320", "--also", "head=lite2:320", "--set", "crop_share=1")
LEFT_OUT = 20  # of Grocery's 81 products
MOST, LEAST = 100, 5  # photos of the first and of the last class of the long tail
REMEDIES: dict[str, tuple[str, ...]] = {
    "none (cross-entropy + 0.5 SupCon)": (),
    "class weights": ("class_weights=true",),
    "class-balanced sampling": ("sampler=balanced",),
    "P x K batches": ("sampler=pxk",),
    "focal loss": ("loss=focal+0.5*supcon",),
    "logit adjustment": ("loss=adjusted-ce+0.5*supcon",),
    "MixUp": ("mixup=0.2",),
    "logit adjustment and MixUp": ("loss=adjusted-ce+0.5*supcon", "mixup=0.2"),
}

FRAMINGS: tuple[tuple[Fit, float], ...] = (("crop", 0.875), ("crop", 1.0), ("pad", 1.0), ("pad", 0.875))
FRAMED_SETS = (
    ("clothing/train.csv", "clothing/validation.csv", "category"),
    ("grocery/train.csv", "grocery/val.csv", "product_id"),
)
FRAMED = 288  # pixels
BATCH = 32  # photos at once through frozen stages
PENALTY = 0.003  # the inverse of it

Rows = list[dict[str, str]]
Draws = range | None  # which draws; by their numbers, so that a table can be filled in several runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="+", choices=sorted(TABLES))
    parser.add_argument(
        "--draws", type=_draws, metavar="N or A-B", help="default: 0-4 for tutorial, 0-2 for the others"
    )
    parser.epilog = "Further words, such as --set dropout=0.3, are handed on to `shelflens train`."
    arguments, extra = parser.parse_known_args()
    data = real_data()
    if data is None:
        sys.exit(ABSENT)
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.tables:
            print(TABLES[name](data, Path(folder), arguments.draws, extra).markdown(), flush=True)


def tutorial(data: Path, folder: Path, draws: Draws, extra: list[str]) -> Table:
    """Trained on 100 photos of each kind; judged on ten of each, and on all photos of validation."""
    validation = _rows(data / "clothing" / "validation.csv")
    models = () if "--model" in extra else TUTORIAL_MODELS
    rows: list[tuple[Cell, ...]] = []
    for draw in draws or range(5):
        tested = _write(folder / f"tested-{draw}.csv", _so_many(validation, draw), data / "clothing")
        model = folder / f"tutorial-{draw}"
        limited = ("--limit-per-class", "100", "--seed", str(draw), "--validation", str(data / "clothing/validation"))
        record = _train(data / "clothing" / "train", model, *limited, *models, *extra)
        found = _evaluate(model, "--data", str(tested), "--map", "product_id=category")
        names = ("accuracy", "recall_macro", "f1_macro")
        held = record["held_out"]
        minutes = sum(record["durations"].values()) / 60
        wider = (held["accuracy"], held["macro_recall"])
        rows.append((str(draw), *(found[name] for name in names), *wider, minutes))
        print(rows[-1], file=sys.stderr, flush=True)
    columns = ("draw", "accuracy", "macro recall", "macro F1", "accuracy, 341", "macro recall, 341", "minutes")
    return Table("100 photos of each of 10 kinds of clothes", columns, (*rows, _mean(rows)))


def unseen(data: Path, folder: Path, draws: Draws, extra: list[str]) -> Table:
    """Products left out of training, photos and catalogue alike; Recall@1 among the training photos of all 81."""
    grocery = data / "grocery"
    train, val, catalogue = (_rows(grocery / f"{name}.csv") for name in ("train", "val", "catalogue"))
    products = sorted({row["product_id"] for row in train})
    rows: list[tuple[Cell, ...]] = []
    for draw in draws or range(3):
        out = set(np.random.default_rng(draw).choice(products, LEFT_OUT, replace=False).tolist())
        left_out = _write(folder / f"left-out-{draw}.csv", _of(val, out), grocery)
        known = set(products) - out
        tables = [
            _write(folder / f"{name}-{draw}.csv", _of(part, known), grocery)
            for name, part in (("train", train), ("val", val), ("catalogue", catalogue))
        ]
        model = folder / f"unseen-{draw}"
        beside = ("--validation", str(tables[1]), "--catalogue", str(tables[2]), "--seed", str(draw))
        held = _train(tables[0], model, *beside, *extra)["held_out"]
        where = ("--data", str(left_out), "--gallery", str(grocery / "train.csv"))
        scores = [
            _evaluate(name, *where)["recall@1"] for name in ("lite0", "lite2", f"onnx:{model / 'model.int8.onnx'}")
        ]
        rows.append((str(draw), *scores, held["accuracy"], held["recall_at_1"]))
        print(rows[-1], file=sys.stderr, flush=True)
    columns = ("draw", "frozen lite0", "frozen lite2", "trained (int8)", "known products: accuracy", "Recall@1")
    return Table("Recall@1 of 20 products left out of training", columns, (*rows, _mean(rows)))


def tail(data: Path, folder: Path, draws: Draws, extra: list[str]) -> Table:
    """Clothing with 100 photos of the first class and ever fewer down to 5 of the last; classes drawn in any order."""
    train = _rows(data / "clothing" / "train.csv")
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in REMEDIES}
    for draw in draws or range(3):
        table = _write(folder / f"tail-{draw}.csv", _long_tail(train, draw), data / "clothing")
        validation = _write(folder / "all.csv", _rows(data / "clothing" / "validation.csv"), data / "clothing")
        given = ["--target", "category", "--map", "product_id=category", "--validation", str(validation)]
        given += ["--seed", str(draw), "--model", "lite0"]
        for number, (name, changes) in enumerate(REMEDIES.items()):
            sets = [word for change in changes for word in ("--set", change)]
            held = _train(table, folder / f"tail-{draw}-{number}", *given, *sets, *extra)["held_out"]
            found[name].append((held["accuracy"], held["macro_recall"], held["macro_f1"]))
            print(draw, name, found[name][-1], file=sys.stderr, flush=True)
    means = {name: np.mean(figures, axis=0) for name, figures in found.items()}
    plain = means[next(iter(REMEDIES))]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, *map(float, mean), f"{mean[2] - plain[2]:+.3f}") for name, mean in means.items()
    )
    columns = ("remedy", "accuracy", "macro recall", "macro F1", "gained")
    return Table(f"Long tail, {MOST} to {LEAST} photos a class, mean of {len(draws or range(3))} draws", columns, rows)


def framing(data: Path, _folder: Path, _draws: Draws, _extra: list[str]) -> Table:
    """Logistic regression on lite2's frozen features: of clothes, which often fill a tall photo, and of products in the
    middle of a square one."""
    manifest = ModelManifest.read(MODELS / "lite2.json")
    rows: list[tuple[Cell, ...]] = []
    for fit, share in FRAMINGS:
        shown = replace(manifest.preprocessing, size=FRAMED, fit=fit, crop_share=share)
        embedder = OnnxEmbedder(replace(manifest, preprocessing=shown), MODELS / "lite2.onnx", threads=1)
        scores: list[Cell] = []
        for train, held, column in FRAMED_SETS:
            (features, truth), (asked, wanted) = (_features(embedder, data / name, column) for name in (train, held))
            folds = StratifiedKFold(3, shuffle=True, random_state=0)
            scores.append(float(cross_val_score(_regression(), features, truth, cv=folds).mean()))
            scores.append(_regression().fit(features, truth).score(asked, wanted))
        rows.append((f"{fit}, {share:g} of the side", *scores))
        print(rows[-1], file=sys.stderr, flush=True)
    names = [Path(train).parent.name for train, _, _ in FRAMED_SETS]
    columns = ("shown", *(f"{name}, {how}" for name in names for how in ("3 folds of train", "held out")))
    return Table(f"Accuracy on frozen lite2 at {FRAMED} pixels", columns, tuple(rows))


def _features(embedder: OnnxEmbedder, table: Path, column: str) -> tuple[Vectors, NDArray[np.str_]]:
    rows = _rows(table)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = list(pool.map(lambda row: embedder.embed([open_file(table.parent / row["photo"]).image]), rows))
    return np.vstack(found), np.array([row[column] for row in rows])


def _regression() -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY, max_iter=500))


def frozen(_data: Path, folder: Path, draws: Draws, _extra: list[str]) -> Table:
    """Milliseconds a photo, by torch and by ONNX Runtime, which take turns."""
    import torch

    from shelflens.allocator import keep_memory
    from shelflens.train import forward
    from shelflens.train.backbones.loading import load_backbone

    keep_memory()
    rows: list[tuple[Cell, ...]] = []
    for threads in sorted({1, len(os.sched_getaffinity(0))}):
        torch.set_num_threads(threads)
        for name in ("lite0:288", "lite1:288", "lite2:288"):
            backbone = load_backbone(name)
            lower, size = backbone.split(backbone.cut)[0], backbone.preprocessing.size
            pixels = torch.randn(BATCH, 3, size, size)
            seconds: dict[int, list[float]] = {0: [], forward.WORTH_EXPORTING: []}
            with ExitStack() as opened:
                ways = {
                    photos: opened.enter_context(
                        forward.frozen_forward(
                            lower, size=size, photos=photos, device=torch.device("cpu"), path=folder / f"{photos}.onnx"
                        )
                    )
                    for photos in seconds
                }
                for _ in draws or range(5):
                    for photos, way in ways.items():
                        way(pixels)
                        started = time.perf_counter()
                        way(pixels)
                        seconds[photos].append(time.perf_counter() - started)
            by_torch, by_runtime = (1e3 * float(np.median(its)) / BATCH for its in seconds.values())
            rows.append((name, threads, by_torch, by_runtime, by_runtime / by_torch))
    columns = ("frozen stages of", "threads", "torch, ms a photo", "ONNX Runtime, ms a photo", "ratio")
    return Table("Features of frozen stages", columns, tuple(rows))


TABLES: dict[str, Callable[[Path, Path, Draws, list[str]], Table]] = {
    "framing": framing,
    "frozen": frozen,
    "tail": tail,
    "tutorial": tutorial,
    "unseen": unseen,
}


def _long_tail(rows: Rows, draw: int) -> Rows:
    random = np.random.default_rng(draw)
    classes = random.permutation(sorted({row["category"] for row in rows})).tolist()
    counts = np.geomspace(MOST, LEAST, len(classes)).round().astype(int)
    return [row for name, count in zip(classes, counts, strict=True) for row in _drawn(rows, name, count, random)]


def _so_many(rows: Rows, draw: int) -> Rows:
    random = np.random.default_rng(draw)
    return [
        row for name in sorted({row["category"] for row in rows}) for row in _drawn(rows, name, TUTORIAL_TESTED, random)
    ]


def _of(rows: Rows, products: set[str]) -> Rows:
    return [row for row in rows if row["product_id"] in products]


def _drawn(rows: Rows, category: str, count: int, random: np.random.Generator) -> Iterator[dict[str, str]]:
    own = [row for row in rows if row["category"] == category]
    yield from (own[at] for at in random.permutation(len(own))[:count])


def _rows(table: Path) -> Rows:
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: Rows, beside: Path) -> Path:
    """Photos were named from the folder `beside`."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({**row, "photo": str(beside / row["photo"])} for row in rows)
    return path


def _draws(text: str) -> range:
    """`3`: draws 0 to 2; `2-4`: draws 2 to 4."""
    first, dash, last = text.partition("-")
    return range(int(first), int(last) + 1) if dash else range(int(first))


def _train(source: Path, out: Path, *words: str) -> dict[str, Any]:
    return _shelflens("train", str(source), "--out", str(out), "--quiet", "--json", *words)


def _evaluate(model: str | Path, *words: str) -> dict[str, Any]:
    return _shelflens("evaluate-model", str(model), "--json", *words)


def _shelflens(*words: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", "shelflens", *words], stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _mean(rows: list[tuple[Cell, ...]]) -> tuple[Cell, ...]:
    return ("mean", *(float(np.mean([float(cell) for cell in column])) for column in list(zip(*rows, strict=True))[1:]))


if __name__ == "__main__":
    main()
