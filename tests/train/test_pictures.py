"""Photos decoded once: the same pixels as when serving."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("shelflens.train.session", reason="needs pip install 'shelflens[train]'")

import torch

from shelflens.feed.base import BadRow, Columns
from shelflens.indexing import PhotoReader
from shelflens.picture import decode_side, open_file, pixels
from shelflens.train.augmentation import normalised
from shelflens.train.photos import read_photos
from shelflens.train.pictures import Pictures, canvas_preprocessing, decode_all
from shelflens.types import Preprocessing


def decode(
    source: Path, folder: Path, preprocessing: Preprocessing, *, workers: int = 2
) -> tuple[Pictures, list[BadRow]]:
    bad: list[BadRow] = []
    photos = read_photos(str(source), "product_id", role="train", columns=Columns(), on_bad=bad.append)
    pictures = decode_all(
        photos, preprocessing, PhotoReader(), folder, workers=workers, on_progress=lambda *_: None, on_bad=bad.append
    )
    return pictures, bad


@pytest.mark.parametrize("fit", ["crop", "squash", "pad"])
def test_training_and_serving_see_the_same_pixels(fit: str, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / "shop" / name).mkdir(parents=True)
        noise = Image.fromarray(random.integers(0, 256, (40, 60, 3), dtype=np.uint8))
        noise.resize((600, 420)).save(tmp_path / "shop" / name / "1.jpg")  # large enough for a scaled decoding
    preprocessing = Preprocessing(size=32, fit=fit, mean=(120.0, 110.0, 100.0), std=(60.0, 61.0, 62.0))  # type: ignore[arg-type]  # one of the literals
    pictures, _ = decode(tmp_path / "shop", tmp_path / "work", preprocessing)
    for row, photo in enumerate(pictures.photos):
        image = open_file(Path(photo.place.source), side=decode_side(preprocessing)).image
        served = pixels(image, preprocessing)
        learnt = normalised(
            torch.from_numpy(pictures.served[row].transpose(2, 0, 1)[None].copy()).float(), preprocessing
        )
        np.testing.assert_array_equal(learnt[0].numpy(), served)


def test_the_canvas_is_the_served_picture_finer_and_with_its_surroundings(folders: Path, tmp_path: Path) -> None:
    preprocessing = Preprocessing(size=42, fit="crop", crop_share=0.875)
    pictures, _ = decode(folders, tmp_path, preprocessing)
    assert canvas_preprocessing(preprocessing).size == 60  # 1.25 times 42 / 0.875
    for canvas, served in zip(pictures.canvas, pictures.served, strict=True):
        inner = Image.fromarray(canvas).resize((42, 42), box=(3.75, 3.75, 56.25, 56.25))
        assert np.abs(np.asarray(inner).astype(int) - served.astype(int)).mean() < 3


def test_a_damaged_photo_is_a_bad_row_and_the_rest_goes_on(folders: Path, tmp_path: Path) -> None:
    for name in ("red", "blue"):
        (tmp_path / "shop" / name).mkdir(parents=True)
        for photo in sorted((folders / name).iterdir())[:3]:
            (tmp_path / "shop" / name / photo.name).write_bytes(photo.read_bytes())
    (tmp_path / "shop" / "red" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n but cut")
    pictures, bad = decode(tmp_path / "shop", tmp_path / "work", Preprocessing(size=32))
    assert len(pictures.photos) == len(pictures.served) == 5
    assert [Path(row.where).name for row in bad] == ["1.png"]
    assert all(Path(photo.place.source).name != "1.png" or photo.label == "blue" for photo in pictures.photos)


def test_the_digest_depends_on_the_contents_the_labels_and_the_preprocessing(folders: Path, tmp_path: Path) -> None:
    def digest(name: str, size: int = 32, workers: int = 1) -> str:
        return decode(folders, tmp_path / name, Preprocessing(size=size), workers=workers)[0].digest

    assert digest("a") == digest("b", workers=4)
    assert digest("a") != digest("c", size=33)
