"""Bytes, file, PIL image or array to an upright sRGB picture.

Everything that indexes, queries, trains or evaluates comes through `open_bytes`, so that the same file with the same
`side` always gives the same pixels. All functions may be called from several threads at once.
"""

from __future__ import annotations

import os
import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from shelflens.errors import PictureError
from shelflens.picture.colour import from_16_bit, srgb
from shelflens.picture.formats import Format, plugin, recognise, webp_canvas
from shelflens.picture.limits import Limits

#: What Pillow's readers raise on damaged files (seen in 100,000 of them, or read in their source). They are caught
#: around the readers alone, so that our own mistakes stay visible.
DAMAGE = (
    OSError,  # "image file is truncated", "broken data stream"
    SyntaxError,  # Pillow's word for a header that breaks its format; pillow-heif uses it too
    ValueError,  # impossible values, text that inflates beyond Pillow's limit
    EOFError,  # the file ends inside a box or a frame
    RuntimeError,  # libheif and libavif while they decode
    MemoryError,  # a header that promises more than there is
    OverflowError,  # a length or offset beyond C's integers
    TypeError,  # a TIFF tag of another type than its meaning needs
    AttributeError,  # the same while the AVIF reader rewrites EXIF data
    LookupError,  # a TIFF tag, colour or table entry that is missing
    ZeroDivisionError,  # a rational tag with denominator 0
    struct.error,  # a field cut short
    zlib.error,  # a broken PNG chunk
    Image.DecompressionBombError,  # Pillow's own limit, for a frame that is larger than the header said
)

_TRANSPOSE = {  # EXIF 2.32, 4.6.4 A, Orientation: what has been done to the picture, undone
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_TURNED = range(5, 9)  # orientations that exchange width and height

_DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Picture:
    """An upright picture. `image` may be smaller than width x height where the file allowed a scaled decoding."""

    image: Image.Image  # RGB, sRGB, upright, without metadata
    width: int  # upright, pixels, as stored in the file
    height: int
    format: str  # "JPEG", "PNG", "WebP", "AVIF", "HEIC", "TIFF", "BMP", "GIF"; "" when it was no file


def open_bytes(data: bytes, *, name: str = "picture", side: int | None = None, limits: Limits = _DEFAULT) -> Picture:
    """Open a picture file's bytes; `name` is what errors call it.

    `side` is the short side, in pixels, that is needed: a JPEG is then decoded at 1/2, 1/4 or 1/8 of its scale as long
    as its short side keeps at least that many. Raises PictureError, and nothing else, for what cannot be opened.
    """
    limits.check_bytes(len(data), name)
    known = recognise(data, name)
    if known is Format.WEBP and (canvas := webp_canvas(data)):
        limits.check_size(*canvas, name)
    with _quiet_pillow():
        try:
            image = plugin(known, data)
            limits.check_size(*image.size, name)
            stored = None
            if side and known is Format.JPEG:  # HEIC's draft would take an embedded thumbnail, another picture
                stored = image.size
                image.draft(None, (side, side))
            image.load()
            width, height = stored or image.size
        except DAMAGE as error:
            reason = f"{known}: {_one_line(error)}"
            raise PictureError(f"{name}: damaged or cut short ({reason}); a whole picture file is needed") from error
        orientation = _orientation(image)
        upright = _upright_srgb(image, orientation)
    if orientation in _TURNED:
        width, height = height, width
    return Picture(image=upright, width=width, height=height, format=str(known))


def open_file(path: str | os.PathLike[str], *, side: int | None = None, limits: Limits = _DEFAULT) -> Picture:
    """Open a picture file. Raises PictureError, also when there is none."""
    return open_bytes(read_file(path, limits), name=os.fspath(path), side=side, limits=limits)


def read_file(path: str | os.PathLike[str], limits: Limits = _DEFAULT) -> bytes:
    """A file's bytes. Raises PictureError for what is missing, unreadable, no file, empty or too long."""
    name = os.fspath(path)
    try:
        status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            raise PictureError(f"{name}: a folder; a picture file is needed")
        if not stat.S_ISREG(status.st_mode):  # reading a pipe might never end
            raise PictureError(f"{name}: a device or pipe; a picture file is needed")
        limits.check_bytes(status.st_size, name)
        with Path(path).open("rb") as file:
            data = file.read(status.st_size + 1)  # asking for max_bytes would reserve them, six times as slow
            if len(data) > status.st_size:  # it has grown since
                data += file.read(limits.max_bytes + 1 - len(data))
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise PictureError(f"{name}: cannot be read ({_one_line(error)}); a readable picture file is needed") from error
    limits.check_bytes(len(data), name)
    return data


def open_image(image: Image.Image, *, name: str = "picture", limits: Limits = _DEFAULT) -> Picture:
    """Open a PIL image of any mode: its EXIF orientation and ICC profile are applied, `image` is left as it is.

    For a file prefer `open_file`: an image that somebody else decoded at another scale gives other pixels.
    """
    limits.check_size(*image.size, name)
    with _quiet_pillow():
        try:
            image.load()
        except DAMAGE as error:
            raise PictureError(f"{name}: cannot be decoded ({_one_line(error)}); a whole picture is needed") from error
        upright = _upright_srgb(image.copy(), _orientation(image))
    return Picture(image=upright, width=upright.width, height=upright.height, format="")


def open_array(array: NDArray[Any], *, name: str = "array", limits: Limits = _DEFAULT) -> Picture:
    """Open an upright sRGB array: (H, W), (H, W, 3) or (H, W, 4); uint8 0..255, uint16 0..65535 or floats 0..1.

    Channels are R, G, B and alpha; OpenCV's B, G, R need `array[..., ::-1]`.
    """
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise PictureError(f"{name}: shape {array.shape}; (H, W), (H, W, 3) or (H, W, 4) is needed")
    limits.check_size(array.shape[1], array.shape[0], name)
    if array.dtype == np.uint16:
        array = from_16_bit(array)
    elif np.issubdtype(array.dtype, np.floating):
        low, high = array.min(), array.max()
        if not (low >= 0 and high <= 1):  # not a number fails, too
            raise PictureError(f"{name}: floats from {low:g} to {high:g}; 0 to 1 is needed, or uint8 for 0 to 255")
        array = np.round(array * 255.0).astype(np.uint8)
    elif array.dtype != np.uint8:
        raise PictureError(f"{name}: values of type {array.dtype}; uint8, uint16 or floats are needed")
    upright = srgb(Image.fromarray(np.ascontiguousarray(array)))
    return Picture(image=upright, width=upright.width, height=upright.height, format="")


def digest(data: bytes) -> str:
    """SHA-256 of the bytes, hex: the `photo_id`."""
    return sha256(data).hexdigest()


def _upright_srgb(image: Image.Image, orientation: int) -> Image.Image:
    """RGB without metadata, so that opening it again changes nothing; may be `image` itself, stripped."""
    upright = srgb(image)
    if orientation in _TRANSPOSE:
        upright = upright.transpose(_TRANSPOSE[orientation])
    upright.info = {}
    upright.getexif().clear()
    return upright


def _orientation(image: Image.Image) -> int:
    """1..8; 1 where the EXIF data are absent or damaged, as viewers do."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation)
    except DAMAGE:
        return 1
    return value if isinstance(value, int) else 1


def _one_line(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    words = " ".join(text.split())
    return words if " " in words else f"{type(error).__name__} {words}".rstrip()  # a KeyError says 65, and no more


_quiet_lock = Lock()
_quiet_stack: list[warnings.catch_warnings[None]] = []
_quiet_depth = 0


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Silence Pillow's warnings (odd TIFF tags, broken APNG, large pictures) as long as anybody decodes.

    `catch_warnings` swaps process-wide state and would be restored out of order by overlapping threads; so the first
    thread that enters swaps it and the last that leaves restores it.
    """
    global _quiet_depth  # noqa: PLW0603
    with _quiet_lock:
        _quiet_depth += 1
        if _quiet_depth == 1:
            _quiet_stack.append(warnings.catch_warnings())
            _quiet_stack[-1].__enter__()
            warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)\.")
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_depth -= 1
            if _quiet_depth == 0:
                _quiet_stack.pop().__exit__(None, None, None)
