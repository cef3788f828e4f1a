"""Barcodes drawn, turned and photographed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image, ImageFilter

from shelflens.errors import CatalogueError
from shelflens.types import Product
from shelflens.verify.barcode import BarcodeVerifier

pytestmark = pytest.mark.skipif(
    find_spec("cv2") is None or find_spec("zxingcpp") is None,
    reason="barcodes need zxing-cpp and opencv-python-headless: pip install 'shelflens[evidence]'",
)

RITTER, NUTS = "4006381333931", "7310865004703"


def drawn(number: str, kind: str = "EAN13") -> Image.Image:
    import zxingcpp

    code = zxingcpp.create_barcode(number, getattr(zxingcpp.BarcodeFormat, kind))
    bars = np.array(code.to_image(scale=2))
    return Image.fromarray(bars).convert("RGB").resize((bars.shape[1], max(bars.shape[0], 90)))


def photo(*numbers: str, degrees: float = 0, kind: str = "EAN13") -> Image.Image:
    picture = Image.new("RGB", (640, 480), (150, 120, 90))
    for place, number in enumerate(numbers):
        code = drawn(number, kind)
        picture.paste(code, (60, 40 + place * (code.height + 40)))
    return picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True).filter(ImageFilter.GaussianBlur(0.7))


@pytest.fixture(scope="module")
def verifier() -> BarcodeVerifier:
    return BarcodeVerifier()


@pytest.mark.parametrize("degrees", [0, 15, 30, 45, 60, 90, 135, 165, 180, 200, 270, 330])
def test_a_barcode_is_read_at_every_angle(verifier: BarcodeVerifier, degrees: float) -> None:
    assert verifier.gtins(verifier.describe(photo(RITTER, degrees=degrees))) == (RITTER,)


@pytest.mark.parametrize(
    ("kind", "number", "gtin"),
    [
        ("EAN8", "96385074", "0000096385074"),
        ("UPCA", "036000291452", "0036000291452"),
        ("UPCE", "01234565", "0012345000065"),
        ("ITF", "14006381333938", "14006381333938"),
        ("DataBarOmni", "04006381333931", RITTER),
    ],
)
def test_every_kind_gives_the_number_as_the_feed_writes_it(
    verifier: BarcodeVerifier, kind: str, number: str, gtin: str
) -> None:
    assert verifier.gtins(verifier.describe(photo(number, kind=kind))) == (gtin,)


def test_a_code_that_holds_no_trade_item_number_is_passed_over(verifier: BarcodeVerifier) -> None:
    assert verifier.describe(photo("14006381333931", kind="ITF")) == b""  # wrong check digit
    assert verifier.describe(photo("SHELF 12", kind="Code128")) == b""


def test_all_barcodes_of_a_picture_are_read(verifier: BarcodeVerifier) -> None:
    assert verifier.gtins(verifier.describe(photo(NUTS, RITTER))) == (RITTER, NUTS)


def test_a_barcode_in_a_large_picture_is_read(verifier: BarcodeVerifier) -> None:
    picture = Image.new("RGB", (5200, 3900), "white")
    picture.paste(photo(RITTER).resize((960, 720)), (3000, 2000))
    assert verifier.gtins(verifier.describe(picture)) == (RITTER,)


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (640, 480)])
def test_a_picture_without_a_barcode_is_described_by_nothing(verifier: BarcodeVerifier, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)
    assert verifier.describe(Image.fromarray(noise)) == b""


def test_the_products_own_number_speaks_for_it(verifier: BarcodeVerifier) -> None:
    finding = verifier.compare(verifier.describe(photo(NUTS, RITTER)), b"", Product("p", gtins=("x", RITTER)))
    assert finding is not None
    assert (finding.value, finding.note) == (1, f"barcode {RITTER}")


@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 200])
def test_a_finding_says_where_the_barcode_is(verifier: BarcodeVerifier, degrees: float) -> None:
    """The code, turned with its picture, and the box of its corners turned by hand."""
    code = drawn(RITTER)
    picture = photo(RITTER, degrees=degrees)
    read = verifier.describe(picture)
    finding = verifier.compare(read, read, Product("p"))
    assert finding is not None
    (region,) = finding.regions
    assert (region.text, region.photo) == (RITTER, region.query)
    corners = np.array([(60, 40), (60 + code.width, 40), (60 + code.width, 40 + code.height), (60, 40 + code.height)])
    angle = -np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = ((corners - (320, 240)) @ turn.T + (picture.width / 2, picture.height / 2)) / picture.size
    (left, top), (right, bottom) = turned.min(axis=0), turned.max(axis=0)
    box = region.query
    assert left - 0.02 < box.left < box.right < right + 0.02 and top - 0.02 < box.top < box.bottom < bottom + 0.02
    assert max(box.right - box.left, box.bottom - box.top) > 0.6 * max(right - left, bottom - top)


def test_another_number_speaks_against_it(verifier: BarcodeVerifier) -> None:
    finding = verifier.compare(verifier.describe(photo(RITTER)), b"", Product("p", gtins=(NUTS,)))
    assert finding is not None
    assert (finding.value, finding.note) == (-1, f"barcode {RITTER}, not {NUTS}")


def test_where_the_product_has_no_number_its_photo_may_show_one(verifier: BarcodeVerifier) -> None:
    ritter, nuts, nameless = verifier.describe(photo(RITTER)), verifier.describe(photo(NUTS)), Product("p")
    same, other = verifier.compare(ritter, ritter, nameless), verifier.compare(ritter, nuts, nameless)
    assert same is not None
    assert other is not None
    assert (same.value, other.value) == (1, -1)


def test_without_numbers_on_both_sides_nothing_is_said(verifier: BarcodeVerifier) -> None:
    read = verifier.describe(photo(RITTER))
    assert verifier.compare(read, b"", Product("p")) is None
    assert verifier.compare(b"", read, Product("p", gtins=(RITTER,))) is None


def test_a_shops_own_number_with_another_weight_says_nothing(verifier: BarcodeVerifier) -> None:
    cheese_300_g, cheese_420_g, ham = "2012345003002", "2012345004207", "2099999003008"
    read = verifier.describe(photo(cheese_300_g))
    assert verifier.compare(read, b"", Product("p", gtins=(cheese_420_g,))) is None
    against = verifier.compare(read, b"", Product("p", gtins=(ham,)))
    assert against is not None
    assert against.value == -1


def test_threads_read_what_one_thread_reads(verifier: BarcodeVerifier) -> None:
    picture = photo(RITTER, degrees=30)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(verifier.describe, [picture] * 8)) == {verifier.describe(picture)}


@pytest.mark.parametrize("data", [b"[]", b"\xff", b'{"format":"barcode/0"}', b'{"format":"barcode/2","gtins":["12"]}'])
def test_foreign_descriptions_are_refused(verifier: BarcodeVerifier, data: bytes) -> None:
    with pytest.raises(CatalogueError, match="barcodes"):
        verifier.gtins(data)
