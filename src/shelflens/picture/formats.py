"""Which of the known picture formats some bytes are, and the Pillow class that reads it.

The first bytes decide, never the name's extension: shops serve WebP as .jpg every day. The plugin classes are
called directly rather than through `Image.open`, for three reasons: no other format can be reached (EPS would start
Ghostscript), our limits replace Pillow's process-wide MAX_IMAGE_PIXELS, and HEIC needs no global registration.
"""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from io import BytesIO

from PIL import ImageFile

from shelflens.errors import PictureError


class Format(StrEnum):
    """The formats that are read."""

    JPEG = "JPEG"  # MPO too: its first picture
    PNG = "PNG"
    WEBP = "WebP"
    AVIF = "AVIF"
    HEIC = "HEIC"
    TIFF = "TIFF"
    BMP = "BMP"
    GIF = "GIF"  # its first frame


_KNOWN = ", ".join(Format)

#: Modules are imported when the first picture of the format is opened.
_CLASS = {
    Format.JPEG: ("PIL.JpegImagePlugin", "JpegImageFile"),
    Format.PNG: ("PIL.PngImagePlugin", "PngImageFile"),
    Format.WEBP: ("PIL.WebPImagePlugin", "WebPImageFile"),
    Format.AVIF: ("PIL.AvifImagePlugin", "AvifImageFile"),
    Format.HEIC: ("pillow_heif.as_plugin", "HeifImageFile"),
    Format.TIFF: ("PIL.TiffImagePlugin", "TiffImageFile"),
    Format.BMP: ("PIL.BmpImagePlugin", "BmpImageFile"),
    Format.GIF: ("PIL.GifImagePlugin", "GifImageFile"),
}

_MAGIC = {
    b"\xff\xd8\xff": Format.JPEG,
    b"\x89PNG\r\n\x1a\n": Format.PNG,
    b"GIF87a": Format.GIF,
    b"GIF89a": Format.GIF,
    b"II*\0": Format.TIFF,
    b"MM\0*": Format.TIFF,
    b"II+\0": Format.TIFF,  # BigTIFF
    b"MM\0+": Format.TIFF,
    b"BM": Format.BMP,
}

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}

#: What people put where a picture should be, looked for in this order in the first bytes, in lower case.
_STRANGERS = {
    b"%pdf": "a PDF document",
    b"%!ps": "a PostScript document",
    b"\xc5\xd0\xd3\xc6": "an EPS document",
    b"pk\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"mz": "a Windows program",
    b"\x7felf": "a program",
    b"#!": "a script",
    b"8bps": "a Photoshop document",
    b"\xff\x0a": "a JPEG XL picture",
    b"\0\0\0\x0cjxl ": "a JPEG XL picture",
    b"\0\0\0\x0cjp  ": "a JPEG 2000 picture",
    b"\xff\x4f\xff\x51": "a JPEG 2000 picture",
    b"\0\0\x01\0": "an icon (ICO)",
    b"{": "JSON",
    b"version https://git-lfs": "a Git LFS pointer",
}


def recognise(data: bytes, name: str) -> Format:
    """The format of a file's bytes. Raises PictureError that says what else they are."""
    for magic, known in _MAGIC.items():
        if data.startswith(magic):
            return known
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Format.WEBP
    if data[4:8] == b"ftyp":  # ISO base media file format: the brands tell
        brands = _brands(data)
        if brands & _AVIF_BRANDS:
            return Format.AVIF
        if brands & _HEIC_BRANDS:
            return Format.HEIC
    stranger = _stranger(data)
    raise PictureError(f"{name}: {stranger}not a picture in a known format ({_KNOWN})")


def plugin(known: Format, data: bytes) -> ImageFile.ImageFile:
    """Pillow's lazy image of the bytes: the header is read, nothing is decoded."""
    module, attribute = _CLASS[known]
    opened = getattr(import_module(module), attribute)(BytesIO(data))
    assert isinstance(opened, ImageFile.ImageFile)
    return opened


def webp_canvas(data: bytes) -> tuple[int, int] | None:
    """Width and height that a WebP header claims; None where it is too damaged to tell.

    Needed because Pillow's WebP decoder allocates the canvas as soon as it is made. Layouts: RFC 9649, 2.5 to 2.7.
    """
    match data[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return None


def _brands(data: bytes) -> set[bytes]:
    """The major and the compatible brands of the `ftyp` box, ISO/IEC 14496-12, 4.3."""
    length = min(int.from_bytes(data[:4], "big"), 256)
    return {data[8:12], *(data[at : at + 4] for at in range(16, length, 4))}


def _stranger(data: bytes) -> str:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, what in _STRANGERS.items():
        if head.startswith(magic):
            return f"{what}, "
    if b"<svg" in head:
        return "an SVG drawing, "
    if b"<html" in head or b"<!doctype html" in head:
        return "a web page (HTML), "
    if head.startswith(b"<?xml"):
        return "XML, "
    if data[4:8] == b"ftyp":
        return "a video or sound file, "
    if not data.strip(b"\0"):
        return "nothing but zero bytes, "
    if head.isascii() and head.decode("ascii").isprintable():
        return "text, "
    return ""
