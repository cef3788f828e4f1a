"""Labels read from drawn pictures and real photos."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from shelflens.errors import CatalogueError
from shelflens.picture.opening import open_file
from shelflens.text.index import LabelledProduct, WordsIndex
from shelflens.text.lines import PrintedLine
from shelflens.text.statistics import TextStatistics
from shelflens.types import Product
from shelflens.verify.reading import LineReader, Reading
from shelflens.verify.words import WordsVerifier, decode, encode

pytestmark = pytest.mark.skipif(
    find_spec("cv2") is None or find_spec("rapidocr") is None,
    reason="reading labels needs opencv-python-headless and rapidocr: pip install 'shelflens[evidence]'",
)

MILK = Product("milk", title="Mellanmjölk", brand="Arla", description="Swedish milk, 1.5% fat.")
JUICE = Product("juice", title="Apple Juice", brand="Bravo", attributes={"flavour": "apple"})


def label(lines: Iterable[str], *, size: tuple[int, int] = (420, 420), letters: int = 44) -> Image.Image:
    """A white label on grey, with black lines."""
    font = ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", letters)
    picture = Image.new("RGB", size, (120, 130, 125))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((15, 15, size[0] - 15, size[1] - 15), fill="white")
    for row, text in enumerate(lines):
        draw.text((40, 40 + row * letters * 1.7), text, fill="black", font=font)
    return picture


@pytest.fixture(scope="module")
def reader() -> LineReader:
    return LineReader()


@pytest.fixture(scope="module")
def verifier() -> WordsVerifier:
    return WordsVerifier()


@pytest.fixture(scope="module")
def milk_label() -> Image.Image:
    return label(["Arla", "MELLANMJÖLK", "1.5%"])


@pytest.fixture(scope="module")
def milk_read(verifier: WordsVerifier, milk_label: Image.Image) -> bytes:
    return verifier.describe(milk_label)


def said(lines: Iterable[PrintedLine]) -> list[str]:
    return [line.text for line in lines]


def test_a_plain_label_is_read_from_top_to_bottom(milk_read: bytes) -> None:
    lines = decode(milk_read)
    assert said(lines) == ["Arla", "MELLANMJÖLK", "1.5%"]
    assert all(line.confidence > 0.8 for line in lines)


def test_boxes_lie_around_the_words(milk_read: bytes) -> None:
    arla, milk, _ = decode(milk_read)
    assert (arla.box.left, arla.box.top) == pytest.approx((40 / 420, 48 / 420), abs=0.03)
    assert milk.box.top == pytest.approx((40 + 44 * 1.7 + 8) / 420, abs=0.03)
    assert milk.box.right - milk.box.left > 2 * (arla.box.right - arla.box.left)


@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270])
def test_a_turned_label_says_the_same(reader: LineReader, milk_label: Image.Image, turn: Image.Transpose) -> None:
    assert set(said(reader.read(milk_label.transpose(turn)))) >= {"Arla", "MELLANMJÖLK"}


def test_our_reader_reads_what_rapidocr_reads(reader: LineReader, milk_label: Image.Image) -> None:
    """The reference: slower, and with its own cutting, padding and polygon offsets."""
    from rapidocr import RapidOCR

    reference: Any = RapidOCR(params={"Global.log_level": "error", "Det.limit_type": "max", "Det.limit_side_len": 640})
    for lines in (["BRAVO", "Original", "APELSIN juice"], ["Havregurt Vanilj", "utan socker", "400 g"]):
        picture = label(lines).resize((640, 640), Image.Resampling.BICUBIC).rotate(8, fillcolor=(120, 130, 125))
        read = reference(np.ascontiguousarray(np.asarray(picture)[..., ::-1]))
        ours = reader.read(picture)
        assert sorted(said(ours)) == sorted(read.txts)
        for line in ours:
            corners = read.boxes[read.txts.index(line.text)] / 640
            assert (line.box.left, line.box.top) == pytest.approx(corners.min(axis=0), abs=0.006)
            assert (line.box.right, line.box.bottom) == pytest.approx(corners.max(axis=0), abs=0.006)
            assert line.confidence == pytest.approx(read.scores[read.txts.index(line.text)], abs=0.1)


def test_a_picture_without_letters_is_described_by_nothing(verifier: WordsVerifier) -> None:
    assert verifier.describe(Image.new("RGB", (300, 200), "white")) == b""
    assert verifier.compare(b"", b"", MILK) is None


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (31, 33), (2000, 40)])
def test_odd_shapes_are_read_without_complaint(reader: LineReader, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)
    assert isinstance(reader.read(Image.fromarray(noise)), tuple)


def test_a_picture_full_of_words_is_read_in_bounded_time() -> None:
    """The largest letters are read, the rest is left."""
    picture = label(["large letters"], size=(1200, 1200), letters=90)
    small = label(["many small words on a label"] * 38, size=(1200, 1200), letters=17)
    picture.paste(small.crop((30, 30, 1150, 900)), (30, 260))
    start = time.process_time()
    few = LineReader(Reading(width=900)).read(picture)
    spent = time.process_time() - start
    assert said(few)[0] == "large letters"
    assert len(few) < 4
    assert spent < 8  # some 0.6 s


def test_threads_read_what_one_thread_reads(verifier: WordsVerifier, milk_label: Image.Image, milk_read: bytes) -> None:
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(verifier.describe, [milk_label] * 4)) == {milk_read}


def test_the_product_on_the_label_scores_above_another(verifier: WordsVerifier, milk_read: bytes) -> None:
    same, other = verifier.compare(milk_read, b"", MILK), verifier.compare(milk_read, b"", JUICE)
    assert same is not None
    assert other is not None
    assert 0 <= other.value < 0.1 < same.value <= 1
    assert same.note == "reads MELLANMJÖLK · 1.5% · Arla"
    assert other.note == ""


def test_misread_words_still_agree(verifier: WordsVerifier, milk_read: bytes) -> None:
    lines = [PrintedLine(line.text.replace("Ö", "O"), line.confidence, line.box) for line in decode(milk_read)]
    finding = verifier.compare(encode(lines), b"", MILK)
    assert finding is not None
    assert "MELLANMJOLK" in finding.note


def test_words_on_the_catalogue_photo_join_those_of_the_query(verifier: WordsVerifier, milk_read: bytes) -> None:
    finding = verifier.compare(milk_read, milk_read, Product("bare"))
    assert finding is not None
    assert finding.value == pytest.approx(0.6)
    assert len(finding.lines) == 3
    assert all(line.query == line.photo for line in finding.lines)


def test_where_nothing_is_written_nothing_can_be_said(verifier: WordsVerifier, milk_read: bytes) -> None:
    assert verifier.compare(milk_read, b"", Product("bare")) is None
    assert verifier.compare(b"", milk_read, Product("bare")) is None


def test_regions_are_the_words_that_agree_and_where_they_are(verifier: WordsVerifier, milk_read: bytes) -> None:
    _, milk, _ = decode(milk_read)
    misread = [PrintedLine("MELLANMJOLK 3%", 0.9, milk.box), PrintedLine("Bravo", 0.9, milk.box)]
    finding = verifier.compare(encode(misread), milk_read, MILK)
    assert finding is not None
    (region,) = finding.regions
    assert (region.text, region.fits) == ("MELLANMJOLK 3%", "mellanmjölk")
    assert region.query == region.photo == milk.box
    assert 0.3 < region.share < 0.5, "one word of two, and that misread"


def test_a_word_that_only_the_records_know_has_no_place_on_the_photo(verifier: WordsVerifier, milk_read: bytes) -> None:
    finding = verifier.compare(milk_read, b"", MILK)
    assert finding is not None and finding.regions
    assert all(region.photo is None and region.share == 1 for region in finding.regions)
    assert finding.lines == ()


def test_verifier_and_index_give_the_same_score(milk_read: bytes) -> None:
    statistics = TextStatistics.of([p.title, p.brand, p.description] for p in (MILK, JUICE))
    finding = WordsVerifier(statistics).compare(milk_read, milk_read, MILK)
    index = WordsIndex([LabelledProduct(JUICE), LabelledProduct(MILK, decode(milk_read))], statistics)
    (best, *_) = index.search(decode(milk_read), 2)
    assert finding is not None
    assert best.product_id == "milk"
    assert best.score == pytest.approx(finding.value, abs=1e-6)


def test_a_description_is_json_that_names_its_form(milk_read: bytes) -> None:
    assert json.loads(milk_read)["format"] == "words/1"
    assert encode(decode(milk_read)) == milk_read


@pytest.mark.parametrize(
    "data", [b"[]", b"\xff", b'{"format":"words/0"}', b'{"format":"words/1","lines":[["a",1,[0,0,0,0]]]}']
)
def test_foreign_descriptions_are_refused(verifier: WordsVerifier, data: bytes) -> None:
    with pytest.raises(CatalogueError, match="words"):
        verifier.compare(data, b"", MILK)


def test_the_version_says_how_it_was_read() -> None:
    assert WordsVerifier().version != WordsVerifier(reading=Reading(side=480)).version


def test_a_real_catalogue_picture_is_read(reader: LineReader, real_data: Path) -> None:
    name = "Garant-Ecological-Standard-Milk"
    folder = real_data / "grocery" / "iconic-images-and-descriptions" / "Packages" / "Milk" / name
    texts = said(reader.read(open_file(folder / f"{name}_Iconic.jpg").image))
    assert {"EKOLOGISK", "MJÖLK", "SVENSKA"} <= set(texts)
