"""What each stage of ranking is worth: `python -m bench.ablation DATA` prints the tables of docs/evidence-ranking.md.

Nothing is trained. Galleries: Grocery's catalogue pictures, Grocery's train photos, Clothing's train photos; queries:
the validation photos. Vectors and descriptions are kept in the cache; to make them takes about half an hour of a core.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from shelflens.embed.loading import load_embedder
from shelflens.picture import open_file
from shelflens.rank import whitening
from shelflens.rank.augmentation import augment
from shelflens.rank.expansion import expand
from shelflens.rank.fusion import SIMILARITY, combined
from shelflens.rank.joining import average, join
from shelflens.rank.reciprocal import distances
from shelflens.rank.views import closer
from shelflens.rank.voting import vote
from shelflens.text.statistics import TextStatistics
from shelflens.types import Product, Vectors
from shelflens.verify.base import Verifier
from shelflens.verify.local import LocalVerifier
from shelflens.verify.words import WordsVerifier

DEPTH = 50
VIEWS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "full": lambda picture: picture,
    "flip": ImageOps.mirror,
    "closer": closer,
}
Scores: TypeAlias = NDArray[np.floating[Any]]  # (Q, N), higher is nearer


@dataclass(frozen=True)
class Photos:
    """One table of photos."""

    name: str
    paths: list[Path]
    products: list[Product]  # of each photo
    cache: Path

    @property
    def truth(self) -> NDArray[np.str_]:
        return np.array([product.product_id for product in self.products])

    def vectors(self, model: str, view: str = "full") -> Vectors:
        path = self.cache / f"views_{self.name}_{model.replace(':', '-')}_{view}.npy"
        if not path.exists():
            embedder = load_embedder(model)
            np.save(path, np.vstack([embedder.embed([VIEWS[view](open_file(photo).image)]) for photo in self.paths]))
        vectors: Vectors = np.load(path)
        return vectors

    def both(self, view: str = "full") -> Vectors:
        return join([self.vectors("lite0", view), self.vectors("lite2", view)])

    def described(self, verifier: Verifier) -> list[bytes]:
        path = self.cache / f"described_{self.name}_{verifier.name}.npz"
        if not path.exists():
            made = [verifier.describe(open_file(photo).image) for photo in self.paths]
            np.savez(path, ends=np.cumsum([len(one) for one in made]), data=np.frombuffer(b"".join(made), np.uint8))
        with np.load(path) as file:
            ends, data = file["ends"].tolist(), file["data"].tobytes()
        return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def photos(data: Path, name: str, cache: Path) -> Photos:
    table = data / f"{name}.csv"
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    products = [
        Product(
            identity := row.get("product_id") or row["category"],
            title=row.get("title") or identity.replace("-", " "),
            description=row.get("description") or "",
        )
        for row in rows
    ]
    return Photos(name.replace("/", "_"), [table.parent / row["photo"] for row in rows], products, cache)


class Trial:
    """One gallery and its queries."""

    def __init__(self, gallery: Photos, queries: Photos) -> None:
        self.gallery, self.queries = gallery, queries
        self.counts = Counter(gallery.truth.tolist())
        self.packaged = np.array(["/Packages/" in path.as_posix() for path in queries.paths])

    def show(self, stage: str, scores: Scores, *, voted: bool = False) -> None:
        firsts, fives = [], []
        for row, truth in zip(scores, self.queries.truth, strict=True):
            near = np.argsort(-row, kind="stable")[:DEPTH]
            products = self.gallery.truth[near].tolist()
            if voted:
                ranked = [product for product, _ in vote(products, row[near].tolist(), self.counts)]
            else:
                ranked = list(dict.fromkeys(products))
            firsts.append(ranked[0] == truth)
            fives.append(truth in ranked[:5])
        first = np.array(firsts)
        packaged = f"{first[self.packaged].mean():.3f}" if self.packaged.any() else ""
        print(f"| {stage} | {first.mean():.3f} | {np.mean(fives):.3f} | {packaged} |", flush=True)

    def with_evidence(self, similarity: Scores, *, local: bool, words: bool) -> Scores:
        """Similarity of the candidates, and what a closer look at the best DEPTH of them says; others are out."""
        verifier = LocalVerifier()
        reader = WordsVerifier(self.statistics) if words else WordsVerifier()
        descriptions = [p.described(verifier) if local else [b""] * len(p.paths) for p in (self.queries, self.gallery)]
        read = [self.queries.described(reader) if words else [b""] * len(self.queries.paths)]
        # Reading 2,640 photos takes half an hour; there the products' names alone are compared.
        few = words and len(self.gallery.paths) < 500
        read.append(self.gallery.described(reader) if few else [b""] * len(self.gallery.paths))
        scores = np.full(similarity.shape, -np.inf)
        for query, row in enumerate(similarity):
            for place in np.argsort(-row, kind="stable")[:DEPTH]:
                product = self.gallery.products[place]
                points = verifier.compare(descriptions[0][query], descriptions[1][place], product)
                label = reader.compare(read[0][query], read[1][place], product)
                scores[query, place] = combined(
                    float(row[place]), local=points.value if points else None, words=label.value if label else None
                )
        return scores

    @property
    def statistics(self) -> TextStatistics:
        products = {product.product_id: product for product in self.gallery.products}
        return TextStatistics.of([product.title, product.description] for product in products.values())


def run(trial: Trial, *, evidence: bool) -> None:
    gallery, queries = trial.gallery, trial.queries
    print(f"\n**{gallery.name} → {queries.name}**\n\n| stage | R@1 | R@5 | R@1 packaged |\n|---|---|---|---|")
    for model in ("bovw:sift", "bovw:orb", "lite0", "lite2") if len(gallery.paths) < 500 else ("lite0", "lite2"):
        trial.show(model, queries.vectors(model) @ gallery.vectors(model).T)
    base, asked = gallery.both(), queries.both()
    trial.show("lite0 + lite2", asked @ base.T)
    flipped = average([asked, queries.both("flip")])
    trial.show("… query flipped", flipped @ base.T)
    views = average([asked, queries.both("flip"), queries.both("closer")])
    trial.show("… query flipped and closer", views @ base.T)
    if len(gallery.paths) < 500:
        base = average([base, gallery.both("flip")])
        trial.show("… and gallery flipped", views @ base.T)
    white = whitening.learn(base)
    trial.show("… whitened", white(views) @ white(base).T)
    if len(base) >= whitening.ENOUGH:
        views, base = white(views), white(base)
    similarity = (views @ base.T).astype(np.float64)
    trial.show("expansion, instead of what follows", expand(views, base) @ base.T)
    trial.show("augmentation, instead of what follows", views @ augment(base).T)
    trial.show("k-reciprocal, instead of what follows", reciprocal(views, base, similarity))
    several = len(gallery.paths) > len(trial.counts)
    if several:
        trial.show("votes of a product's photos", SIMILARITY * SHARE * similarity, voted=True)
    if evidence:
        for name, local, words in (("local", True, False), ("words", False, True), ("local + words", True, True)):
            scores = trial.with_evidence(similarity * (SHARE if several else 1), local=local, words=words)
            trial.show(name, scores, voted=several)


#: Whitened cosines spread twice as far as plain ones, so half of their weight is right beside other evidence.
SHARE = 0.5


def reciprocal(queries: Vectors, gallery: Vectors, similarity: Scores) -> Scores:
    """The best 200 candidates in the new order."""
    scores = np.full(similarity.shape, -np.inf)
    for query, row in enumerate(similarity):
        near = np.argsort(-row, kind="stable")[:200]
        scores[query, near] = -distances(queries[query], gallery[near])
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with grocery/ and clothing/")
    parser.add_argument("--cache", type=Path, default=Path("ablation-cache"))
    options = parser.parse_args()
    options.cache.mkdir(exist_ok=True)
    for gallery, queries, evidence in (
        ("grocery/catalogue", "grocery/val", True),
        ("grocery/train", "grocery/val", True),
        ("clothing/train", "clothing/validation", False),
    ):
        trial = Trial(photos(options.data, gallery, options.cache), photos(options.data, queries, options.cache))
        run(trial, evidence=evidence)


if __name__ == "__main__":
    main()
