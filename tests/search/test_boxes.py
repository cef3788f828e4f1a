"""A box of the user's is the last word on where the thing is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import shelflens
from shelflens.embed.loading import load_embedder
from shelflens.picture import cut
from shelflens.search import open_view
from shelflens.search.pair import compare_views
from shelflens.types import Box

BOX = Box(0.0, 0.0, 0.5, 1.0)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small red thing in the left half, a small blue one in the right, both with much room."""
    drawn = Image.new("RGB", (800, 400), "white")
    draw = ImageDraw.Draw(drawn)
    draw.rectangle((150, 150, 229, 249), fill=(190, 30, 30))
    draw.ellipse((560, 160, 640, 240), fill=(30, 60, 190))
    path = tmp_path_factory.mktemp("boxes") / "two.png"
    drawn.save(path)
    return path


def test_nothing_is_located_inside_a_box(picture: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "c.lens", create=True, locate="plain") as catalogue:
        catalogue.index(picture)
        boxed = catalogue.searcher.embed([open_view(picture, side=448, box=BOX)])[0]
        both = catalogue.searcher.embed([open_view(picture, side=448, box=BOX), open_view(picture, side=448)])
    with Image.open(picture) as whole:
        half = cut(whole.convert("RGB"), BOX)
    plain, located = (load_embedder(name, threads=1).embed([half])[0] for name in ("lite0", "located:plain,lite0"))
    np.testing.assert_allclose(boxed, plain, atol=1e-6)
    assert boxed @ located < 0.99, "the locator would have cut out less"
    np.testing.assert_array_equal(both[0], boxed)
    assert both[1] @ boxed < 0.99, "a photo without a box is located as ever"


def test_two_bare_pictures_are_compared_as_they_were_boxed(picture: Path) -> None:
    embedder = load_embedder("located:plain,lite0", threads=1)
    boxed = open_view(picture, side=448, box=BOX)
    with Image.open(picture) as whole:
        same = open_view(cut(whole.convert("RGB"), BOX), side=448)
    assert compare_views(boxed, boxed, embedder=embedder, verifiers=()).similarity > 0.9999
    assert compare_views(boxed, same, embedder=embedder, verifiers=()).similarity < 0.99
