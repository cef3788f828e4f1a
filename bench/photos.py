"""The photos of the measurements: real ones where this machine has them, laid out as every engine can read them."""

from __future__ import annotations

import csv
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[1]
ABSENT = "the real photos are not on this machine (SHELFLENS_DATA names their folder; default ../shared/data)"


@dataclass(frozen=True, slots=True)
class Shop:
    """A gallery and queries of the same products: flat folders of JPEG files, and tables that say what they show."""

    folder: Path
    gallery: dict[str, str]  # file name -> product_id
    queries: dict[str, str]

    @property
    def table(self) -> Path:
        """Of the gallery: photo, product_id."""
        return self.folder / "gallery.csv"

    @property
    def gallery_photos(self) -> list[Path]:
        return [self.folder / "gallery" / name for name in self.gallery]

    @property
    def query_photos(self) -> list[Path]:
        return [self.folder / "queries" / name for name in self.queries]


def real_data() -> Path | None:
    """The folder of real photos."""
    folder = Path(os.environ.get("SHELFLENS_DATA", REPOSITORY.parent / "shared" / "data"))
    return folder if (folder / "grocery" / "train.csv").is_file() else None


def grocery(folder: Path, data: Path, *, every: int = 1) -> Shop:
    """Copies every n-th photo of Grocery's train (gallery) and val (queries) into `folder`; they are then in the
    page cache."""
    train, val = _rows(data / "grocery" / "train.csv"), _rows(data / "grocery" / "val.csv")
    shop = Shop(folder, _copy(train[::every], folder / "gallery"), _copy(val[::every], folder / "queries"))
    _write_table(shop)
    return shop


def enlarged(shop: Shop, folder: Path, *, side: int, every: int) -> Shop:
    """Every n-th gallery photo with a short side of so many pixels, as a phone would take it."""
    photos = folder / "gallery"
    photos.mkdir(parents=True, exist_ok=True)
    chosen = dict(list(shop.gallery.items())[::every])
    for name in chosen:
        with Image.open(shop.folder / "gallery" / name) as image:
            scale = side / min(image.size)
            large = image.convert("RGB").resize((round(image.width * scale), round(image.height * scale)))
        large.save(photos / name, quality=88)
    enlarged_shop = Shop(folder, chosen, {})
    _write_table(enlarged_shop)
    return enlarged_shop


def all_photos(data: Path) -> list[Path]:
    """The gallery photos of every real table: what modelled vectors are grown from."""
    tables = [data / "grocery" / "train.csv", data / "clothing" / "train.csv"]
    return [photo for table in tables if table.is_file() for photo, _ in _rows(table)]


def held_out(data: Path) -> list[Path]:
    """Photos outside `all_photos`, to query with."""
    tables = [data / "grocery" / "val.csv", data / "clothing" / "validation.csv"]
    return [photo for table in tables if table.is_file() for photo, _ in _rows(table)]


def _write_table(shop: Shop) -> None:
    with shop.table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("photo", "product_id"))
        writer.writerows((f"gallery/{name}", product_id) for name, product_id in shop.gallery.items())


def _rows(table: Path) -> list[tuple[Path, str]]:
    with table.open(newline="") as file:
        return [(table.parent / row["photo"], row.get("product_id") or row["category"]) for row in csv.DictReader(file)]


def _copy(rows: list[tuple[Path, str]], folder: Path) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    names = {}
    for at, (photo, product_id) in enumerate(rows):
        name = f"{at:05}.jpg"
        if not (folder / name).exists():
            shutil.copyfile(photo, folder / name)
        names[name] = product_id
    return names
