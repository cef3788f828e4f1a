"""Damaged files either open or are one PictureError; nothing else happens."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest
from tests.damage import damaged_files

from shelflens.errors import PictureError
from shelflens.picture import Limits, open_file

LIMITS = Limits(max_pixels=25_000_000)


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_damaged_files_open_or_are_refused_in_bounded_time_and_memory(tmp_path: Path) -> None:
    files = damaged_files(tmp_path, 700, seed=1)
    before = peak_megabytes()
    for file in files:
        start = time.perf_counter()
        if file.unreadable:
            with pytest.raises(PictureError) as caught:
                open_file(file.path, side=64, limits=LIMITS)
            assert str(caught.value).startswith(f"{file.path}: ")
            assert "\n" not in str(caught.value)
        else:
            try:
                picture = open_file(file.path, side=64, limits=LIMITS)
            except PictureError as error:
                assert str(error).startswith(f"{file.path}: ")
            else:
                assert picture.image.mode == "RGB"
                assert picture.width * picture.height <= LIMITS.max_pixels
        assert time.perf_counter() - start < 5
    assert peak_megabytes() - before < 300


def test_the_same_seed_damages_the_same_way(tmp_path: Path) -> None:
    first, second, other = (
        damaged_files(tmp_path / name, 60, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert [file.path.read_bytes() for file in first] == [file.path.read_bytes() for file in second]
    assert [file.path.name for file in first] == [file.path.name for file in second]
    assert [file.path.read_bytes() for file in first] != [file.path.read_bytes() for file in other]


def test_every_kind_of_good_file_opens() -> None:
    from tests.damage import good_files

    from shelflens.picture import open_bytes

    for name, data in good_files().items():
        picture = open_bytes(data, name=name)
        assert {picture.width, picture.height} == {112, 80}
