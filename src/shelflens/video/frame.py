"""One picture of a video, and what has happened to the video so far."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from shelflens.errors import VideoError


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    at: float  # seconds since the source was first opened, never running backwards
    image: Image.Image  # RGB, upright


@dataclass(frozen=True, slots=True)
class Health:
    """Counts since the source was first opened."""

    frames: int = 0  # decoded
    corrupt: int = 0  # packets and frames that could not be decoded, or only with damage
    jumps: int = 0  # of the source's clock, backwards or by more than clock.LONGEST_STEP
    reconnects: int = 0
    trouble: str = ""  # the last; empty: none so far


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """Upper bounds for a foreign video, and how long it may keep us waiting."""

    max_side: int = 8192  # pixels
    max_pixels: int = 40_000_000  # of one frame: 8K and a little more
    open_seconds: float = 15.0
    read_seconds: float = 10.0  # of silence, before a stream counts as cut
    corrupt_in_a_row: int = 500  # packets after which it is no video that we can decode

    def check(self, width: int, height: int, name: str) -> None:
        """Raises VideoError."""
        if width < 1 or height < 1:
            raise VideoError(f"{name}: frames of {width} x {height} pixels; at least 1 x 1 is needed")
        if max(width, height) > self.max_side or width * height > self.max_pixels:
            raise VideoError(
                f"{name}: frames of {width} x {height} pixels; no side may have more than {self.max_side}, "
                f"and a frame no more than {self.max_pixels}"
            )
