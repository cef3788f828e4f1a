"""Photos drawn for the purpose, small enough that real networks learn from them in a second."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

SIZE = 48
COLOURS = {"blue": (40, 70, 200), "green": (40, 160, 60), "red": (200, 50, 40), "white": (235, 235, 230)}

Draw = Callable[..., Path]


def drawn(colour: tuple[int, int, int], number: int) -> Image.Image:
    """A disc of the colour on a grey ground, elsewhere and larger or smaller for each number."""
    random = np.random.default_rng([*colour, number])
    ground = int(random.integers(90, 150))
    photo = Image.new("RGB", (SIZE, SIZE), (ground, ground, ground))
    radius = int(random.integers(9, 16))
    x, y = (int(value) for value in random.integers(radius, SIZE - radius, 2))
    shade = random.integers(-25, 25, 3)
    red, green, blue = (int(value) for value in np.clip(np.array(colour) + shade, 0, 255))
    ImageDraw.Draw(photo).ellipse((x - radius, y - radius, x + radius, y + radius), fill=(red, green, blue))
    return photo


def draw_folders(folder: Path, *, photos: int = 8, classes: tuple[str, ...] = tuple(COLOURS), first: int = 0) -> Path:
    """`FOLDER/CLASS/N.png`."""
    for name in classes:
        (folder / name).mkdir(parents=True)
        for number in range(first, first + photos):
            drawn(COLOURS[name], number).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Threads that share so little work wait for each other longer than they work."""
    if torch := sys.modules.get("torch"):  # absent: what needs it is skipped
        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four classes with ten photos each. Read only."""
    return draw_folders(tmp_path_factory.mktemp("photos") / "shop", photos=10)


@pytest.fixture
def write_table(tmp_path: Path) -> Draw:
    """Writes rows (photo, product_id, category, ...) as a table; photos named by colour and number are drawn."""

    def write(name: str, rows: list[dict[str, str]]) -> Path:
        for row in rows:
            photo = tmp_path / row["photo"]
            colour, _, number = Path(row["photo"]).stem.partition("-")
            if colour in COLOURS and not photo.exists():
                drawn(COLOURS[colour], int(number)).save(photo)
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, fieldnames=list(rows[0]))
            table.writeheader()
            table.writerows(rows)
        return tmp_path / name

    return write
