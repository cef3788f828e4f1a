"""The films that watching is measured with: exact, and the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

pytest.importorskip("av", reason="video needs PyAV: pip install 'shelflens[watch]'")

from shelflens.demo.film import Actor, Script, Truth, cut_out, film
from shelflens.video import read_frames, source


def actor(name: str, colour: str) -> Actor:
    return Actor(name, Image.new("RGBA", (60, 90), colour))


SCRIPT = Script(
    (actor("tea", "red"), actor("rice", "blue")), (actor("milk", "green"),), taken=1, seconds=6.0, size=(160, 96)
)


def test_equal_seeds_give_equal_films_and_truths(tmp_path: Path) -> None:
    one, other = (film(tmp_path / f"{n}.mp4", SCRIPT, seed=4) for n in range(2))
    assert one == other
    # The coder's rounding differs from run to run; the pictures that it is given do not.
    pairs = zip(*(read_frames(source(str(tmp_path / f"{n}.mp4")), per_second=5) for n in range(2)), strict=True)
    for mine, its in pairs:
        assert np.abs(np.asarray(mine.image, np.int16) - np.asarray(its.image, np.int16)).mean() < 3
    assert Truth.from_json((tmp_path / "0.json").read_text()) == one
    assert film(tmp_path / "2.mp4", SCRIPT, seed=5) != one


def test_the_truth_tells_who_stands_who_passes_and_who_is_taken(tmp_path: Path) -> None:
    truth = film(tmp_path / "film.mp4", SCRIPT, seed=4)
    shown = {one.product_id: one for one in truth.shown}
    assert shown["tea"].stands and shown["tea"].start == 0 and shown["tea"].end == pytest.approx(5.8)
    assert not shown["milk"].stands and 0 < shown["milk"].end - shown["milk"].start < 4
    (taken,) = truth.taken
    assert taken.product_id == "rice" and taken.at == pytest.approx(4.0)
    assert shown["rice"].end < 5.4


def test_a_plain_ground_is_cut_away() -> None:
    photo = Image.new("RGB", (100, 100), (250, 250, 248))
    ImageDraw.Draw(photo).rectangle((30, 20, 69, 89), fill="navy")
    cutout = cut_out(photo)
    assert cutout.mode == "RGBA" and cutout.size == pytest.approx((38, 68), abs=4)
    alpha = cutout.getpixel((19, 34))
    assert isinstance(alpha, tuple) and alpha[3] == 255
