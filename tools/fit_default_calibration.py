"""Fits the calibrations that are shipped for catalogues with one photo a product: one for each of the bundled models
and each set of evidence.

    python tools/fit_default_calibration.py GROCERY

GROCERY is the folder of the Grocery Store Dataset with catalogue.csv and train.csv, as docs/calibration.md says.

Gallery: one picture from the list of each product. Queries: shop photos of train, a few of each product. Nothing of
the validation or test photos is read. Reading labels takes most of the five minutes.
"""

from __future__ import annotations

import csv
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from shelflens import calibrate
from shelflens.calibrate.calibration import default_name
from shelflens.calibrate.evidence import CandidateEvidence
from shelflens.calibrate.examples import Example
from shelflens.calibrate.fitting import FitOptions, fit
from shelflens.embed.loading import load_embedder
from shelflens.picture.opening import open_file
from shelflens.text.profile import details, names
from shelflens.text.statistics import TextStatistics
from shelflens.types import Product
from shelflens.verify.base import Verifier
from shelflens.verify.local import LocalVerifier
from shelflens.verify.words import WordsVerifier

MODELS = ("lite0", "lite2", "joined:lite0,lite2")
EVIDENCE = ((), ("local",), ("words",), ("local", "words"))
EACH = 4  # queries of a product
CANDIDATES = 20
THREADS = 2


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture, with what each verifier made of it."""

    product: Product
    picture: Image.Image
    described: dict[str, bytes]


def main(grocery: Path) -> None:
    rows = _rows(grocery / "catalogue.csv")
    products = [Product(r["product_id"], r["title"], r["description"], category=r["category"]) for r in rows]
    statistics = TextStatistics.of((*names(product), *details(product)) for product in products)
    verifiers: dict[str, Verifier] = {"local": LocalVerifier(), "words": WordsVerifier(statistics)}
    shot = _some(_rows(grocery / "train.csv"))

    def shown(product: Product, row: dict[str, str]) -> Shown:
        picture = open_file(grocery / row["photo"]).image
        return Shown(product, picture, {name: verifier.describe(picture) for name, verifier in verifiers.items()})

    with ThreadPoolExecutor(THREADS) as pool:
        listed = list(pool.map(shown, products, rows))
        queries = list(pool.map(shown, [Product(row["product_id"]) for row in shot], shot))
    data = f"Grocery Store Dataset: {len(listed)} catalogue pictures, {len(queries)} train photos"
    fitted = {}
    for model in MODELS:
        every = _examples(model, listed, queries, verifiers)
        for evidence in EVIDENCE:
            examples = [_only(example, {"similarity", *evidence}) for example in every]
            # Other shops have other categories, and the same words may mean others.
            calibration = fit(examples, data=data, options=FitOptions(per_category=False)).calibration
            fitted[default_name(model, evidence)] = json.loads(calibration.to_json())
            print(default_name(model, evidence), calibration.provenance)
    path = Path(calibrate.__file__).parent / "default.json"
    path.write_text(json.dumps(fitted, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _examples(model: str, listed: list[Shown], queries: list[Shown], verifiers: dict[str, Verifier]) -> list[Example]:
    embedder = load_embedder(model)
    gallery = embedder.embed([one.picture for one in listed])
    examples = []
    for query in queries:
        scores = gallery @ embedder.embed([query.picture])[0]
        nearest = np.argsort(-scores, kind="stable")[:CANDIDATES].tolist()
        found = tuple(_evidence(float(scores[at]), query, listed[at], verifiers) for at in nearest)
        right = [listed[at].product.product_id for at in nearest]
        its = query.product.product_id
        examples.append(Example(found, right.index(its) if its in right else None, its))
    return examples


def _evidence(score: float, query: Shown, photo: Shown, verifiers: dict[str, Verifier]) -> CandidateEvidence:
    values: dict[str, float | None] = {"similarity": score}
    for name, verifier in verifiers.items():
        finding = verifier.compare(query.described[name], photo.described[name], photo.product)
        values[name] = None if finding is None else finding.value
    return CandidateEvidence(values, photo.product.category)


def _only(example: Example, kinds: set[str]) -> Example:
    """The same question, had only these kinds of evidence been looked for."""
    candidates = tuple(
        CandidateEvidence({name: value for name, value in one.values.items() if name in kinds}, one.category)
        for one in example.candidates
    )
    return Example(candidates, example.right, example.product_id)


def _some(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The same number of each product, evenly over its photos, since neighbours were shot on one occasion."""
    products: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        products.setdefault(row["product_id"], []).append(row)
    return [mine[round(at)] for mine in products.values() for at in np.linspace(0, len(mine) - 1, EACH)]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
