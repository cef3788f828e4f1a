"""An embedder that sees the main body."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from shelflens.embed.base import Activating, Locating
from shelflens.embed.loading import load_embedder
from shelflens.errors import ModelError


def pack_shot(left: int, top: int) -> Image.Image:
    picture = Image.new("RGB", (320, 300), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((left, top, left + 79, top + 99), fill=(180, 30, 40))
    draw.ellipse((left + 20, top + 20, left + 60, top + 60), fill=(250, 220, 60))
    return picture


def test_where_the_pack_stands_hardly_changes_its_vector() -> None:
    pair = [pack_shot(30, 30), pack_shot(200, 160)]
    whole, located = (load_embedder(name, threads=1).embed(pair) for name in ("lite0", "located:plain,lite0"))
    assert located[0] @ located[1] > 0.95 > whole[0] @ whole[1]


def test_the_whole_picture_located_is_the_same_vector_in_another_space() -> None:
    plain, whole = load_embedder("lite0", threads=1), load_embedder("located:whole,lite0", threads=1)
    pictures = [pack_shot(30, 30)]
    np.testing.assert_array_equal(plain.embed(pictures), whole.embed(pictures))
    assert plain.manifest.space != whole.manifest.space


def test_every_locator_names_a_space_of_its_own() -> None:
    names = ("lite0", "lite2", "located:plain,lite0", "located:activations,lite0", "located:plain,lite2")
    assert len({load_embedder(name).manifest.space for name in names}) == len(names)


def test_the_name_in_the_manifest_leads_back_to_the_space() -> None:
    manifest = load_embedder("located:plain,lite0").manifest
    assert load_embedder(manifest.name).manifest == manifest


def test_the_box_can_be_asked_for() -> None:
    embedder = load_embedder("located:plain,lite0", threads=1)
    assert isinstance(embedder, Locating) and isinstance(embedder, Activating)
    box = embedder.locate(pack_shot(30, 30)).box
    assert box.left < 0.12 and box.right < 0.4


def test_activations_find_the_pack() -> None:
    embedder = load_embedder("located:activations,lite0", threads=1)
    assert isinstance(embedder, Locating)
    box = embedder.locate(pack_shot(200, 160)).box
    assert box.left < 0.7 < box.right and box.top < 0.7 < box.bottom


@pytest.mark.parametrize("reference", ["", "plain", "plain,", ",lite0"])
def test_locating_needs_a_locator_and_an_embedder(reference: str) -> None:
    with pytest.raises(ModelError, match="as in located:plain,lite0"):
        load_embedder(f"located:{reference}")


def test_a_network_without_activations_says_so() -> None:
    with pytest.raises(ModelError, match="does not tell its activations"):
        load_embedder("located:activations,joined:lite0,lite2")
