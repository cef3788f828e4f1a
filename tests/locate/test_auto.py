"""Small products on plain backgrounds are cut out; all else stays whole."""

from __future__ import annotations

from PIL import Image
from tests.locate.conftest import PACK, pack_shot

from shelflens.locate.auto import AutoLocator
from shelflens.locate.base import NOTHING
from shelflens.locate.plain import PlainLocator


def with_room() -> Image.Image:
    picture = Image.new("RGB", (700, 600), "white")
    picture.paste(pack_shot().crop(PACK), (80, 300))
    return picture


def test_a_small_product_is_cut_out() -> None:
    picture = with_room()
    assert AutoLocator().locate(picture) == PlainLocator().locate(picture) != NOTHING


def test_a_product_that_fills_its_picture_stays_whole() -> None:
    picture = pack_shot().crop((PACK[0] - 30, PACK[1] - 30, PACK[2] + 30, PACK[3] + 30))
    assert PlainLocator().locate(picture) != NOTHING
    assert AutoLocator().locate(picture) == NOTHING


def test_a_busy_picture_stays_whole(busy: Image.Image) -> None:
    assert AutoLocator().locate(busy) == NOTHING
