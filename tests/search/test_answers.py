"""What an answer says besides its matches: how it may be used, and products proposed by their labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import shelflens
from shelflens.calibrate.calibration import default_calibration
from shelflens.cli.main import main
from shelflens.search import Answer, Options, Verification
from shelflens.search.labels import MOST, Labels
from shelflens.text.lines import PrintedLine
from shelflens.types import Band, Box, Match, Photo, Product, Verdict
from shelflens.verify.base import Lettered, key
from shelflens.verify.local import LocalVerifier
from shelflens.verify.words import WordsVerifier, encode

LINE = Box(0.1, 0.1, 0.9, 0.2)


@pytest.fixture
def catalogue(shop: Path, tmp_path: Path) -> Iterator[shelflens.Catalogue]:
    table = tmp_path / "products.csv"
    titles = ["Arla Mellanmjölk", "Garant Äppeljuice", "God Morgon Apelsin", "Yoggi Vanilj"]
    lines = ["product_id,title,photo"]
    lines += [f"p{number},{title},{shop}/p{number}/0.jpg" for number, title in enumerate(titles)]
    table.write_text("\n".join(lines), encoding="utf-8")
    with shelflens.open(tmp_path / "shop.lens", create=True) as opened:
        opened.index(table)
        yield opened


def match(probability: float, band: Band) -> Match:
    photo = Photo("x", "p", "p.jpg", 1, 1)
    return Match(Product("p"), 0.5, photo, (), 0.5, probability, band=band)


@pytest.mark.parametrize(
    ("matches", "unknown", "verdict"),
    [
        ((match(0.99, Band.ACCEPT),), 0.01, Verdict.ACCEPT),
        ((match(0.60, Band.REVIEW),), 0.40, Verdict.REVIEW),
        ((match(0.40, Band.REVIEW),), 0.60, Verdict.UNKNOWN),
        ((match(0.10, Band.REJECT),), 0.05, Verdict.UNKNOWN),
        ((), 1.0, Verdict.UNKNOWN),
        ((match(0.9, Band.REVIEW),), None, None),
    ],
)
def test_the_verdict_is_what_the_first_match_and_the_rest_come_to(
    matches: tuple[Match, ...], unknown: float | None, verdict: Verdict | None
) -> None:
    assert Answer(matches, 0.0, 0.0, unknown).verdict is verdict


def test_probabilities_and_the_unknown_product_share_one(catalogue: shelflens.Catalogue, shop: Path) -> None:
    answer = catalogue.answer([shop / "p2" / "1.jpg"], Options(k=4))
    assert answer.unknown is not None
    assert sum(match.probability or 0 for match in answer.matches) + answer.unknown == pytest.approx(1, abs=1e-6)
    assert all(match.band for match in answer.matches)


def test_search_prints_bands_and_the_verdict(catalogue: shelflens.Catalogue, shop: Path, tmp_path: Path) -> None:
    photo, page = str(shop / "p2" / "1.jpg"), tmp_path / "sheet.html"
    result = CliRunner().invoke(main, ["search", str(catalogue.path), photo, "--json", "--sheet", str(page)])
    said = json.loads(result.stdout)
    assert said["verdict"] in {"accept", "review", "unknown"}
    assert 0 <= said["unknown"] <= 1
    assert {one["band"] for one in said["matches"]} <= {"accept", "review", "reject"}
    words = {"accept": "Accept: the first one is it", "review": "For review", "unknown": "Unknown product"}
    assert words[said["verdict"]] in page.read_text(encoding="utf-8")
    lines = CliRunner().invoke(main, ["search", str(catalogue.path), photo]).output
    assert f"({said['matches'][0]['band']})" in lines


def test_a_label_proposes_its_product(catalogue: shelflens.Catalogue) -> None:
    words = WordsVerifier()
    assert isinstance(words, Lettered) and not isinstance(LocalVerifier(), Lettered)
    labels = Labels(catalogue.records, words)
    read = encode([PrintedLine("MELLANMJOLK", 0.9, LINE)])
    assert labels.propose({key(words): [read]})[0] == "p0"
    assert labels.propose({key(words): [b""]}) == ()
    assert labels.propose({}) == ()


def test_what_is_printed_on_a_photo_is_found_and_a_removed_product_is_not(catalogue: shelflens.Catalogue) -> None:
    words = WordsVerifier()
    labels = Labels(catalogue.records, words)
    read = {key(words): [encode([PrintedLine("LAKTOSFRI", 0.9, LINE)])]}
    assert labels.propose(read) == ()
    photo = catalogue.records.photos_of("p3")[0][1]
    catalogue.records.describe(key(words), {photo.photo_id: encode([PrintedLine("Laktosfri", 0.8, LINE)])})
    catalogue.remove(["p1"])  # the catalogue has changed: the lexicon is made anew
    assert labels.propose(read) == ("p3",)
    catalogue.remove(["p3"])
    assert labels.propose(read) == ()


def test_a_product_that_only_its_label_finds_is_among_the_candidates(catalogue: shelflens.Catalogue) -> None:
    verification = Verification(catalogue.records, (WordsVerifier(),), default_calibration(["words"]))
    read = {key(WordsVerifier()): [encode([PrintedLine("GOD MORGON APELSIN", 0.9, LINE)])]}
    assert verification.named(read)[0] == "p2"
    assert MOST >= 1_000
