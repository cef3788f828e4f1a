"""One path from bytes, file, image or array to upright sRGB."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps
from tests import damage

from shelflens.errors import PictureError
from shelflens.picture import (
    Limits,
    decode_side,
    digest,
    open_array,
    open_bytes,
    open_file,
    open_image,
    pixels,
    read_file,
)
from shelflens.types import Preprocessing

Save = Callable[..., bytes]
Corners = Callable[[Image.Image], tuple[tuple[int, int, int], ...]]
EXPECTED = ((220, 40, 40), (40, 200, 60), (50, 70, 210), (230, 210, 50))
FILES: dict[str, tuple[str, dict[str, Any]]] = {
    "JPEG": ("JPEG", {"quality": 95}),
    "PNG": ("PNG", {}),
    "WebP": ("WEBP", {"quality": 95}),
    "AVIF": ("AVIF", {"quality": 95, "speed": 10}),
    "HEIC": ("HEIF", {}),
    "TIFF": ("TIFF", {"compression": "tiff_lzw"}),
    "BMP": ("BMP", {}),
    "GIF": ("GIF", {}),
}


def assert_close(found: object, expected: object, tolerance: int) -> None:
    difference = np.abs(np.asarray(found, dtype=int) - np.asarray(expected, dtype=int)).max()
    assert difference <= tolerance, (found, expected)


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_picture(name: str, scene: Image.Image, save: Save, corners: Corners) -> None:
    kind, options = FILES[name]
    picture = open_bytes(save(scene, kind, **options))
    assert (picture.format, picture.width, picture.height) == (name, 96, 64)
    assert picture.image.mode == "RGB" and picture.image.size == (96, 64)
    assert_close(corners(picture.image), EXPECTED, 6)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WebP", "AVIF", "HEIC", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_exif_orientation_is_turned_upright(
    name: str, orientation: int, scene: Image.Image, save: Save, corners: Corners
) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = scene.transpose(undo[orientation]) if orientation > 1 else scene
    exif = Image.Exif()
    exif[0x0112] = orientation
    kind, options = FILES[name]
    data = save(stored, kind, exif=exif.tobytes() if kind == "HEIF" else exif, **options)
    picture = open_bytes(data, side=16)
    assert (picture.width, picture.height) == (96, 64)
    assert picture.image.width > picture.image.height
    assert_close(corners(picture.image), EXPECTED, 6)


def test_same_photo_rotated_by_exif_is_the_same_tensor(scene: Image.Image, save: Save) -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    turned = open_bytes(save(scene.transpose(Image.Transpose.ROTATE_270), "PNG", exif=exif))
    upright = open_bytes(save(scene, "PNG"))
    preprocessing = Preprocessing(size=32)
    np.testing.assert_array_equal(pixels(turned.image, preprocessing), pixels(upright.image, preprocessing))


def test_near_square_turned_photo_keeps_its_sides_when_decoded_small(save: Save) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = open_bytes(save(Image.new("RGB", (130, 129)), "JPEG", exif=exif), side=16)
    assert (picture.width, picture.height) == (129, 130)
    assert picture.image.size == (17, 17)


@pytest.mark.parametrize("side", [1, 16, 50, 63, 64, 65, 200, 448])
def test_scaled_decoding_keeps_the_short_side_that_is_needed(side: int, save: Save) -> None:
    picture = open_bytes(save(Image.new("RGB", (700, 500)), "JPEG"), side=side)
    assert (picture.width, picture.height) == (700, 500)
    assert min(picture.image.size) >= min(side, 500)
    scales = [500 / -(-500 // scale) for scale in (1, 2, 4, 8)]
    assert 500 / min(picture.image.size) in scales


def test_scaled_decoding_shows_the_same_picture(scene: Image.Image, save: Save, corners: Corners) -> None:
    data = save(scene.resize((960, 640)), "JPEG", quality=95)
    small = open_bytes(data, side=100).image
    assert small.size == (240, 160)
    assert_close(corners(small), EXPECTED, 4)


def test_opening_again_changes_nothing(scene: Image.Image, save: Save) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    once = open_bytes(save(scene, "JPEG", exif=exif, icc_profile=swapped_profile()))
    twice = open_image(once.image)
    assert once.image.tobytes() == twice.image.tobytes()
    assert once.image.info == {}


def test_file_bytes_and_pil_image_agree(scene: Image.Image, save: Save, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = save(scene, "JPEG", exif=exif)
    path = tmp_path / "schuh ü.jpg"
    path.write_bytes(data)
    expected = open_bytes(data)
    assert open_file(path).image.tobytes() == expected.image.tobytes()
    with Image.open(BytesIO(data)) as image:
        assert open_image(image).image.tobytes() == expected.image.tobytes()
        assert image.getexif()[0x0112] == 6  # the caller's image is left as it was
    assert read_file(path) == data
    assert digest(data) == digest(bytes(data)) and len(digest(data)) == 64


def test_pillow_itself_agrees_on_a_real_photo(real_data: Path) -> None:
    for path in sorted((real_data / "grocery" / "val").rglob("*.jpg"))[:5]:
        with Image.open(path) as image:
            expected = ImageOps.exif_transpose(image).convert("RGB")
        assert open_file(path, side=decode_side(Preprocessing())).image.tobytes() == expected.tobytes()


def test_image_of_the_caller_is_neither_changed_nor_shared(scene: Image.Image) -> None:
    scene.info["note"] = "mine"
    opened = open_image(scene).image
    assert scene.info == {"note": "mine"}
    opened.paste("black", (0, 0, 96, 64))
    assert scene.getpixel((0, 0)) == EXPECTED[0]


# Colour -------------------------------------------------------------------------------------------------------------


def swapped_profile() -> bytes:
    """An RGB profile with red and green exchanged: sRGB's bytes with two tags' names swapped."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")


def test_embedded_profile_is_applied(scene: Image.Image, save: Save, corners: Corners) -> None:
    picture = open_bytes(save(scene, "PNG", icc_profile=swapped_profile()))
    assert_close(corners(picture.image), [(green, red, blue) for red, green, blue in EXPECTED], 2)


def test_srgb_profile_leaves_every_byte_alone(scene: Image.Image, save: Save) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert open_bytes(save(scene, "PNG", icc_profile=profile)).image.tobytes() == scene.tobytes()


@pytest.mark.parametrize(
    "profile", [b"rubbish", b"\0" * 128, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()]
)
def test_bad_or_foreign_profile_is_ignored(profile: bytes, scene: Image.Image, save: Save) -> None:
    assert open_bytes(save(scene, "PNG", icc_profile=profile)).image.tobytes() == scene.tobytes()


def test_grey_cmyk_and_palette_files_open_as_rgb(scene: Image.Image, save: Save, corners: Corners) -> None:
    grey = [(value, value, value) for value in corners_of_grey(scene)]
    assert_close(corners(open_bytes(save(scene.convert("L"), "JPEG", quality=95)).image), grey, 3)
    assert_close(corners(open_bytes(save(scene.convert("1"), "PNG")).image)[0], (0, 0, 0), 255)
    assert_close(corners(open_bytes(save(scene.quantize(16), "PNG")).image), EXPECTED, 2)
    assert_close(corners(open_bytes(save(scene.convert("CMYK"), "JPEG", quality=95)).image), EXPECTED, 4)
    assert_close(corners(open_bytes(save(scene.convert("CMYK"), "TIFF")).image), EXPECTED, 1)
    assert_close(corners(open_bytes(save(scene.convert("LAB"), "TIFF")).image), EXPECTED, 12)
    assert_close(corners(open_bytes(save(scene.convert("YCbCr"), "TIFF", compression="jpeg")).image), EXPECTED, 8)


def corners_of_grey(scene: Image.Image) -> list[int]:
    grey = np.asarray(scene.convert("L"))
    return [int(grey[y, x]) for y in (16, 48) for x in (24, 72)]


def test_ycck_jpeg_with_the_adobe_marker_is_not_a_negative(scene: Image.Image, save: Save, corners: Corners) -> None:
    data = save(scene.convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data  # inverted inks, as Photoshop writes them
    assert_close(corners(open_bytes(data).image), EXPECTED, 4)


def test_mpo_opens_as_its_first_picture(scene: Image.Image, save: Save, corners: Corners) -> None:
    data = save(scene, "MPO", save_all=True, append_images=[Image.new("RGB", (96, 64))], quality=95)
    picture = open_bytes(data)
    assert picture.format == "JPEG"
    assert_close(corners(picture.image), EXPECTED, 4)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_animation_opens_as_its_first_frame(kind: str, scene: Image.Image, save: Save, corners: Corners) -> None:
    data = save(scene, kind, save_all=True, append_images=[Image.new("RGB", (96, 64))], quality=95)
    assert_close(corners(open_bytes(data).image), EXPECTED, 6)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "RGBa"])
def test_transparency_is_laid_on_white(mode: str, scene: Image.Image) -> None:
    image = scene.convert("RGBA")
    image.putalpha(Image.fromarray(np.repeat(np.array([[0, 128, 255]], np.uint8), 64, axis=0).repeat(32, axis=1)))
    image = image.convert(mode)
    found = np.asarray(open_image(image).image, dtype=float)
    rgba = np.asarray(image.convert("RGBA"), dtype=float)
    alpha = rgba[..., 3:] / 255
    np.testing.assert_allclose(found, rgba[..., :3] * alpha + 255 * (1 - alpha), atol=1)
    assert (found[:, :32] == 255).all()


def test_transparent_palette_and_colour_key_are_laid_on_white(scene: Image.Image, save: Save) -> None:
    palette = scene.quantize(4)
    key = int(np.asarray(palette)[0, 0])
    for data in (
        save(palette, "PNG", transparency=key),
        save(palette, "GIF", transparency=key),
        save(scene, "PNG", transparency=EXPECTED[0]),
        save(palette, "PNG", transparency=bytes(0 if index == key else 255 for index in range(4))),
    ):
        found = np.asarray(open_bytes(data).image)
        assert (found[:32, :48] == 255).all()
        assert (found[40:, 60:] != 255).any()


@pytest.mark.parametrize(("kind", "dtype"), [("PNG", "<u2"), ("TIFF", "<u2"), ("TIFF", ">u2")])
def test_16_bit_grey_is_scaled_not_clipped(dtype: str, kind: str, save: Save) -> None:
    values = np.linspace(0, 65535, 4096).astype(dtype).reshape(64, 64)
    found = np.asarray(open_bytes(save(Image.fromarray(values), kind)).image)
    np.testing.assert_array_equal(found[..., 0], np.round(values / 257))


def test_wide_greys_are_scaled_by_the_smallest_usual_full_scale() -> None:
    for values, full in (
        (np.array([[0, 0.5, 1]], np.float32), 1),
        (np.array([[0, 100, 200]], np.float32), 255),
        (np.array([[-5, 30_000, 60_000]], np.float32), 65535),
        (np.array([[0, 1, 255]], np.int32), 255),
        (np.array([[0, 300, 65535]], np.int32), 65535),
        (np.array([[0, 2**30, 2**31 - 1]], np.int32), 2**32 - 1),
    ):
        found = np.asarray(open_image(Image.fromarray(values)).image)[..., 0]
        np.testing.assert_array_equal(found, np.round(values.clip(0) * (255 / full)))


# Arrays -------------------------------------------------------------------------------------------------------------


def test_arrays_of_every_type_give_the_same_picture(scene: Image.Image) -> None:
    eight = np.asarray(scene)
    for array in (eight, eight.astype(np.uint16) * 257, eight / 255, (eight / 255).astype(np.float32)):
        np.testing.assert_array_equal(np.asarray(open_array(array).image), eight)
    flipped = open_array(eight[:, ::-1])  # not contiguous
    np.testing.assert_array_equal(np.asarray(flipped.image), eight[:, ::-1])
    assert np.asarray(open_array(eight[..., 0]).image)[0, 0].tolist() == [220, 220, 220]
    clear = np.concatenate([eight, np.zeros((64, 96, 1), np.uint8)], axis=-1)
    assert (np.asarray(open_array(clear).image) == 255).all()


@pytest.mark.parametrize(
    ("array", "complaint"),
    [
        (np.zeros((3, 4, 5), np.uint8), r"shape \(3, 4, 5\); \(H, W\), \(H, W, 3\) or \(H, W, 4\) is needed"),
        (np.zeros((0, 4), np.uint8), "at least 1 x 1"),
        (np.full((2, 2), 255.0), "floats from 255 to 255; 0 to 1 is needed"),
        (np.full((2, 2), np.nan), "0 to 1 is needed"),
        (np.zeros((2, 2), np.int64), "type int64; uint8, uint16 or floats"),
    ],
)
def test_array_that_is_no_picture_is_refused(array: np.ndarray, complaint: str) -> None:
    with pytest.raises(PictureError, match=complaint):
        open_array(array)


# Refusals -----------------------------------------------------------------------------------------------------------


def test_known_formats_are_listed_for_a_file_that_is_none_of_them() -> None:
    known = r"not a picture in a known format \(JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP, GIF\)"
    for data, what in (
        (b"<!doctype HTML><p>404", "a web page"),
        (b"<?xml version='1.0'?>\n<svg/>", "an SVG drawing"),
        (b"%PDF-1.7", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "a PostScript document"),
        (b"\xc5\xd0\xd3\xc6" + bytes(30), "an EPS document"),
        (b"MZ\x90" + bytes(30), "a Windows program"),
        (b"hello", "text"),
        (bytes(9), "nothing but zero bytes"),
        (b"\0\0\0\x18ftypmp42" + bytes(12), "a video or sound file"),
    ):
        with pytest.raises(PictureError, match=f"^shoes.jpg: {what}.*, {known}$"):
            open_bytes(data, name="shoes.jpg")


def test_empty_missing_folder_and_pipe_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    os.mkfifo(tmp_path / "pipe.jpg")
    for name, complaint in (
        ("empty.jpg", r"empty.jpg: empty \(0 bytes\); a picture file is needed"),
        ("none.jpg", r"none.jpg: cannot be read \(No such file or directory\)"),
        ("pipe.jpg", r"pipe.jpg: a device or pipe"),
        ("", "a folder"),
        ("a\0b", "cannot be read"),
    ):
        with pytest.raises(PictureError, match=complaint):
            open_file(tmp_path / name)


@pytest.mark.parametrize("name", sorted(damage.good_files()))
def test_truncated_file_is_one_clear_error(name: str) -> None:
    data = damage.good_files()[name]
    for cut in (len(data) // 4, len(data) // 2) if name not in ("mpo", "apng", "gif") else (len(data) // 4,):
        with pytest.raises(PictureError, match=r"^shoes: (damaged or cut short|a web|\d).*needed$") as caught:
            open_bytes(data[:cut], name="shoes")
        assert "\n" not in str(caught.value)


def test_limits_are_checked_before_anything_is_decoded(scene: Image.Image, save: Save) -> None:
    data = save(scene, "PNG")
    for limits, complaint in (
        (Limits(max_bytes=len(data) - 1), f"{len(data)} bytes; at most {len(data) - 1} are read"),
        (Limits(max_pixels=96 * 64 - 1), "96 x 64 pixels; at most 6143 in all"),
        (Limits(max_side=95), "96 x 64 pixels; no side may have more than 95"),
    ):
        with pytest.raises(PictureError, match=complaint):
            open_bytes(data, limits=limits)
    assert open_bytes(data, limits=Limits(max_bytes=len(data), max_pixels=96 * 64, max_side=96)).width == 96


@pytest.mark.parametrize("data", [damage.png(60_000, 60_000), damage.png(20_000, 20_000)])
def test_bomb_is_refused_by_its_header(data: bytes) -> None:
    with pytest.raises(PictureError, match=r"pixels; (no side|at most)"):
        open_bytes(data)


def test_webp_bomb_is_refused_before_its_canvas_is_allocated(save: Save) -> None:
    for options in ({}, {"lossless": True}):
        for mode in ("RGB", "RGBA"):
            image = Image.new(mode, (300, 20), "red")
            with pytest.raises(PictureError, match="300 x 20 pixels"):
                open_bytes(save(image, "WEBP", **options), limits=Limits(max_pixels=5999))
            with pytest.raises(PictureError, match="300 x 20 pixels"):  # not "damaged": nothing but the header was read
                open_bytes(save(image, "WEBP", **options)[:30], limits=Limits(max_pixels=5999))
            assert open_bytes(save(image, "WEBP", **options), limits=Limits(max_pixels=6000)).width == 300


def test_picture_above_pillows_own_warning_opens_in_silence(save: Save) -> None:
    data = save(Image.new("L", (11_000, 9_000), 255), "JPEG")  # 99 megapixels; Pillow warns from 89 on
    assert open_bytes(data, side=448).image.size == (1375, 1125)


def test_pillows_warnings_never_leak_from_threads() -> None:
    files = [data[: len(data) - cut] for data in damage.good_files().values() for cut in (0, 3, 9)]
    files += [apng_without_frames()]
    with pytest.warns(UserWarning, match="Invalid APNG"):
        Image.open(BytesIO(files[-1]))
    before = list(warnings.filters)

    def attempt(data: bytes) -> str:
        try:
            return open_bytes(data).format
        except PictureError as error:
            return str(error)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with ThreadPoolExecutor(8) as pool:
            many = list(pool.map(attempt, files * 5))
    assert many == [attempt(data) for data in files] * 5
    assert caught == []
    assert warnings.filters == before


def apng_without_frames() -> bytes:
    return damage.png(8, 8, (b"acTL", bytes(8)), rows=bytes(72))


def test_importing_reaches_no_network_or_heif_code() -> None:
    script = "import sys, shelflens.picture; print(*{'httpcore', 'httpx', 'pillow_heif'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
