"""`shelflens demo`: draws a shop, its catalogue pictures and photos taken in it, the same for the same seed.

Two rounds of jobs, each job one product: first every package is drawn and photographed in the studio, then it is
photographed in scenes where the packages of others stand about. A job's random numbers come from the seed and the
product alone, so neither the number of workers nor their order shows in the result.
"""

from __future__ import annotations

import csv
import io
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from shelflens.demo import lens
from shelflens.demo.assortment import Item, assortment, strangers
from shelflens.demo.colour import WHITE, Colour
from shelflens.demo.package import Package, View
from shelflens.demo.scene import SCENES, Cast, studio
from shelflens.demo.shapes import package

_SIDE = 640  # of a catalogue picture, pixels
_FRAMES = ((720, 900), (800, 800), (900, 760))  # of shop photos
_BLACK: Colour = (0, 0, 0)
_SPARE = 1.12  # the scene is larger than the frame, for the camera to move in
_PAPERS: tuple[Colour, ...] = (WHITE, WHITE, (246, 245, 242), (240, 243, 245), (247, 242, 236))
_CLUTTER = (
    "apple",
    "lemon",
    "leaf",
    "cup",
    "orange",
    "wheat",
    "tomato",
    "daisy",
    "banana",
    "hazelnut",
    "mint",
    "beans",
)
_VISITS = 3  # shop photos of each product
_STUDIO, _SHOP, _ROW = 0, 1, 2  # which random numbers are whose


@dataclass(frozen=True, slots=True)
class ShopPhoto:
    """One photo taken outside the studio, and the truth about it."""

    photo: str  # relative to the demo's folder
    item: Item
    barcode_visible: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A photo before it is saved."""

    photo: Image.Image
    view: View  # of its product
    quality: int  # of the JPEG


@dataclass(frozen=True, slots=True, eq=False)
class Outlined:
    """A shop photo, and what of its product shows."""

    product_id: str
    taken: Taken
    white: NDArray[np.float32]  # (H, W, 3): the photo, were the product white: its light
    cover: NDArray[np.float32]  # (H, W), towards 1 in good light where the product shows, 0 elsewhere


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the drawn shop lies."""

    folder: Path
    catalogue: Path  # CSV, one line per catalogue picture
    queries: Path  # CSV, shop photos of products in the catalogue
    unknown: Path  # CSV, shop photos of products that are not
    products: int
    catalogue_photos: int
    query_photos: int
    unknown_photos: int


@dataclass(frozen=True, slots=True)
class _Job:
    item: Item
    seed: int
    folder: Path  # of the demo
    cutouts: Path  # of the packages, between the rounds
    photos: int  # studio: catalogue pictures; shop: photos
    neighbours: tuple[Item, ...] = ()


def draw(
    folder: Path,
    *,
    seed: int = 7,
    products: int = 120,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> Demo:
    """Fills `folder`; `progress(done, of)` counts pictures. ShelflensError where `products` is out of range.

    Equal seeds give equal bytes, on one version of Pillow. The tables come last: a folder with tables is whole.
    """
    sold, unsold = assortment(products), strangers(products)
    for name in ("catalogue", "shop"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    total = (2 + _VISITS) * len(sold) + len(unsold)
    done = 0

    def count(pictures: int) -> None:
        nonlocal done
        done += pictures
        if progress is not None:
            progress(done, total)

    shop_photos: list[ShopPhoto] = []
    with tempfile.TemporaryDirectory(prefix="shelflens-demo-") as cutouts:
        studio_jobs = [
            _Job(item, seed, folder, Path(cutouts), photos)
            for items, photos in ((sold, 2), (unsold, 0))
            for item in items
        ]
        shop_jobs = [
            _Job(item, seed, folder, Path(cutouts), photos, _neighbours(item, sold, seed))
            for items, photos in ((sold, _VISITS), (unsold, 1))
            for item in items
        ]
        with _Workers(workers if workers is not None else os.cpu_count() or 1) as pool:
            for pictures in pool.map(_in_studio, studio_jobs):
                count(pictures)
            for photos in pool.map(_in_shop, shop_jobs):
                shop_photos += photos
                count(len(photos))
    return _tabulate(folder, sold, shop_photos)


def _in_studio(job: _Job) -> int:
    """Draws the package from its three sides, and the catalogue pictures."""
    rng = np.random.default_rng((job.seed, _STUDIO, job.item.number))
    for view in View:
        cutout = package(job.item, view, rng)
        _keep(job, view, cutout)
        if view is not View.CODE and job.photos:
            picture = studio(cutout, _SIDE, _PAPERS[rng.integers(len(_PAPERS))])
            picture.save(job.folder / _studio_photo(job.item, view), quality=92, subsampling=0)
    return job.photos


def _in_shop(job: _Job) -> list[ShopPhoto]:
    neighbours = tuple(_cutout(job, other, View.FRONT) for other in job.neighbours)
    return [_shop_photo(job, number, neighbours) for number in range(job.photos)]


def _shop_photo(job: _Job, number: int, neighbours: tuple[Package, ...]) -> ShopPhoto:
    taken = _taken(job, number, neighbours)
    name = f"shop/{job.item.product_id}-{number + 1}.jpg"
    taken.photo.save(job.folder / name, quality=taken.quality)
    return ShopPhoto(name, job.item, taken.view is View.CODE)


def _taken(job: _Job, number: int, neighbours: tuple[Package, ...], *, paint: Colour | None = None) -> Taken:
    """The first photo is taken at the shelf, the second anywhere else, the third of the side with the barcode. With
    `paint` the same, its product in that colour all over."""
    rng = np.random.default_rng((job.seed, _SHOP, job.item.number, number))
    kind = number if job.photos == _VISITS else int(rng.integers(_VISITS))
    code = kind == 2
    view = View.CODE if code else (View.FRONT, View.TURNED)[int(rng.random() < 0.4 * kind)]
    clutter = rng.choice(len(_CLUTTER), size=int(rng.integers(1, 4)), replace=False)
    hero = _cutout(job, job.item, view)
    cast = Cast(
        hero if paint is None else _painted(hero, paint),
        neighbours,
        job.item.price,
        tuple(_CLUTTER[place] for place in clutter.tolist()),
        steady=code,
    )
    size = _FRAMES[rng.integers(len(_FRAMES))]
    scenes = ("shelf",) if kind == 0 else ("hand", "table", "above")
    scene = SCENES[scenes[rng.integers(len(scenes))]](cast, (round(size[0] * _SPARE), round(size[1] * _SPARE)), rng)
    camera = lens.CAREFUL if code else lens.ROUGH
    photo = lens.shoot(scene, size, camera, rng)
    return Taken(photo, view, int(rng.integers(*camera.quality)))


def _painted(package: Package, paint: Colour) -> Package:
    image = Image.new("RGB", package.image.size, paint)
    image.putalpha(package.image.getchannel("A"))
    return Package(image, package.tall)


def outlined(item: Item, sold: Sequence[Item], *, seed: int, folder: Path) -> Iterator[Outlined]:
    """The shop photos that `draw` takes of a product, with what shows of it; `folder` keeps the packages of all."""
    job = _Job(item, seed, folder, folder, _VISITS, _neighbours(item, sold, seed))
    (folder / "catalogue").mkdir(exist_ok=True)
    for one in (item, *job.neighbours):
        if not (folder / f"{one.product_id}.{View.CODE}.png").exists():
            _in_studio(replace(job, item=one))  # catalogue pictures, too: they draw from the same random numbers
    neighbours = tuple(_cutout(job, other, View.FRONT) for other in job.neighbours)
    for number in range(_VISITS):
        taken = _taken(job, number, neighbours)
        white, black = (
            np.asarray(_taken(job, number, neighbours, paint=paint).photo, np.float32) for paint in (WHITE, _BLACK)
        )
        yield Outlined(item.product_id, taken, white, (white - black).mean(axis=2) / 255)


def _keep(job: _Job, view: View, cutout: Package) -> None:
    notes = PngInfo()
    notes.add_text("tall", repr(cutout.tall))
    cutout.image.save(job.cutouts / f"{job.item.product_id}.{view}.png", pnginfo=notes, compress_level=1)


def _cutout(job: _Job, item: Item, view: View) -> Package:
    with Image.open(job.cutouts / f"{item.product_id}.{view}.png") as image:
        image.load()
        return Package(image.copy(), float(image.info["tall"]))


def _neighbours(item: Item, sold: Sequence[Item], seed: int) -> tuple[Item, ...]:
    """Who stands beside it: mostly its own family, as in shops; never itself unless it is alone."""
    rng = np.random.default_rng((seed, _ROW, item.number))
    family = [other for other in sold if other.brand == item.brand and other != item]
    others = [other for other in sold if other.brand != item.brand]
    chosen: list[Item] = []
    for _ in range(4):
        pool = family if family and (rng.random() < 0.5 or not others) else others
        if pool:
            chosen.append(pool[int(rng.integers(len(pool)))])
    return tuple(chosen) or (sold[0],)


def _studio_photo(item: Item, view: View) -> str:
    return f"catalogue/{item.product_id}-{view}.jpg"


def _tabulate(folder: Path, sold: Sequence[Item], photos: Sequence[ShopPhoto]) -> Demo:
    header = (
        "product_id", "title", "brand", "category", "flavour", "price", "gtin", "colour", "shape", "title_zh",
        "description", "photo",
    )  # fmt: skip
    rows = [
        (
            item.product_id, item.title, item.brand.name, item.brand.category, item.flavour.name, f"{item.price:.2f}",
            item.gtin, item.colour, item.shape, item.title_zh, item.description, _studio_photo(item, view),
        )
        for item in sold
        for view in (View.FRONT, View.TURNED)
    ]  # fmt: skip
    ids = {item.product_id for item in sold}
    truth = [(p.photo, p.item.product_id, p.item.brand.category, str(p.barcode_visible).lower()) for p in photos]
    known, unknown = ([row for row in truth if (row[1] in ids) is sold_here] for sold_here in (True, False))
    columns = ("photo", "product_id", "category", "barcode_visible")
    return Demo(
        folder=folder,
        catalogue=_write(folder / "catalogue.csv", header, rows),
        queries=_write(folder / "queries.csv", columns, known),
        unknown=_write(folder / "unknown.csv", columns, unknown),
        products=len(sold),
        catalogue_photos=len(rows),
        query_photos=len(known),
        unknown_photos=len(unknown),
    )


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    """Whole or absent."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    part = path.with_suffix(".part")
    part.write_text(text.getvalue(), encoding="utf-8")
    part.replace(path)
    return path


_Result = TypeVar("_Result")


class _Workers:
    """Processes, or this one where one is enough or none can be started; results come in the jobs' order."""

    def __init__(self, count: int) -> None:
        self._pool: ProcessPoolExecutor | None = None
        if count > 1:
            # Spawned, not forked: the caller may have threads.
            self._pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, work: Callable[[_Job], _Result], jobs: Sequence[_Job]) -> Iterable[_Result]:
        return self._pool.map(work, jobs) if self._pool is not None else map(work, jobs)
