"""The drawn shop for measurements: photos whose truth is known, with a catalogue of them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from bench.workbench import Workbench
from shelflens.assemble import can_look_closer, open_catalogue
from shelflens.demo import draw

SEED = 7  # of what is reported; settings were chosen on seed 3
PRODUCTS = 120


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn shop."""

    folder: Path
    seed: int
    products: int

    def photos(self, table: str) -> list[tuple[Path, str]]:
        """(photo, product_id) of "catalogue", "queries" or "unknown"."""
        with (self.folder / f"{table}.csv").open(newline="", encoding="utf-8") as file:
            return [(self.folder / row["photo"], row["product_id"]) for row in csv.DictReader(file)]


def shop(bench: Workbench, *, seed: int = SEED) -> Drawn:
    """Drawn once a run; a few minutes."""
    products = 8 if bench.tiny else PRODUCTS
    folder = bench.scratch / f"drawn-{seed}"
    if not (folder / "unknown.csv").exists():
        draw(folder, seed=seed, products=products, workers=bench.cores)
    return Drawn(folder, seed, products)


def catalogue(drawn: Drawn) -> Path:
    """Of its catalogue pictures, described, and looked closer at where what that needs is installed; made once."""
    path = drawn.folder / "shop.lens"
    if not path.exists():
        with open_catalogue(path, create=True) as opened:
            opened.index(drawn.folder / "catalogue.csv")
            opened.look_closer([name for name in ("barcode", "local") if can_look_closer(name)])
            opened.attributes.describe_all()
    return path
