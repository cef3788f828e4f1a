"""Fits the calibration that is shipped for catalogues with one photo a product.

    python tools/fit_default_calibration.py GROCERY

GROCERY is the folder of the Grocery Store Dataset with catalogue.csv and train.csv, as docs/calibration.md says.

Gallery: one picture from the list of each product. Queries: shop photos of train, a few of each product. Nothing of
the validation or test photos is read.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from shelflens import calibrate
from shelflens.calibrate.evidence import CandidateEvidence
from shelflens.calibrate.examples import Example
from shelflens.calibrate.fitting import FitOptions, fit
from shelflens.embed.loading import load_embedder
from shelflens.picture.opening import open_file
from shelflens.types import Product
from shelflens.verify.local import LocalVerifier

EACH = 4  # queries of a product
CANDIDATES = 20


def main(grocery: Path) -> None:
    embedder, local = load_embedder("lite0", threads=1), LocalVerifier()
    catalogue = _rows(grocery / "catalogue.csv")
    listed = [_open(grocery / row["photo"]) for row in catalogue]
    gallery, described = embedder.embed(listed), [local.describe(picture) for picture in listed]
    place = {row["product_id"]: at for at, row in enumerate(catalogue)}
    examples = []
    for row in _some(_rows(grocery / "train.csv")):
        picture = _open(grocery / row["photo"])
        scores, mine = gallery @ embedder.embed([picture])[0], local.describe(picture)
        nearest = np.argsort(-scores, kind="stable")[:CANDIDATES].tolist()
        found = tuple(
            _evidence(float(scores[at]), local, mine, described[at], catalogue[at]["category"]) for at in nearest
        )
        right = place[row["product_id"]]
        examples.append(Example(found, nearest.index(right) if right in nearest else None, row["product_id"]))
    data = f"Grocery Store Dataset: {len(catalogue)} catalogue pictures, {len(examples)} train photos"
    # Other shops have other categories, and the same words may mean others.
    calibration = fit(examples, data=data, options=FitOptions(per_category=False)).calibration
    path = Path(calibrate.__file__).parent / "default.json"
    path.write_text(calibration.to_json() + "\n", encoding="utf-8")
    print(calibration)


def _evidence(score: float, local: LocalVerifier, query: bytes, photo: bytes, category: str) -> CandidateEvidence:
    finding = local.compare(query, photo, Product(""))
    return CandidateEvidence({"similarity": score, "local": None if finding is None else finding.value}, category)


def _some(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The same number of each product, evenly over its photos, since neighbours were shot on one occasion."""
    products: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        products.setdefault(row["product_id"], []).append(row)
    return [mine[round(at)] for mine in products.values() for at in np.linspace(0, len(mine) - 1, EACH)]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _open(path: Path) -> Image.Image:
    return open_file(path).image


if __name__ == "__main__":
    main(Path(sys.argv[1]))
