from __future__ import annotations

import re
from collections import Counter, defaultdict

import pytest

from shelflens.demo.assortment import MOST, Item, assortment, strangers
from shelflens.demo.brands import BRANDS, NOVELTIES, STRANGERS
from shelflens.demo.lettering import FACES, Face, line
from shelflens.demo.motifs import names, stamp
from shelflens.demo.shapes import SHAPES
from shelflens.demo.styles import STYLES
from shelflens.errors import ShelflensError

EVERYTHING: tuple[Item, ...] = (*assortment(MOST), *strangers(MOST))


def test_ids_are_distinct_and_fit_for_file_names() -> None:
    ids = [item.product_id for item in EVERYTHING]
    assert len(set(ids)) == len(ids) == MOST + 20
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", product_id) for product_id in ids)


def test_no_stranger_is_sold() -> None:
    sold = {item.product_id for item in assortment(MOST)}
    assert sold.isdisjoint(item.product_id for item in strangers(MOST))


def test_strangers_are_new_flavours_and_new_brands() -> None:
    brands = {brand.name for brand in BRANDS}
    kinds = Counter(item.brand.name in brands for item in strangers(MOST))
    assert kinds[True] == len(NOVELTIES) and kinds[False] == sum(len(brand.flavours) for brand in STRANGERS)


def test_titles_differ_in_both_languages() -> None:
    assert len({item.title for item in EVERYTHING}) == len({item.title_zh for item in EVERYTHING}) == len(EVERYTHING)


@pytest.mark.parametrize("products", [0, -1, MOST + 1])
def test_a_size_out_of_range_is_refused(products: int) -> None:
    with pytest.raises(ShelflensError, match=f"from 1 to {MOST} products, not {products}"):
        assortment(products)


def test_the_table_names_only_what_can_be_drawn() -> None:
    for item in EVERYTHING:
        assert item.brand.shape in SHAPES and item.brand.style in STYLES and set(item.brand.faces) <= set(FACES)
        assert set(item.flavour.motifs) <= set(names()), item.flavour


def test_every_motif_has_ink_and_air() -> None:
    for name in names():
        alpha = stamp(name).getchannel("A")
        cover = sum(alpha.histogram()[128:]) / (alpha.width * alpha.height)
        assert 0.04 < cover < 0.85, name


def _ink(letter: str, face: Face) -> bytes:
    try:
        return line(letter, face, height=40).tobytes()
    except ValueError:  # a font may draw nothing for what it lacks
        return b""


def test_every_letter_on_a_label_is_in_its_font() -> None:
    """A letter that a font lacks is drawn as the same box as any other lacking one, or not at all."""
    letters: defaultdict[Face, set[str]] = defaultdict(set)
    for item in EVERYTHING:
        display, text = (FACES[name] for name in item.brand.faces)
        letters[display] |= set(item.brand.name + item.flavour.name) - {" "}
        letters[text] |= set(item.brand.kind + item.brand.tagline) - {" "}
    for face, used in letters.items():
        lacking = {_ink("\ufffe", face), b""}
        assert not [letter for letter in sorted(used) if _ink(letter, face) in lacking], face


def test_that_test_sees_a_lacking_letter() -> None:
    face = FACES["medium"]
    assert _ink("é", face) == _ink("\ufffe", face)  # Pillow's Aileron is cut down to ASCII and a few more
