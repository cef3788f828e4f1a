"""Where to look: what moves, what is at rest, and windows over the rest."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from shelflens.types import Box
from shelflens.verify.base import Finding, Line
from shelflens.watch.motion import EVERYWHERE, LASTED, SCENES, Motion
from shelflens.watch.patch import alike, patch
from shelflens.watch.regions import energy, windows
from shelflens.watch.sighting import around, overlap
from shelflens.watch.spotting import _placed


def scene(x: int | None = None, *, light: float = 1.0, grain: int = 0) -> Image.Image:
    picture = Image.new("RGB", (320, 180), (120, 130, 110))
    draw = ImageDraw.Draw(picture)
    for left in range(0, 320, 40):
        draw.rectangle((left, 120, left + 20, 170), fill=(90, 60, 40))
    if x is not None:
        draw.rectangle((x, 40, x + 40, 100), fill=(230, 40, 40))
    pixels = np.asarray(picture, np.float32) * light
    if grain:
        pixels = pixels + np.random.default_rng(grain).normal(scale=5, size=pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def fed(*pictures: Image.Image) -> Motion:
    motion = Motion()
    for picture in pictures:
        motion.see(picture)
    return motion


def test_what_moves_is_boxed() -> None:
    motion = fed(*(scene(grain=n + 1) for n in range(5)), scene(100, grain=9))
    (blob,) = motion.blobs()
    assert overlap(blob, Box(100 / 320, 40 / 180, 140 / 320, 100 / 180)) > 0.75


def test_a_lamp_that_is_switched_on_is_no_motion() -> None:
    assert not fed(scene(), scene(), scene(light=1.4)).blobs()
    assert not fed(scene(), scene(), scene(light=0.6)).blobs()


def test_grain_is_no_motion() -> None:
    assert not fed(*(scene(grain=n + 1) for n in range(6))).blobs()


def test_a_cut_is_a_new_scene_and_what_stays_in_it_is_background_at_once() -> None:
    other = Image.fromarray(np.random.default_rng(5).integers(0, 255, (18, 32), np.uint8)).resize((320, 180), 0)
    motion = fed(scene(), scene(), other.convert("RGB"))
    assert motion.everywhere and not motion.blobs()
    motion.see(other.convert("RGB"))
    assert not motion.everywhere and not motion.mask.any()


def elsewhere(number: int) -> Image.Image:
    cells = np.random.default_rng(number).integers(0, 255, (18, 32), np.uint8)
    return Image.fromarray(cells).resize((320, 180), 0).convert("RGB")


def test_a_scene_that_comes_back_is_known_again_and_what_has_changed_in_it_is_seen() -> None:
    motion = fed(*[scene(100)] * 30)
    first = motion.scene
    for _ in range(30):
        motion.see(elsewhere(5))
    assert motion.scene != first
    motion.see(scene(light=0.8))
    assert motion.scene == first and motion.everywhere and not motion.resting(Box(0.3, 0.2, 0.5, 0.6))
    motion.see(scene(light=0.8))
    (blob,) = motion.blobs()
    assert overlap(blob, Box(100 / 320, 40 / 180, 140 / 320, 100 / 180)) > 0.75
    assert motion.resting(Box(0.3, 0.2, 0.5, 0.6))


def test_a_dull_scene_is_another_one_though_most_places_are_as_bright() -> None:
    turned = scene(100).transpose(Image.Transpose.ROTATE_180)
    motion = fed(*[scene(100)] * 30)
    first = motion.scene
    motion.see(turned)
    assert motion.mask.mean() < EVERYWHERE and motion.scene != first


def test_a_large_thing_that_comes_close_is_no_other_scene() -> None:
    motion = fed(*[scene(100)] * 30)
    first = motion.scene
    near = scene(100)
    near.paste((40, 40, 60), (180, 20, 250, 180))
    motion.see(near)
    assert motion.mask.mean() > 0.15 and motion.scene == first


@pytest.mark.parametrize("light", [0.0, 0.02])
def test_a_covered_camera_is_another_scene(light: float) -> None:
    motion = fed(*[scene(100)] * 30)
    first = motion.scene
    motion.see(scene(light=light, grain=3))
    assert motion.scene != first
    motion.see(scene(100))
    assert motion.scene == first


def test_few_scenes_are_remembered_and_none_of_a_moving_camera() -> None:
    motion = fed(*[scene()] * 30)
    first = motion.scene
    for number in range(50):
        motion.see(elsewhere(number))
    motion.see(scene())
    assert motion.scene == first
    for number in range(SCENES + 1):
        for _ in range(LASTED + 1):
            motion.see(elsewhere(number))
    motion.see(scene())
    assert motion.scene != first


def test_a_place_is_at_rest_once_nothing_moves_in_it() -> None:
    place = Box(100 / 320, 40 / 180, 140 / 320, 100 / 180)
    assert not fed(scene(), scene(90), scene(130)).resting(place)
    assert fed(scene(), scene(100), scene(100)).resting(place)


def test_a_place_looks_the_same_in_another_light_and_not_with_something_in_it() -> None:
    place = Box(0.2, 0.2, 0.6, 0.9)
    empty, dark, full = (one.convert("L") for one in (scene(), scene(light=0.6, grain=3), scene(100)))
    assert alike(patch(empty, place), patch(dark, place))
    assert not alike(patch(empty, place), patch(full, place))


def test_an_even_wall_looks_like_an_even_wall_whatever_its_grain() -> None:
    place = Box(0.0, 0.0, 0.4, 0.5)
    one, other = (patch(scene(grain=n).convert("L"), place) for n in (1, 2))
    assert not one.any() and alike(one, other)


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (300, 300), (1920, 800)])
def test_windows_cover_the_frame_at_every_size_and_lie_in_it(size: tuple[int, int]) -> None:
    found = windows(*size)
    sides = {round((box.bottom - box.top) * size[1]) for box in found}
    assert len(sides) == 3 and len(found) <= 160
    covered = np.zeros((36, 36), bool)
    for box in found:
        covered[round(box.top * 36) : round(box.bottom * 36), round(box.left * 36) : round(box.right * 36)] = True
    assert covered.mean() > 0.9


def test_energy_is_where_the_embedder_finds_something() -> None:
    def look(square: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        red = np.asarray(square.resize((7, 7), Image.Resampling.BOX), np.float32)[..., 0]
        return np.maximum(red - 125, 0)[None]

    cells = energy(scene(240), look)
    assert cells is not None and cells.shape == (18, 32)
    assert cells[4:10, 24:28].mean() > 3 and cells[:, :10].max() < 0.5
    assert energy(scene(), lambda _: None) is None


def test_agreeing_points_place_the_whole_product() -> None:
    """In a region of the frame's right half, the product fills the left half of it."""
    points = [(x / 4, y / 4) for x in range(5) for y in range(5)]
    lines = tuple(Line((x / 2, y), (0.1 + 0.8 * x, 0.1 + 0.8 * y)) for x, y in points)
    box = _placed(Finding(25.0, lines=lines), Box(0.5, 0.0, 1.0, 1.0), Box(0.1, 0.1, 0.9, 0.9))
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((0.5, 0.0, 0.75, 1.0), abs=1e-6)


def test_few_points_place_nothing() -> None:
    region = Box(0.1, 0.1, 0.5, 0.5)
    assert _placed(Finding(5.0, lines=(Line((0, 0), (0, 0)),)), region, Box(0, 0, 1, 1)) == region


def test_room_around_a_box_ends_with_the_frame() -> None:
    assert around(Box(0.0, 0.25, 0.25, 0.75), 0.5) == Box(0.0, 0.0, 0.375, 1.0)
