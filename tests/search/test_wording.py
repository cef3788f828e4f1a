"""Searching by words, by picture and words, and by examples: a real catalogue, the bundled model, SQLite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import shelflens
from shelflens.calibrate.calibration import default_calibration
from shelflens.errors import CatalogueError
from shelflens.filters import Compare
from shelflens.search import Options, Searcher, Verification
from shelflens.search.composing import EXACT, KEPT, Found, is_exact
from shelflens.search.wish import Wish
from shelflens.search.wording import Worded
from shelflens.text.lines import PrintedLine
from shelflens.types import Band, Box, Hit, Match, Metric, Photo, Product
from shelflens.verify.base import key
from shelflens.verify.words import WordsVerifier, encode


def ids(matches: list[Match]) -> list[str]:
    return [match.product.product_id for match in matches]


def note(match: Match) -> str:
    return next((one.note for one in match.evidence if one.name == "text"), "")


@pytest.mark.parametrize(
    ("text", "first"),
    [("red ball", "p0"), ("vilet tnet", "p6"), ("红球", "p0"), ("BLUE box", "p5"), ("box brix", "p5")],
)
def test_the_product_that_says_so_comes_first(worded: shelflens.Catalogue, text: str, first: str) -> None:
    best = worded.search(text=text, k=3)[0]
    assert best.product.product_id == first
    assert best.score == best.pooled == 1
    assert best.photo.product_id == first
    assert best.probability is None and best.band is None


def test_evidence_says_which_words_agree(worded: shelflens.Catalogue) -> None:
    first, second = worded.search(text="a blue sqare thing", k=2)
    assert (note(first), note(second)) == ("says blue · square", "says square")
    assert note(worded.search(text="ball", minus="red", k=2)[1]) == "says ball; says red, which is not wanted"


def test_scores_fall_and_k_and_filter_hold(worded: shelflens.Catalogue) -> None:
    found = worded.search(text="box tent ball", k=5)
    assert len(found) == 5
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)
    assert set(ids(worded.search(text="box tent ball", filter="price >= 4"))) == {"p4", "p5", "p6"}


def test_nothing_is_found_by_words_that_nobody_says(worded: shelflens.Catalogue) -> None:
    assert worded.search(text="xyzzy") == []


def test_a_picture_without_words_is_answered_as_ever(worded: shelflens.Catalogue, shop: Path) -> None:
    photo = shop / "p3" / "2.jpg"
    assert worded.search(photo, text=" ", minus="") == worded.search(photo)


def test_words_of_no_weight_leave_the_order_by_looks(worded: shelflens.Catalogue, shop: Path) -> None:
    photo = shop / "p3" / "2.jpg"
    assert ids(worded.search(photo, text="tent", text_weight=0, k=8)) == ids(worded.search(photo, k=8))


def test_picture_and_words_find_what_both_mean(worded: shelflens.Catalogue, shop: Path) -> None:
    """A photo of the red ball, and the word cyan: the cyan ball, which is second by looks at best."""
    found = worded.search(shop / "p0" / "2.jpg", text="cyan", k=3)
    assert ids(found)[0] == "p4"
    assert "p0" in ids(found)
    assert found[0].score == pytest.approx(max(hit.score for hit in found[0].hits))  # still the cosine of its photo


def test_what_is_not_wanted_falls_behind_what_does_not_say_so(worded: shelflens.Catalogue, shop: Path) -> None:
    photo = shop / "p1" / "2.jpg"
    before = ids(worded.search(photo, k=8))
    after = ids(worded.search(photo, minus="orange", k=8))
    assert before[0] == "p1" and after.index("p1") > 0
    assert [one for one in before if one != "p1"] == [one for one in after if one != "p1"]
    assert ids(worded.search(text="box", minus="orange", k=1)) == ["p5"]


@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("wish", [{"text": "violet tent"}, {"minus": "red ball"}, {"text": "pink", "text_weight": 1}])
def test_an_exact_match_by_picture_is_never_pushed_out_by_words(
    worded: shelflens.Catalogue, shop: Path, k: int, wish: dict[str, object]
) -> None:
    its_own = shop / "p0" / "0.jpg"
    assert is_exact(worded.search(its_own, k=1)[0])
    assert "p0" in ids(worded.search(its_own, k=k, **wish))[:KEPT]  # type: ignore[arg-type]


def _match(product_id: str, cosine: float, band: Band | None = None) -> Match:
    photo = Photo(product_id, product_id, "", 1, 1)
    return Match(Product(product_id), cosine, photo, (Hit(photo, cosine),), cosine, band=band)


def test_exact_is_what_is_accepted_or_as_good_as_the_same_photo() -> None:
    assert is_exact(_match("a", 0.5, Band.ACCEPT)) and is_exact(_match("a", EXACT))
    assert not is_exact(_match("a", EXACT - 0.01, Band.REVIEW))


def test_no_words_whatever_push_out_an_exact_match() -> None:
    """The law, over random findings: as many exact matches as there are places kept for them are there."""
    random = np.random.default_rng(3)
    for _ in range(300):
        names = [f"p{number:02}" for number in range(12)]
        cosines = np.sort(random.uniform(0.2, 1, 8))[::-1]
        pictured = tuple(_match(name, float(cosine)) for name, cosine in zip(names, cosines, strict=False))
        pictured = tuple(replace(one, band=Band.ACCEPT) if random.random() < 0.2 else one for one in pictured)
        words = {name: float(random.random()) for name in names if random.random() < 0.7}
        minus = {name: float(random.random()) for name in names if random.random() < 0.3}
        wish = Wish("words", "other", text_weight=float(random.random()), less=tuple(names[5:6]))
        k = int(random.integers(1, 9))
        order = [one for one, _ in Found(pictured, Worded(words), minus).order(wish, k=k, by_picture=True)]
        exact = [match.product.product_id for match in pictured if is_exact(match)]
        exact = [one for one in exact if one not in wish.less]
        kept = min(k, KEPT, len(exact))
        assert set(exact[:kept]) <= set(order[:KEPT])
        assert len(order) == len(set(order)) <= k
        assert not set(order) & set(wish.less)


def test_more_like_this_brings_it_nearer_and_less_takes_it_away(worded: shelflens.Catalogue, shop: Path) -> None:
    photo = shop / "p0" / "2.jpg"
    before = ids(worded.search(photo, k=8))
    last = before[-1]
    more = ids(worded.search(photo, k=8, more=[last]))
    assert more.index(last) < before.index(last)
    less = ids(worded.search(photo, k=8, less=[before[1]]))
    assert before[1] not in less
    assert len(less) == 7


def test_examples_alone_are_a_question(worded: shelflens.Catalogue) -> None:
    assert ids(worded.search(more=["p2"], k=8))[0] == "p2"
    assert ids(worded.search(more=["p2", "p6"], k=2)) in (["p2", "p6"], ["p6", "p2"])


def test_like_goes_with_words_and_leaves_the_product_out(worded: shelflens.Catalogue) -> None:
    answer = worded.searcher.search_like("p1", wish=Wish("blue"))
    assert ids(list(answer.matches))[0] == "p5"
    assert "p1" not in ids(list(answer.matches))


@pytest.mark.parametrize(
    ("wish", "wrong"),
    [
        ({}, "at least one picture"),
        ({"minus": "red"}, "nothing to look for"),
        ({"less": ["p1"]}, "nothing to look for"),
        ({"more": ["p99"]}, "no product 'p99'"),
        ({"more": ["p1"], "less": ["p1"]}, "one is right"),
        ({"text": "red", "text_weight": 2}, "from 0 to 1"),
        ({"text": "red", "threshold": 0.5}, "looks alone"),
        ({"text": "red", "metric": Metric.EUCLIDEAN}, "looks alone"),
    ],
)
def test_what_cannot_be_meant_is_refused(worded: shelflens.Catalogue, wish: dict[str, object], wrong: str) -> None:
    with pytest.raises(CatalogueError, match=wrong):
        worded.search(**wish)  # type: ignore[arg-type]


def test_what_is_printed_on_a_product_finds_it_by_words(shop: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "shop.lens", create=True) as catalogue:
        catalogue.index(shop)
        records, verifier = catalogue.records, WordsVerifier()
        for product, printed in (("p3", "VÄLLING havre"), ("p6", "KNÄCKEBRÖD råg")):
            lines = [PrintedLine(printed, 0.9, Box(0.1, 0.1, 0.9, 0.3))]
            photos = [photo.photo_id for _, photo in records.photos_of(product)]
            records.describe(key(verifier), dict.fromkeys(photos, encode(lines)))
        verification = Verification(records, (verifier,), default_calibration())
        searcher = Searcher(records, catalogue.gallery, catalogue.embedder, verification)
        for text, expected in (("knackebröd", "p6"), ("välling", "p3")):
            assert searcher.search((), wish=Wish(text)).matches[0].product.product_id == expected
        assert catalogue.search(text="knackebröd") == []  # without that evidence
        elsewhere = Options(condition=Compare("product_id", "!=", "p6"))
        assert "p6" not in ids(list(searcher.search((), elsewhere, Wish("knackebröd")).matches))


def test_a_product_without_a_photo_is_not_a_match(shop: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "shop.lens", create=True) as catalogue:
        catalogue.index(shop)
        catalogue.records.change_product("bare", lambda _: Product("bare", "Ghost"))
        assert catalogue.search(text="ghost") == []
