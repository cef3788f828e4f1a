"""Paints that are easily mistaken, a model that knows all but one of them, and its assessment."""

from __future__ import annotations

import colorsys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.trained import train_model

from shelflens.assess import Assessment, Model, assess, load_model
from shelflens.feed.base import BadRow, FeedRow, FilePhoto, PhotoPlace
from shelflens.picture import Picture, open_file
from shelflens.types import Product

PAINTS, KNOWN, PHOTOS, QUERIES = 7, 6, 6, 54
GROUPS = {"category": {f"paint-{number}": "warm" if number < 3 else "cold" for number in range(KNOWN)}}


def draw(path: Path, paint: int, number: int, *, noise: float) -> Path:
    random = np.random.default_rng([paint, number])
    colour = np.array(colorsys.hsv_to_rgb(paint / PAINTS, 0.3, 0.8)) * 255
    surface = colour + random.normal(scale=noise, size=(6, 6, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(surface.clip(0, 255).astype(np.uint8)).resize((64, 64), Image.Resampling.NEAREST).save(path)
    return path


def read(place: PhotoPlace, side: int) -> Picture:
    assert isinstance(place, FilePhoto)
    return open_file(place.path, side=side)


def row(path: Path, label: str, number: int) -> FeedRow:
    return FeedRow(Product(label), (FilePhoto(path),), f"data.csv:{number + 2}")


@pytest.fixture(scope="session")
def paints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`train/` and `val/`, class folders of paints."""
    folder = tmp_path_factory.mktemp("paints")
    for paint in range(PAINTS):
        for number in range(PHOTOS):
            draw(folder / "train" / f"paint-{paint}" / f"{number}.png", paint, number, noise=90)
    for number in range(QUERIES):
        paint = number % PAINTS
        draw(folder / "val" / f"paint-{paint}" / f"{number}.png", paint, 100 + number, noise=110)
    return folder


@pytest.fixture(scope="session")
def model_folder(paints: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    photos = [photo for photo in sorted(paints.glob("train/*/*.png")) if photo.parent.name != f"paint-{KNOWN}"]
    return train_model(
        tmp_path_factory.mktemp("models") / "paints",
        [open_file(photo).image for photo in photos],
        [photo.parent.name for photo in photos],
        groups=GROUPS,
    )


@pytest.fixture(scope="session")
def model(model_folder: Path) -> Model:
    return load_model(str(model_folder))


@pytest.fixture(scope="session")
def rows(paints: Path) -> list[FeedRow | BadRow]:
    return [row(photo, photo.parent.name, n) for n, photo in enumerate(sorted(paints.glob("val/*/*.png")))]


@pytest.fixture(scope="session")
def found(model: Model, rows: list[FeedRow | BadRow]) -> Assessment:
    """With two rows that cannot be used."""
    bad = BadRow("data.csv:98", "photo <missing>; name a file")
    nameless = FeedRow(Product("paint-0"), (), "data.csv:99")
    return assess(model, [bad, *rows, nameless], read=read, workers=2)
