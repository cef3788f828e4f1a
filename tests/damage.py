"""Damaged, dishonest and foreign files, drawn from a seed, for whatever must not break on them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image


@dataclass(frozen=True, slots=True)
class DamagedFile:
    """A file that may or may not still open, or that certainly does not."""

    path: Path
    unreadable: bool  # certainly; False means that it may open (a flipped bit can be harmless)
    damage: str  # what was done, e.g. "cut"


_EXTENSIONS = ("jpg", "png", "webp", "avif", "heic", "tif", "bmp", "gif")


def damaged_files(folder: Path, count: int, *, seed: int) -> list[DamagedFile]:
    """Write `count` files into `folder`, each kind of damage in turn; the same seed gives the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    random = Random(seed)
    files = []
    for number in range(count):
        damage, (make, unreadable) = list(_DAMAGES.items())[number % len(_DAMAGES)]
        data = make(random)
        # The extension is a guess that is often wrong, as in the wild.
        path = folder / f"{number:05d}-{damage}.{random.choice(_EXTENSIONS)}"
        path.write_bytes(data)
        files.append(DamagedFile(path, unreadable, damage))
    return files


@cache
def good_files() -> dict[str, bytes]:
    """One small honest file for each kind of reader, by name."""
    import pillow_heif

    y, x = np.mgrid[0:80, 0:112]
    noise = np.random.default_rng(0).integers(0, 40, (80, 112, 3))
    photo = Image.fromarray((np.stack([x * 2, y * 2, x + y], axis=-1) % 216 + noise).astype(np.uint8))
    exif = photo.getexif()
    exif[0x0112] = 6
    files = {
        "jpeg": _saved(photo, "JPEG", exif=exif),
        "jpeg-progressive": _saved(photo, "JPEG", progressive=True),
        "jpeg-grey": _saved(photo.convert("L"), "JPEG"),
        "jpeg-cmyk": _saved(photo.convert("CMYK"), "JPEG"),
        "mpo": _saved(photo, "MPO", save_all=True, append_images=[photo.rotate(180)]),
        "png": _saved(photo, "PNG", exif=exif),
        "png-palette": _saved(photo.quantize(32), "PNG", transparency=3),
        "png-16": _saved(Image.fromarray((x * 585).astype(np.uint16)), "PNG"),
        "apng": _saved(photo, "PNG", save_all=True, append_images=[photo.rotate(180)]),
        "webp": _saved(photo, "WEBP", exif=exif),
        "webp-lossless": _saved(photo.convert("RGBA"), "WEBP", lossless=True),
        "avif": _saved(photo, "AVIF", speed=10),
        "tiff": _saved(photo, "TIFF"),
        "tiff-lzw": _saved(photo, "TIFF", compression="tiff_lzw", exif=exif),
        "tiff-jpeg": _saved(photo, "TIFF", compression="jpeg"),
        "bmp": _saved(photo, "BMP"),
        "gif": _saved(photo, "GIF", save_all=True, append_images=[photo.rotate(180)]),
    }
    heic = BytesIO()
    pillow_heif.from_pillow(photo).save(heic, quality=60)
    return {**files, "heic": heic.getvalue()}


def png(width: int, height: int, *extra: tuple[bytes, bytes], rows: bytes = b"") -> bytes:
    """A PNG whose header may lie: 8-bit grey, the extra chunks (type, content), then `rows` as image data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _any_good(random: Random) -> bytes:
    return random.choice(list(good_files().values()))


def _flipped(random: Random) -> bytes:
    """1 to 20 bits anywhere."""
    data = bytearray(_any_good(random))
    for _ in range(random.randint(1, 20)):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(data)


def _flipped_header(random: Random) -> bytes:
    """1 to 4 bits among the first 200 bytes, where sizes, offsets and types are."""
    data = bytearray(_any_good(random))
    for _ in range(random.randint(1, 4)):
        data[random.randrange(min(200, len(data)))] ^= 1 << random.randrange(8)
    return bytes(data)


def _cut(random: Random) -> bytes:
    """Less than 60 %, and of no MPO, APNG or GIF, whose later frames may be all that is lost."""
    still = [data for name, data in good_files().items() if name not in ("mpo", "apng", "gif")]
    data = random.choice(still)
    return data[: random.randint(1, len(data) * 6 // 10)]


def _cut_anywhere(random: Random) -> bytes:
    data = _any_good(random)
    return data[: random.randint(1, len(data) - 1)]


def _hole(random: Random) -> bytes:
    """A page of zeros, as a failing disk leaves it."""
    data = bytearray(_any_good(random))
    at, length = random.randrange(len(data)), random.choice([16, 512, 4096])
    data[at : at + length] = bytes(len(data[at : at + length]))
    return bytes(data)


def _spliced(random: Random) -> bytes:
    """The beginning of one file and the rest of another."""
    first, second = _any_good(random), _any_good(random)
    return first[: random.randrange(len(first))] + second[random.randrange(len(second)) :]


def _noise(random: Random) -> bytes:
    """Random bytes; the first is one that no format starts with."""
    return b"\x01" + random.randbytes(random.randint(1, 5000))


def _noise_after_magic(random: Random) -> bytes:
    """A format's first 12 bytes, then noise. A decoder may find a picture in it, if a strange one."""
    return _any_good(random)[:12] + random.randbytes(random.randint(0, 5000))


def _huge(random: Random) -> bytes:
    """A short file whose header claims a picture of at least 900 megapixels."""
    jpeg, bmp, gif = bytearray(good_files()["jpeg"]), bytearray(good_files()["bmp"]), bytearray(good_files()["gif"])
    frame = jpeg.index(b"\xff\xc0")
    struct.pack_into(">HH", jpeg, frame + 5, 65500, 65500)
    struct.pack_into("<ii", bmp, 18, 40_000, 40_000)
    struct.pack_into("<HH", gif, 6, 65535, 65535)
    webp = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\xff\xff" * 2 + b"VP8L\0\0\0\0"
    return random.choice([png(60_000, 60_000), bytes(jpeg), bytes(bmp), bytes(gif), webp])


def _inflating(random: Random) -> bytes:
    """A small honest PNG with a text or profile chunk of 50 kB that inflates to 50 MB."""
    kind, before = random.choice([(b"zTXt", b"Comment\0\0"), (b"iTXt", b"Comment\0\x01\0\0\0"), (b"iCCP", b"icc\0\0")])
    return png(8, 8, (kind, before + _bomb()), rows=bytes(72))


@cache
def _bomb() -> bytes:
    return zlib.compress(bytes(50_000_000), 9)


def _foreign(random: Random) -> bytes:
    """What servers and people put where a picture should be."""
    return random.choice(
        [
            b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
            b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
            b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
            b"\x7fELF\x02\x01\x01" + bytes(57),
            b"MZ\x90\0" + bytes(60),
            b"PK\x03\x04" + bytes(26),
            b'{"error": "no such picture"}',
            b"photo,product_id\nshoe.jpg,12\n",
            b"version https://git-lfs.github.com/spec/v1\n",
            b"\0\0\0\x18ftypmp42" + bytes(12),
        ]
    )


#: name -> (maker, whether its files certainly cannot be read)
_DAMAGES: dict[str, tuple[Callable[[Random], bytes], bool]] = {
    "flipped": (_flipped, False),
    "cut": (_cut, True),
    "flipped-header": (_flipped_header, False),
    "foreign": (_foreign, True),
    "hole": (_hole, False),
    "huge": (_huge, True),
    "cut-anywhere": (_cut_anywhere, False),
    "empty": (lambda _random: b"", True),
    "spliced": (_spliced, False),
    "zeros": (lambda random: bytes(random.randint(1, 5000)), True),
    "noise": (_noise, True),
    "inflating": (_inflating, True),
    "noise-after-magic": (_noise_after_magic, False),
    "wrong-extension": (_any_good, False),
}
