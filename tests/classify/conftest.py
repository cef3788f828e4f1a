"""A small trained model, and the photos that it was trained on."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from tests.trained import train_model

from shelflens.picture import open_file

GROUPS = {"category": {f"p{number}": "even" if number % 2 == 0 else "odd" for number in range(8)}}


@pytest.fixture(scope="session")
def model(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder; read only."""
    photos = sorted(shop.glob("*/*.jpg"))
    return train_model(
        tmp_path_factory.mktemp("models") / "shapes",
        [open_file(photo).image for photo in photos],
        [photo.parent.name for photo in photos],
        groups=GROUPS,
        temperature=0.5,
    )


@pytest.fixture(scope="session")
def pictures(shop: Path) -> list[Image.Image]:
    """One of each product; the last equals the first."""
    shown = [open_file(folder / "1.jpg").image for folder in sorted(shop.iterdir())]
    return [*shown, shown[0].copy()]
