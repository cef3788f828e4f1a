"""A small shop whose products say what they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import shelflens

TITLES = (
    "Red ball 红球",
    "Orange square box",
    "Lime tent",
    "Green cushion",
    "Cyan ball 青球",
    "Blue square box",
    "Violet tent",
    "Pink cushion",
)


@pytest.fixture(scope="package")
def worded(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[shelflens.Catalogue]:
    """Eight products with two photos each, p0 to p7; their third photos are left for queries. Read only."""
    folder = tmp_path_factory.mktemp("worded")
    lines = ["product_id,title,description,brand,price,photo"]
    for product, title in enumerate(TITLES):
        said = f"Sold by the {'pair' if product % 2 else 'dozen'}"
        brand = "Lumo" if product < 4 else "Brix"
        lines += [f"p{product},{title},{said},{brand},{product},{shop}/p{product}/{number}.jpg" for number in range(2)]
    (folder / "products.csv").write_text("\n".join(lines), encoding="utf-8")
    with shelflens.open(folder / "shop.lens", create=True) as opened:
        opened.index(folder / "products.csv")
        yield opened
