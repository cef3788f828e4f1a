"""Fits the calibrations that are shipped for catalogues with one photo a product: one for each of the bundled models,
each set of evidence, and each ranking that such a catalogue may have (plain; views and mirrored photos).

    python tools/fit_default_calibration.py GROCERY

GROCERY is the folder of the Grocery Store Dataset with catalogue.csv and train.csv, as docs/calibration.md says.

Gallery: one picture from the list of each product. Queries: shop photos of train, a few of each product. Nothing of
the validation or test photos is read. Reading labels takes most of the five minutes.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
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
from shelflens.rank.joining import average
from shelflens.rank.views import gallery_views
from shelflens.search.labels import PROPOSED
from shelflens.search.ranking import SINGLE, Ranking
from shelflens.search.searcher import embed_pictures
from shelflens.search.verification import CANDIDATES
from shelflens.text.profile import details, names
from shelflens.text.statistics import TextStatistics
from shelflens.types import Product, Vectors
from shelflens.verify.base import Verifier
from shelflens.verify.local import LocalVerifier
from shelflens.verify.words import WordsVerifier

MODELS = ("lite0", "lite2", "joined:lite0,lite2")
EVIDENCE = ((), ("local",), ("words",), ("local", "words"))
RANKINGS = (Ranking(), SINGLE)
EACH = 4  # queries of a product
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
    compared, fitted = Compared(listed, queries, verifiers), {}
    for model in MODELS:
        for ranking in RANKINGS:
            found = _found(model, ranking, listed, queries)
            for kinds in EVIDENCE:
                examples = [_example(at, each, compared, kinds) for at, each in enumerate(found)]
                # Other shops have other categories, and the same words may mean others.
                calibration = fit(examples, data=data, options=FitOptions(per_category=False)).calibration
                name = default_name(model, kinds, views=ranking.views)
                fitted[name] = json.loads(calibration.to_json())
                print(name, calibration.provenance, flush=True)
    path = Path(calibrate.__file__).parent / "default.json"
    path.write_text(json.dumps(fitted, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """One query's cosines with every listed picture."""

    plain: Vectors  # (len(listed),), by which candidates are found
    compared: Vectors  # (len(listed),), by which they are ranked


def _found(model: str, ranking: Ranking, listed: list[Shown], queries: list[Shown]) -> list[Found]:
    embedder = load_embedder(model)
    plain = embedder.embed([one.picture for one in listed])
    compared = plain
    if ranking.mirrored:
        compared = average(
            [embedder.embed(side) for side in zip(*(gallery_views(o.picture) for o in listed), strict=True)]
        )
    asked = np.vstack([embed_pictures(embedder, [query.picture], ranking) for query in queries])
    return [Found(plain @ vector, compared @ vector) for vector in asked]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What the verifiers say, asked once of each pair."""

    listed: list[Shown]
    queries: list[Shown]
    verifiers: dict[str, Verifier]
    known: dict[tuple[str, int, int], float | None] = field(default_factory=dict)

    def value(self, name: str, query: int, photo: int) -> float | None:
        which = (name, query, photo)
        if which not in self.known:
            one, other = self.queries[query], self.listed[photo]
            finding = self.verifiers[name].compare(one.described[name], other.described[name], other.product)
            self.known[which] = None if finding is None else finding.value
        return self.known[which]


def _example(query: int, found: Found, compared: Compared, kinds: Sequence[str]) -> Example:
    """The candidates that a search would look at, with the evidence that it would look for."""
    near = np.argsort(-found.plain, kind="stable")[:CANDIDATES].tolist()
    if "words" in kinds:
        fits = np.array([compared.value("words", query, at) or 0.0 for at in range(len(compared.listed))])
        near += [at for at in np.argsort(-fits, kind="stable")[:PROPOSED].tolist() if fits[at] and at not in near]
    products = [compared.listed[at].product for at in near]
    candidates = tuple(
        CandidateEvidence(
            {"similarity": float(found.compared[at]), **{name: compared.value(name, query, at) for name in kinds}},
            product.category,
        )
        for at, product in zip(near, products, strict=True)
    )
    its = compared.queries[query].product.product_id
    ids = [product.product_id for product in products]
    return Example(candidates, ids.index(its) if its in ids else None, its)


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
