"""Detectors of both families, on networks whose answers are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tests.locate.conftest import bright_detector, write_detector

from shelflens.errors import ModelError
from shelflens.locate.base import NOTHING
from shelflens.locate.loading import load_locator
from shelflens.types import Box

#: centre x, centre y, width, height, then two classes' scores; one column a box
YOLO = np.array([[20, 40], [32, 32], [16, 8], [32, 8], [0.1, 0.2], [0.8, 0.9]], np.float32)[None]
SQUARE = Image.new("RGB", (128, 128), "grey")


def located(tmp_path: Path, outputs: dict[str, Any], picture: Image.Image = SQUARE, **manifest: Any) -> Box:
    path = write_detector(tmp_path / "d.onnx", outputs, {"size": 64, **manifest})
    found = load_locator(f"detector:{path}").locate(picture)
    assert found.confidence > 0
    return found.box


def test_the_most_confident_box_of_yolo_is_kept(tmp_path: Path) -> None:
    assert located(tmp_path, {"output0": YOLO}, family="yolo") == Box(36 / 64, 28 / 64, 44 / 64, 36 / 64)


def test_only_the_classes_that_count_are_looked_at(tmp_path: Path) -> None:
    scores = YOLO.copy()
    scores[0, 4] = (0.7, 0.3)
    box = located(tmp_path, {"output0": scores}, family="yolo", classes=[0])
    assert box == Box(12 / 64, 16 / 64, 28 / 64, 48 / 64)


def test_corners_and_scores_as_torchvision_gives_them(tmp_path: Path) -> None:
    outputs = {"boxes": [[0, 0, 64, 64], [16, 8, 32, 56]], "scores": [0.3, 0.6]}
    box = located(tmp_path, outputs, family="boxes", boxes="boxes", scores="scores", corners="corners")
    assert box == Box(16 / 64, 8 / 64, 32 / 64, 56 / 64)


def test_centres_fractions_and_logits_as_detr_gives_them(tmp_path: Path) -> None:
    outputs = {"pred_boxes": [[[0.5, 0.5, 0.5, 0.25], [0.1, 0.1, 0.1, 0.1]]], "logits": [[[2.0, -3.0], [-1.0, 0.0]]]}
    manifest: dict[str, Any] = {"boxes": "pred_boxes", "scores": "logits", "unit": "fractions", "logits": True}
    assert located(tmp_path, outputs, family="boxes", **manifest) == Box(0.25, 0.375, 0.75, 0.625)


def test_a_box_in_an_oblong_picture_is_in_its_fractions(tmp_path: Path) -> None:
    """128 x 64 in a square of 64: 16 rows of padding above and below."""
    box = located(tmp_path, {"output0": YOLO[..., :1]}, Image.new("RGB", (128, 64)), family="yolo")
    assert box == Box(12 / 64, 0.0, 28 / 64, 1.0)


def test_the_pixels_of_the_picture_reach_the_network(tmp_path: Path) -> None:
    picture = Image.new("RGB", (128, 128), "black")
    ImageDraw.Draw(picture).rectangle((80, 32, 95, 47), fill="white")
    found = load_locator(f"detector:{bright_detector(tmp_path / 'b.onnx')}").locate(picture)
    assert found.box == Box(5 / 8, 2 / 8, 6 / 8, 3 / 8)
    assert 0.9 < found.confidence <= 1  # resizing rounds the corners off


def test_low_scores_find_nothing(tmp_path: Path) -> None:
    path = write_detector(tmp_path / "d.onnx", {"output0": YOLO}, {"family": "yolo", "size": 64, "least": 0.95})
    assert load_locator(f"detector:{path}").locate(SQUARE) == NOTHING


def test_boxes_that_are_not_numbers_are_passed_over(tmp_path: Path) -> None:
    broken = YOLO.copy()
    broken[0, 0, 1] = np.nan
    assert located(tmp_path, {"output0": broken}, family="yolo") == Box(12 / 64, 16 / 64, 28 / 64, 48 / 64)


def test_other_weights_and_other_settings_are_other_identities(tmp_path: Path) -> None:
    manifest = {"family": "yolo", "size": 64}
    one = write_detector(tmp_path / "one.onnx", {"output0": YOLO}, manifest)
    other = write_detector(tmp_path / "other.onnx", {"output0": YOLO * 2}, manifest)
    third = write_detector(tmp_path / "third.onnx", {"output0": YOLO}, {**manifest, "least": 0.5})
    assert len({load_locator(f"detector:{path}").identity for path in (one, other, third)}) == 3


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ({}, '"family"'),
        ({"family": "rcnn"}, "family must be yolo or boxes"),
        ({"family": "yolo", "sise": 64}, "unknown field 'sise'"),
        ({"family": "yolo", "size": 8}, "32 to 2048"),
        ({"family": "boxes"}, '"scores"'),
        ({"family": "yolo", "size": 64, "boxes": "other"}, "the manifest says"),
    ],
)
def test_a_manifest_that_does_not_fit_says_what_would(tmp_path: Path, manifest: dict[str, Any], reason: str) -> None:
    path = write_detector(tmp_path / "d.onnx", {"output0": YOLO}, manifest)
    with pytest.raises(ModelError, match=reason):
        load_locator(f"detector:{path}")


def test_a_manifest_that_is_absent_or_no_json_is_said(tmp_path: Path) -> None:
    path = write_detector(tmp_path / "d.onnx", {"output0": YOLO}, {})
    path.with_suffix(".json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="not JSON"):
        load_locator(f"detector:{path}")
    path.with_suffix(".json").unlink()
    with pytest.raises(ModelError, match=json.dumps({"family": "yolo", "size": 640})):
        load_locator(f"detector:{path}")
