"""Cameras of this machine, as far as one can tell without any."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from shelflens.errors import VideoError
from shelflens.video import camera, read_frames, source


def opened(name: str) -> str:
    """What is said when it cannot be opened."""
    pytest.importorskip("av", reason="video needs PyAV: pip install 'shelflens[watch]'")
    with pytest.raises(VideoError) as caught:
        next(iter(read_frames(source(name), per_second=5)))
    return str(caught.value)


def test_the_wheel_can_open_cameras() -> None:
    av = pytest.importorskip("av", reason="video needs PyAV: pip install 'shelflens[watch]'")
    assert any("v4l2" in name.split(",") for name in av.formats_available)


def test_a_camera_that_is_not_there_is_said_to_be_missing_beside_those_that_are() -> None:
    there = camera.cameras()
    said = opened("camera:987")
    assert said.startswith("camera:987: there is no camera at /dev/video987; ")
    assert said.endswith(", ".join(there) if there else "this machine has none")


@pytest.mark.parametrize("device", ["/dev/null", __file__])
def test_what_is_no_camera_is_not_read(device: str) -> None:
    assert opened(f"camera:{device}") == f"camera:{device}: {device} is no camera that gives pictures"


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EACCES, "group"), (errno.EBUSY, "another program"), (errno.EIO, "Input/output")]
)
def test_each_trouble_says_what_would_help(number: int, words: str) -> None:
    assert words in camera.refused("camera:0", "/dev/video0", OSError(number, os.strerror(number)))


def test_cameras_are_listed_by_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("video10", "video2", "video-dec0", "vhost"):
        (tmp_path / name).touch()
    monkeypatch.setattr(camera, "DEVICES", tmp_path)
    assert camera.cameras() == ["camera:2", "camera:10"]
