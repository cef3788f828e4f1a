"""Fits the models for two bare pictures that are shipped: one for each bundled model and each set of evidence.

    python tools/fit_pair_model.py GROCERY [SEEN.json]

GROCERY is the folder of the Grocery Store Dataset with catalogue.csv, train.csv and val.csv. SEEN.json keeps what
models and verifiers make of each picture, which takes five minutes; where it is there, it is read.

Fitted on: pairs of catalogue pictures and photos of train. Each picture brings two pictures of its product from other
occasions, and for each of these a picture of another product: one in four the nearest one, the others at random; in a
catalogue picture's place a catalogue picture, so that the kind of picture tells nothing. Judged on products held out,
and on pairs of which one picture is a photo of val, which no setting was chosen on.
"""

from __future__ import annotations

import base64
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shelflens import calibrate
from shelflens.calibrate.evidence import CandidateEvidence
from shelflens.calibrate.examples import occasions
from shelflens.calibrate.pairs import (
    FORMAT,
    LOOKED_FOR,
    Pair,
    PairModel,
    digest,
    fit_pairs,
    judge_pairs,
    pair_name,
)
from shelflens.embed.base import Embedder
from shelflens.embed.loading import load_embedder
from shelflens.metrics.calibration import (
    auroc,
    brier_score,
    chance_error,
    expected_calibration_error,
    precision_recall,
)
from shelflens.picture import decode_side
from shelflens.search import open_view
from shelflens.types import Product, Vectors
from shelflens.verify.base import Verifier
from shelflens.verify.colour import ColourVerifier
from shelflens.verify.hashing import HashVerifier
from shelflens.verify.local import LocalVerifier
from shelflens.verify.words import WordsVerifier

MODELS = ("lite0", "lite2", "joined:lite0,lite2")
EACH = 4  # photos of a product, beside its catalogue picture
EACH_VAL = 2
PARTNERS = 2  # of its product that a picture brings
NEAREST = 0.25  # of the pairs of two products
SEED = 0
VERIFIERS: tuple[Verifier, ...] = (ColourVerifier(), HashVerifier(), LocalVerifier(), WordsVerifier())


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One picture, with what the models and the verifiers made of it."""

    product_id: str
    listed: bool  # the catalogue's picture, not a photo from a shop
    vectors: dict[str, Vectors]  # by the model's name, (dim,)
    described: dict[str, bytes]  # by the verifier's name


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """All pictures."""

    known: list[Shown]  # the catalogue's and train's
    val: list[Shown]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Pairs, half of them of one product."""

    pairs: list[Pair]
    nearest: NDArray[np.bool_]  # (M,): of two products, the picture nearest to the first

    @property
    def same(self) -> NDArray[np.bool_]:
        return np.array([pair.same for pair in self.pairs])

    def only(self, kinds: Sequence[str]) -> list[Pair]:
        return [pair.only({"similarity", *kinds}) for pair in self.pairs]


def main(grocery: Path, kept: Path | None) -> None:
    seen = _read(kept) if kept and kept.exists() else _look(grocery)
    if kept:
        _write(seen, kept)
    train = {name: _pairs(name, seen.known, seen.known) for name in MODELS}
    val = {name: _pairs(name, seen.val, seen.known) for name in MODELS}
    figures = "AUROC, at random | AUROC, nearest | average precision | ECE (chance) | Brier"
    print(f"| looked at | products held out: {figures} | val: {figures} |")
    models = {}
    for name in MODELS:
        for kinds in _subsets(LOOKED_FOR):
            pairs = train[name].only(kinds)
            model = fit_pairs(pairs)
            models[pair_name(name, kinds)] = _plain(model)
            if name == "lite0" or len(kinds) == len(LOOKED_FOR):
                answers = np.array([model.probability(pair.evidence) for pair in val[name].only(kinds)])
                held_out, later = _figures(judge_pairs(pairs), train[name]), _figures(answers, val[name])
                print(f"| {name} {', '.join(kinds)} | {held_out} | {later} |")
    document = {
        "format": FORMAT,
        "prior": 0.5,
        "provenance": {
            "data": "Grocery Store Dataset: 81 catalogue pictures and 324 train photos; as many pairs of one product, "
            "from two occasions, as of two: one in four of these nearest neighbours, the others drawn at random",
            "digest": digest([pair for asked in train.values() for pair in asked.pairs]),
            "pairs": {name: len(asked.pairs) for name, asked in train.items()},
        },
        "models": models,
    }
    path = Path(calibrate.__file__).parent / "pairs.json"
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _look(grocery: Path) -> Seen:
    embedders = {name: load_embedder(name, threads=1) for name in MODELS}
    shot, asked = _some(_rows(grocery / "train.csv"), EACH), _some(_rows(grocery / "val.csv"), EACH_VAL)
    known = _shown(grocery, [*_rows(grocery / "catalogue.csv"), *shot], embedders)
    return Seen(known, _shown(grocery, asked, embedders))


def _shown(grocery: Path, rows: Sequence[dict[str, str]], embedders: dict[str, Embedder]) -> list[Shown]:
    side = max(decode_side(embedder.manifest.preprocessing) for embedder in embedders.values())
    shown = []
    for number, row in enumerate(rows, 1):
        view = open_view(grocery / row["photo"], side=side)
        vectors = {name: embedder.embed([view.scaled])[0] for name, embedder in embedders.items()}
        picture = view.full()
        shown.append(
            Shown(row["product_id"], "title" in row, vectors, {one.name: one.describe(picture) for one in VERIFIERS})
        )
        print(f"\r{number} of {len(rows)} pictures", end="", file=sys.stderr)
    return shown


def _pairs(model: str, one: list[Shown], other: list[Shown]) -> Asked:
    """Each unordered pair once; for each of one product one of two."""
    random = np.random.default_rng(SEED)
    cosines = np.stack([it.vectors[model] for it in one]) @ np.stack([it.vectors[model] for it in other]).T
    theirs, listed = np.array([it.product_id for it in other]), np.array([it.listed for it in other])
    pairs, nearest, seen = [], [], set()
    for at, shown in enumerate(one):
        for to in random.permutation(_other_occasions(shown, other))[:PARTNERS].tolist():
            strangers = np.flatnonzero((theirs != shown.product_id) & (listed == listed[to]))
            near = bool(random.random() < NEAREST)
            stranger = int(strangers[cosines[at, strangers].argmax()] if near else random.choice(strangers))
            for partner, alike in ((to, False), (stranger, near)):
                places = (min(at, partner), max(at, partner)) if one is other else (at, partner)
                if places not in seen:
                    seen.add(places)
                    pairs.append(_pair(model, shown, other[partner]))
                    nearest.append(alike)
    return Asked(pairs, np.array(nearest))


def _other_occasions(shown: Shown, others: list[Shown]) -> NDArray[np.int64]:
    """Places of pictures of its product that were not shot together with it."""
    places = [at for at, it in enumerate(others) if it.product_id == shown.product_id and it is not shown]
    if not places:
        return np.zeros(0, np.int64)
    shot = occasions(np.stack([shown.vectors["lite0"], *(others[at].vectors["lite0"] for at in places)]))
    return np.array([at for at, occasion in zip(places, shot[1:], strict=True) if occasion != shot[0]], np.int64)


def _pair(model: str, one: Shown, other: Shown) -> Pair:
    values: dict[str, float | None] = {"similarity": float(np.clip(one.vectors[model] @ other.vectors[model], -1, 1))}
    for verifier in VERIFIERS:
        finding = verifier.compare(one.described[verifier.name], other.described[verifier.name], Product(""))
        values[verifier.name] = None if finding is None else finding.value
    return Pair(CandidateEvidence(values), one.product_id == other.product_id, (one.product_id, other.product_id))


def _figures(probability: NDArray[np.float64], asked: Asked) -> str:
    same = asked.same
    curve = precision_recall(probability, same)
    average = float(np.sum(-np.diff(np.append(curve.recall, 0.0)) * curve.precision))
    at_random, near = (auroc(probability[same], probability[~same & it]) for it in (~asked.nearest, asked.nearest))
    return (
        f"{at_random:.3f} | {near:.3f} | {average:.3f} | "
        f"{expected_calibration_error(probability, same):.3f} ({chance_error(probability):.3f}) | "
        f"{brier_score(probability, same):.3f}"
    )


def _subsets(kinds: Sequence[str]) -> list[tuple[str, ...]]:
    return [subset for size in range(len(kinds) + 1) for subset in combinations(kinds, size)]


def _plain(model: PairModel) -> dict[str, object]:
    """Five digits are more than the data knows."""

    def rounded(values: dict[str, float]) -> dict[str, float]:
        return {name: round(value, 5) for name, value in values.items()}

    fusion = model.fusion
    return {
        "weights": rounded(dict(fusion.weights)),
        "none": round(fusion.none, 5),
        "typical": rounded(dict(fusion.typical)),
    }


def _some(rows: list[dict[str, str]], each: int) -> list[dict[str, str]]:
    """The same number of each product, evenly over its photos, since neighbours were shot on one occasion."""
    products: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        products.setdefault(row["product_id"], []).append(row)
    return [
        mine[at] for mine in products.values() for at in sorted({round(a) for a in np.linspace(0, len(mine) - 1, each)})
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(seen: Seen, path: Path) -> None:
    def plain(shown: Shown) -> dict[str, object]:
        return {
            "product_id": shown.product_id,
            "listed": shown.listed,
            "vectors": {name: base64.b64encode(vector.tobytes()).decode() for name, vector in shown.vectors.items()},
            "described": {name: base64.b64encode(said).decode() for name, said in shown.described.items()},
        }

    document = {"known": [plain(shown) for shown in seen.known], "val": [plain(shown) for shown in seen.val]}
    path.write_text(json.dumps(document), encoding="utf-8")


def _read(path: Path) -> Seen:
    document = json.loads(path.read_text(encoding="utf-8"))

    def shown(row: dict[str, Any]) -> Shown:
        return Shown(
            str(row["product_id"]),
            bool(row["listed"]),
            {name: np.frombuffer(base64.b64decode(text), np.float32) for name, text in row["vectors"].items()},
            {name: base64.b64decode(text) for name, text in row["described"].items()},
        )

    return Seen([shown(row) for row in document["known"]], [shown(row) for row in document["val"]])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
