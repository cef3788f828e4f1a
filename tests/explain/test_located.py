"""A page shows where a catalogue's locator found the main body."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from shelflens.embed.loading import load_embedder
from shelflens.explain import Subject, write_explanations
from shelflens.explain.drawing import BODY, outlined
from shelflens.pages.explain import ExplainTexts
from shelflens.search.pair import compare_views
from shelflens.search.view import View
from shelflens.types import Box


def small_thing(left: int) -> Image.Image:
    picture = Image.new("RGB", (400, 400), "white")
    ImageDraw.Draw(picture).rectangle((left, 250, left + 99, 349), fill=(180, 30, 40))
    return picture


def page(path: Path, model: str, *, boxed: bool = False) -> str:
    embedder = load_embedder(model, threads=1)
    one, other = View.of(small_thing(40), boxed=boxed), View.of(small_thing(260), boxed=boxed)
    comparison = compare_views(one, other, embedder=embedder, verifiers=())
    subject = Subject("cup", "", comparison, one, lambda: other)
    write_explanations(path, "Why", [subject], embedder=embedder)
    return path.read_text(encoding="utf-8")


def pictures(html: str) -> list[Image.Image]:
    return [
        Image.open(BytesIO(base64.b64decode(data))).convert("RGB")
        for data in re.findall(r'<img[^>]+src="data:image/jpeg;base64,([^"]+)"', html)
    ]


def yellow(picture: Image.Image) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (np.abs(np.asarray(picture, np.int64) - BODY) < 70).all(axis=-1)
    return found


def test_both_main_bodies_are_framed_and_their_heat_lies_on_them(tmp_path: Path) -> None:
    html = page(tmp_path / "out.html", "located:auto,lite0")
    assert ExplainTexts().body in html
    pair, first, second = pictures(html)
    half = pair.width // 2
    for side, left, right in ((yellow(pair)[:, :half], 40, 140), (yellow(pair)[:, -half:], 260, 360)):
        columns = np.flatnonzero(side.any(axis=0)) * 400 / half
        assert abs(columns.min() - left) < 20 and abs(columns.max() - right) < 20
    for heat, body, empty in ((first, (0.1, 0.35), (0.6, 0.95)), (second, (0.65, 0.9), (0.05, 0.4))):
        assert heat.size == (400, 400), "the whole picture, not the cut-out alone"
        coloured = np.ptp(np.asarray(heat, np.int64), axis=2) > 25
        within, beside = (coloured[:, int(400 * start) : int(400 * end)].mean() for start, end in (body, empty))
        assert within > 0.15 and beside < 0.01


@pytest.mark.parametrize(
    ("model", "boxed"), [("lite0", False), ("located:whole,lite0", False), ("located:auto,lite0", True)]
)
def test_nothing_is_framed_where_nothing_was_located(tmp_path: Path, model: str, boxed: bool) -> None:
    html = page(tmp_path / "out.html", model, boxed=boxed)
    assert ExplainTexts().body not in html
    assert not yellow(pictures(html)[0]).any()


def test_the_outline_lies_on_the_boxs_edge_and_leaves_the_picture_alone() -> None:
    picture = Image.new("RGB", (300, 200), "white")
    drawn = np.asarray(outlined(picture, Box(0.2, 0.25, 0.6, 0.75)))
    rows, columns = np.nonzero((drawn != 255).any(axis=-1))
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == (60, 50, 179, 149)
    assert (drawn[100, 120] == 255).all()
    assert np.asarray(picture).min() == 255
