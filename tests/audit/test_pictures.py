"""Planted faults of pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

import shelflens
from shelflens.audit.pictures import BLURRED, Fault, blurriness, check_pictures, grey_levels
from shelflens.audit.survey import take_survey


def test_every_planted_fault_is_named_and_nothing_else(grocery_rows: list[tuple[str, str]], tmp_path: Path) -> None:
    folder = tmp_path / "s"
    good = [photo for photo, _ in grocery_rows[::20]]
    for number, photo in enumerate(good):
        (folder / f"good{number}").mkdir(parents=True)
        shutil.copy(photo, folder / f"good{number}" / "0.jpg")
    picture = Image.open(good[0]).convert("RGB")
    for name, faulty in (
        ("blank", Image.new("RGB", (300, 300), "white")),
        ("blurred", picture.filter(ImageFilter.GaussianBlur(5))),
        ("small", picture.resize((100, 100))),
        ("missing", picture.rotate(90)),
        ("unreadable", picture.rotate(180)),
    ):
        (folder / name).mkdir()
        faulty.save(folder / name / "0.jpg", quality=90)
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        catalogue.index(folder)
        (folder / "missing" / "0.jpg").unlink()
        (folder / "unreadable" / "0.jpg").write_bytes(b"\xff\xd8\xff nothing more")
        survey = take_survey(catalogue.gallery)
        found = check_pictures(survey, catalogue.records, model_side=224, workers=2)
        unopened = check_pictures(survey, catalogue.records, model_side=224, opened=0)
    named = [(survey.product_ids[survey.products[it.place]], it.fault) for it in found.faults]
    assert named == [(str(fault), fault) for fault in Fault]
    assert found.opened == len(survey) and found.addresses == 0
    assert [it.fault for it in unopened.faults] == [Fault.MISSING, Fault.SMALL]  # what needs no opening


def test_blur_grows_with_every_blurring(grocery_rows: list[tuple[str, str]]) -> None:
    for photo, _ in grocery_rows[::40]:
        picture = Image.open(photo).convert("RGB")
        blurs = [
            blurriness(grey_levels(picture.filter(ImageFilter.GaussianBlur(radius)))) for radius in (0, 1, 2, 4, 8)
        ]
        assert blurs == sorted(blurs) and blurs[0] < BLURRED < blurs[-1]
        assert blurs[0] >= 0 and blurs[-1] <= 1


def test_blur_is_the_published_formula() -> None:
    grey = np.random.default_rng(0).uniform(0, 255, (40, 30)).astype(np.float32)
    values = []
    for plane in (grey, grey.T):
        kept = total = 0.0
        for row in plane.astype(float):
            blurred = [row[at - 4 : at + 5].mean() for at in range(4, len(row) - 4)]
            for at in range(1, len(blurred)):
                step = abs(row[at + 4] - row[at + 3])
                total += step
                kept += step - max(0.0, step - abs(blurred[at] - blurred[at - 1]))
        values.append(kept / total)
    assert blurriness(grey) == pytest.approx(max(values), abs=1e-4)
