"""What locating the main body is worth: `python -m bench.locating DATA [--demo FOLDER]` prints the tables.

They stand in docs/locating.md. Frozen lite0, nearest photo, no other stage; every n-th photo of the large tables.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.embed.base import Embedder, Locating
from shelflens.embed.loading import load_embedder
from shelflens.locate.base import WHOLE
from shelflens.locate.choice import choose
from shelflens.picture import cut, decode_side, open_file
from shelflens.types import Vectors

LOCATORS: Final = ("whole", "auto", "plain", "activations")
MODEL: Final = "lite0"
BLOCKS: Final = 4  # that each product's photos are cut into, in order: neighbours are often of one visit
SHARES: Final = (0.35, 0.5, 0.65, 0.8)


@dataclass(frozen=True, eq=False)
class Photos:
    """Photos of one table, with their vectors by locator."""

    name: str
    products: NDArray[np.str_]  # (N,)
    vectors: Mapping[str, Vectors]
    cut: Mapping[str, int] = field(default_factory=dict)  # of how many a locator leaves something out

    @property
    def blocks(self) -> NDArray[np.int64]:
        """(N,): which part of its product's photos each is in."""
        found = np.zeros(len(self.products), dtype=np.int64)
        for product in np.unique(self.products):
            places = np.nonzero(self.products == product)[0]
            found[places] = np.arange(len(places)) * BLOCKS // len(places)
        return found


class Reader:
    """Tables to photos with vectors, each picture opened once."""

    def __init__(self, locators: Sequence[str] = LOCATORS) -> None:
        self.plain: Embedder = load_embedder(MODEL, threads=1)
        self.located = {name: load_embedder(f"located:{name},{MODEL}", threads=1) for name in locators}
        self.side = decode_side(self.plain.manifest.preprocessing)

    def read(self, table: Path, *, every: int = 1, share: float = 1.0) -> Photos:
        """Every n-th photo; each laid on a larger background of which it is this share."""
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))[::every]
        made: dict[str, list[Vectors]] = {name: [] for name in self.located}
        cuts = dict.fromkeys(self.located, 0)
        random = np.random.default_rng(1)
        for row in rows:
            picture = open_file(table.parent / row["photo"], side=self.side).image
            if share < 1:
                picture = with_room(picture, share, random)
            whole = self.plain.embed([picture])
            for name, embedder in self.located.items():
                assert isinstance(embedder, Locating)
                seen = embedder.seen(picture)
                made[name].append(whole if seen == WHOLE else embedder.inner.embed([cut(picture, seen)]))
                cuts[name] += seen != WHOLE
        products = np.array([row.get("product_id") or row["category"] for row in rows])
        name = f"{table.parent.name}/{table.stem}"
        return Photos(name, products, {name: np.vstack(vectors) for name, vectors in made.items()}, cuts)


def with_room(picture: Image.Image, share: float, random: np.random.Generator) -> Image.Image:
    """The picture somewhere on a larger one of its background's colour."""
    size = (round(picture.width / share), round(picture.height / share))
    larger = Image.new("RGB", size, picture.getpixel((2, 2)))
    place = [int(random.uniform(0, larger - own)) for larger, own in zip(size, picture.size, strict=True)]
    larger.paste(picture, (place[0], place[1]))
    return larger


def right(gallery: Photos, queries: Photos, one: str, vectors: Vectors) -> list[bool]:
    """Of each query, whether its nearest photo, the gallery located by `one`, is its product's. The same photos on both
    sides are cross-validated by blocks."""
    cosines = vectors @ gallery.vectors[one].T
    if gallery is queries:
        cosines[gallery.blocks[None] == queries.blocks[:, None]] = -np.inf
    found: list[bool] = (gallery.products[cosines.argmax(axis=1)] == queries.products).tolist()
    return found


def show(gallery: Photos, queries: Photos) -> None:
    """A row: the same locator on both sides; then two ways to see the queries alone otherwise, the gallery whole."""
    same = {name: right(gallery, queries, name, queries.vectors[name]) for name in LOCATORS}
    active = queries.vectors["activations"]
    mean = queries.vectors["whole"] + active
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    alone, both = (right(gallery, queries, "whole", vectors) for vectors in (active, mean))
    cells = [f"{np.mean(its):.3f}" for its in (*same.values(), alone, both)]
    sides = f"{gallery.name}, {len(gallery.products)} → {queries.name}, {len(queries.products)}"
    cuts = gallery.cut["auto"] + (queries.cut["auto"] if queries is not gallery else 0)
    of = len(gallery.products) + (len(queries.products) if queries is not gallery else 0)
    print(f"| {sides} | {' | '.join(cells)} | {cuts} of {of} | {choose(same)} |", flush=True)


def show_room(share: float, gallery: Photos, queries: Sequence[Photos]) -> None:
    cells = [
        f"{np.mean(right(gallery, asked, name, asked.vectors[name])):.3f}"
        for asked in queries
        for name in gallery.vectors
    ]
    print(f"| {share} | {' | '.join(cells)} | {gallery.cut['auto']} of {len(gallery.products)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with grocery/ and clothing/")
    parser.add_argument("--demo", type=Path, help="what `shelflens demo FOLDER --draw-only` has drawn")
    parser.add_argument("--all", action="store_true", help="every photo, not every n-th of the large tables")
    options = parser.parse_args()
    grocery, clothing = options.data / "grocery", options.data / "clothing"

    def every(n: int) -> int:
        return 1 if options.all else n

    reader = Reader()
    listed = reader.read(grocery / "catalogue.csv")
    train = reader.read(grocery / "train.csv", every=every(3))
    val = reader.read(grocery / "val.csv")
    print("| Recall@1 | whole | auto | plain | activations | queries alone by activations | and both averaged ", end="")
    print("| auto cuts | chosen |\n|---|---|---|---|---|---|---|---|---|")
    for gallery, queries in ((listed, train), (listed, val), (train, train), (train, val)):
        show(gallery, queries)
    kinds, others = (
        reader.read(clothing / "train.csv", every=every(4)),
        reader.read(clothing / "validation.csv", every=every(2)),
    )
    show(kinds, kinds)
    show(kinds, others)
    if options.demo:
        pack_shots = reader.read(options.demo / "catalogue.csv")
        show(pack_shots, reader.read(options.demo / "queries.csv"))
    roomy = Reader(("whole", "auto", "plain"))
    asked = (train, val)
    names = [f"{queries.name}: {name}" for queries in asked for name in roomy.located]
    print(f"\n| share | {' | '.join(names)} | auto cuts |\n|---{'|---' * (len(names) + 1)}|")
    for share in SHARES:
        show_room(share, roomy.read(grocery / "catalogue.csv", share=share), asked)
    print(f"\n{time.process_time():.0f} seconds of a core")


if __name__ == "__main__":
    main()
