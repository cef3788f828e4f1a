"""A tiny video that every test here reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

pytest.importorskip("av", reason="video needs PyAV: pip install 'shelflens[watch]'")

from shelflens.video.writing import write_video

SECONDS, PER_SECOND = 2, 10


def counted(frames: int) -> Iterator[Image.Image]:
    """Frame n has a white bar of n steps."""
    for number in range(frames):
        picture = Image.new("RGB", (160, 96), (40, 60, 90))
        ImageDraw.Draw(picture).rectangle((0, 30, 6 * number + 5, 60), fill="white")
        yield picture


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "counted.mp4"
    write_video(path, counted(SECONDS * PER_SECOND), per_second=PER_SECOND)
    return path


@pytest.fixture(scope="session")
def stream_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as an MPEG transport stream, which may be cut anywhere."""
    path = tmp_path_factory.mktemp("video") / "counted.ts"
    write_video(path, counted(SECONDS * PER_SECOND), per_second=PER_SECOND)
    return path
