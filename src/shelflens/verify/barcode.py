"""Reads barcodes: a product's own number settles what a picture shows, another number speaks against it.

zxing-cpp looks along rows and columns and bears some twenty degrees of tilt; so a picture in which it finds nothing is
turned. Larger and sharper copies were tried and found nothing that it had missed.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.errors import CatalogueError, ShelflensError
from shelflens.feed import gtin
from shelflens.types import Box, Product
from shelflens.verify.base import Finding, Region

Grey: TypeAlias = NDArray[np.uint8]  # (H, W), 0 black
Matrix: TypeAlias = NDArray[np.float64]  # (2, 3): a picture's (x, y, 1) to where a turned copy has it

_FORMAT = "barcode/2"
_SIDE = 4000  # pixels; the long side that is searched first, some 80 ms
_TURNED_SIDE = 1200  # pixels; of the turned copies, 6 ms each
_TURNS = (-15, 15, -30, 30, 45)  # degrees; quarter turns are zxing-cpp's own
_FORMATS = ("EAN13", "EAN8", "UPCA", "UPCE", "ITF14", "DataBar")  # those that carry trade item numbers
_AI_01 = re.compile(r"\(01\)([0-9]{14})")  # GS1's application identifier of a trade item number
_RESTRICTED = re.compile(r"0[24]|2[0-9]")  # of 13 digits: numbers that a shop gives out for itself
_ITEM = 7  # digits of a restricted number that name the item; weight or price often follows


class BarcodeVerifier:
    """1: the picture shows the product's number; -1: it shows another one; None: no number, or none to compare with."""

    name = "barcode"
    version = _FORMAT

    def __init__(self) -> None:
        try:
            import cv2  # turns a picture in a tenth of Pillow's time
            import zxingcpp
        except ImportError as error:
            reason = f"reading barcodes needs zxing-cpp and OpenCV ({error})"
            raise ShelflensError(f"{reason}; pip install 'shelflens[evidence]'") from error
        self._cv2: Any = cv2
        self._zxing: Any = zxingcpp
        self._formats = [getattr(zxingcpp.BarcodeFormat, name) for name in _FORMATS]

    def describe(self, picture: Image.Image) -> bytes:
        """The trade item numbers in an upright picture, as JSON; b"" when there is none."""
        grey = _grey(picture, _SIDE)
        found = self._read(grey, np.eye(2, 3), _shape(grey))
        if not found:
            smaller = _grey(picture, _TURNED_SIDE)
            for degrees in _TURNS:
                turned, matrix = self._turned(smaller, degrees)
                if found := self._read(turned, matrix, _shape(smaller)):
                    break
        if not found:
            return b""
        rows = {number: [box.left, box.top, box.right, box.bottom] for number, box in sorted(found.items())}
        return json.dumps({"format": _FORMAT, "gtins": rows}, separators=(",", ":")).encode()

    def compare(self, query: bytes, photo: bytes, product: Product) -> Finding | None:
        """The query's numbers against the product's; where it has none, against those read on its photo.

        A restricted number that differs only after the item, where shops put the weight or the price, says nothing.
        """
        read, on_photo = _decoded(query), _decoded(photo)
        known = _normalised(product.gtins) or tuple(on_photo)
        if not read or not known:
            return None
        for number, box in read.items():
            if number in known:
                region = Region(number, number, 1.0, box, on_photo.get(number))
                return Finding(1.0, f"barcode {number}", regions=(region,))
        if any(_may_be_same_item(number, other) for number in read for other in known):
            return None
        regions = tuple(Region(number, "", 0.0, box) for number, box in read.items())
        return Finding(-1.0, f"barcode {', '.join(read)}, not {', '.join(known)}", regions=regions)

    @staticmethod
    def gtins(description: bytes) -> tuple[str, ...]:
        """The numbers in a description, as `shelflens.feed.gtin.normalise` writes them: to look products up by.

        Raises CatalogueError for what `describe` did not write.
        """
        return tuple(_decoded(description))

    def _read(self, grey: Grey, matrix: Matrix, size: tuple[int, int]) -> dict[str, Box]:
        """Numbers and where they are in the picture of `size` (width, height) that `matrix` turned into `grey`."""
        found: dict[str, Box] = {}
        for barcode in self._zxing.read_barcodes(grey, formats=self._formats, try_invert=False):
            digits = _AI_01.search(barcode.text)
            try:
                number = gtin.normalise(digits[1] if digits else barcode.text)
            except ValueError:
                continue  # an ITF of other use
            if number not in found:
                found[number] = _box(barcode.position, matrix, size)
        return found

    def _turned(self, grey: Grey, degrees: float) -> tuple[Grey, Matrix]:
        """Turned about its centre, on a canvas that holds all of it; and what turned it."""
        height, width = grey.shape
        matrix = self._cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)  # (2, 3)
        columns, rows = np.ceil(np.abs(matrix[:, :2]) @ [width, height]).astype(int).tolist()
        matrix[:, 2] += (columns - width) / 2, (rows - height) / 2
        turned: Grey = self._cv2.warpAffine(grey, matrix, (columns, rows), flags=self._cv2.INTER_LINEAR)
        return turned, matrix


def _decoded(description: bytes) -> dict[str, Box]:
    """Numbers and where they are. Raises CatalogueError."""
    if not description:
        return {}
    try:
        content = json.loads(description)
        if content["format"] != _FORMAT:
            raise CatalogueError(f"barcodes described as {content['format']!r}; {_FORMAT!r} is needed")
        return {gtin.normalise(number): Box(*box) for number, box in content["gtins"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CatalogueError(f"no description of barcodes ({error}); describe the picture again") from error


def _box(position: Any, matrix: Matrix, size: tuple[int, int]) -> Box:
    """Around zxing-cpp's four corners, turned back; at least two pixels a side."""
    corners = np.array(
        [(at.x, at.y) for at in (position.top_left, position.top_right, position.bottom_right, position.bottom_left)],
        np.float64,
    )
    upright = (corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    low, high = upright.min(axis=0) / size, upright.max(axis=0) / size
    least = 2 / np.array(size)  # a box has an inside
    low = np.clip(low, 0, 1 - least)
    high = np.clip(high, low + least, 1)
    left, top, right, bottom = (round(float(side), 4) for side in (*low, *high))
    return Box(left, top, right, bottom)


def _shape(grey: Grey) -> tuple[int, int]:
    return grey.shape[1], grey.shape[0]


def _grey(picture: Image.Image, side: int) -> Grey:
    """The long side at most `side`."""
    grey = picture.convert("L")
    if max(grey.size) > side:
        share = side / max(grey.size)
        size = (max(1, round(grey.width * share)), max(1, round(grey.height * share)))
        grey = grey.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(grey)


def _normalised(numbers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(gtin.normalise(number) for number in numbers if gtin.is_valid(number))


def _may_be_same_item(number: str, other: str) -> bool:
    """GS1 General Specifications, section 2.1.12: variable measure items, numbers of restricted circulation."""
    return len(number) == 13 and number[:_ITEM] == other[:_ITEM] and _RESTRICTED.match(number) is not None
