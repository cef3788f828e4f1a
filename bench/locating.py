"""What locating the main body is worth: `python -m bench.locating DATA [--demo FOLDER]` prints the tables.

They stand in docs/locating.md. Frozen lite0, nearest photo, no other stage. Every n-th photo of the
large tables; about ten minutes of a core.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.embed.loading import load_embedder
from shelflens.locate.choice import choose
from shelflens.picture import decode_side, open_file
from shelflens.types import Vectors

LOCATORS = ("whole", "auto", "plain", "activations")
MODEL = "lite0"
BLOCKS = 4  # that each product's photos are cut into, in order: neighbours are often of one visit


@dataclass(frozen=True, eq=False)
class Table:
    """Photos with their vectors by locator."""

    name: str
    products: NDArray[np.str_]  # (N,)
    packaged: NDArray[np.bool_]  # (N,)
    vectors: dict[str, Vectors]

    @property
    def blocks(self) -> NDArray[np.int64]:
        """(N,): which part of its product's photos each is in."""
        found = np.zeros(len(self.products), dtype=np.int64)
        for product in np.unique(self.products):
            places = np.nonzero(self.products == product)[0]
            found[places] = np.arange(len(places)) * BLOCKS // len(places)
        return found


def with_room(picture: Image.Image, share: float, random: np.random.Generator) -> Image.Image:
    """The picture somewhere on a larger one of its background's colour."""
    size = (round(picture.width / share), round(picture.height / share))
    larger = Image.new("RGB", size, picture.getpixel((2, 2)))
    place = [int(random.uniform(0, larger - own)) for larger, own in zip(size, picture.size, strict=True)]
    larger.paste(picture, (place[0], place[1]))
    return larger


def read(table: Path, *, every: int = 1, share: float = 1.0) -> Table:
    """Every n-th photo; each laid on a larger background of which it is this share."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[::every]
    paths = [table.parent / row["photo"] for row in rows]
    embedders = {name: load_embedder(f"located:{name},{MODEL}", threads=1) for name in LOCATORS}
    side = decode_side(embedders["whole"].manifest.preprocessing)
    made: dict[str, list[Vectors]] = {name: [] for name in LOCATORS}
    random = np.random.default_rng(1)
    for path in paths:
        picture = open_file(path, side=side).image
        if share < 1:
            picture = with_room(picture, share, random)
        for name, embedder in embedders.items():
            made[name].append(embedder.embed([picture]))
    return Table(
        f"{table.parent.name}/{table.stem}" + (f" at {share:g} of the picture" if share < 1 else ""),
        np.array([row.get("product_id") or row["category"] for row in rows]),
        np.array(["/Packages/" in path.as_posix() for path in paths]),
        {name: np.vstack(vectors) for name, vectors in made.items()},
    )


def show(gallery: Table, queries: Table) -> None:
    """All pairs of locators; the same table on both sides is cross-validated by blocks."""
    print(f"\n**{gallery.name} → {queries.name}** ({len(gallery.products)} and {len(queries.products)} photos)\n")
    print("| gallery | query | Recall@1 | Recall@5 | Recall@1 packaged |\n|---|---|---|---|---|")
    hidden = gallery.blocks[None] == queries.blocks[:, None] if gallery is queries else None
    right: dict[str, list[bool]] = {}
    for one in LOCATORS:
        for other in LOCATORS:
            cosines = queries.vectors[other] @ gallery.vectors[one].T
            if hidden is not None:
                cosines[hidden] = -np.inf
            ranked = [list(dict.fromkeys(gallery.products[np.argsort(-row, kind="stable")])) for row in cosines]
            first = np.array([its[0] == truth for its, truth in zip(ranked, queries.products, strict=True)])
            five = np.mean([truth in its[:5] for its, truth in zip(ranked, queries.products, strict=True)])
            packaged = f"{first[queries.packaged].mean():.3f}" if queries.packaged.any() else ""
            print(f"| {one} | {other} | {first.mean():.3f} | {five:.3f} | {packaged} |", flush=True)
            if one == other:
                right[one] = first.tolist()
    print(f"\nChosen: {choose(right)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with grocery/ and clothing/")
    parser.add_argument("--demo", type=Path, help="what `shelflens demo FOLDER --draw-only` has drawn")
    options = parser.parse_args()
    grocery, clothing = options.data / "grocery", options.data / "clothing"
    listed, train, val = (
        read(grocery / "catalogue.csv"),
        read(grocery / "train.csv", every=3),
        read(grocery / "val.csv"),
    )
    for gallery, queries in ((listed, train), (listed, val), (train, train), (train, val)):
        show(gallery, queries)
    for share in (0.35, 0.5, 0.65, 0.8):
        roomy = read(grocery / "catalogue.csv", share=share)
        show(roomy, train)
        show(roomy, val)
    kinds, others = read(clothing / "train.csv", every=4), read(clothing / "validation.csv", every=2)
    show(kinds, kinds)
    show(kinds, others)
    if options.demo:
        show(read(options.demo / "catalogue.csv"), read(options.demo / "queries.csv"))


if __name__ == "__main__":
    main()
