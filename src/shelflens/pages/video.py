"""The page that shows which products a video shows, and when: a timeline, and the best frame of each appearance."""

from __future__ import annotations

from dataclasses import dataclass

from shelflens.pages.render import render
from shelflens.types import Box


@dataclass(frozen=True, slots=True)
class SeenProduct:
    """One appearance."""

    start: float  # seconds
    end: float
    probability: float  # 0..1
    frame: bytes  # JPEG
    box: Box  # of the frame


@dataclass(frozen=True, slots=True)
class FoundProduct:
    product_id: str
    title: str
    picture: bytes  # JPEG
    seen: tuple[SeenProduct, ...]  # in the order of time


@dataclass(frozen=True, slots=True)
class VideoTexts:
    timeline: str = "When"
    timeline_hint: str = "A bar for every time that a product is in view."
    products: str = "What"
    product: str = "Product"
    frame: str = "Best frame"
    listed: str = "In the catalogue"
    sure: str = "sure"
    at: str = "at"
    nothing: str = "Nothing found"
    nothing_hint: str = "No product of the catalogue was seen in this video."


@dataclass(frozen=True, slots=True)
class VideoPage:
    title: str
    lead: str
    seconds: float  # of the video
    products: tuple[FoundProduct, ...]

    @property
    def ticks(self) -> tuple[float, ...]:
        """Seconds at which the timeline is marked: five to ten round numbers."""
        for step in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200):
            if self.seconds / step <= 8:
                break
        return tuple(float(n * step) for n in range(int(self.seconds // step) + 1))


def video_page(page: VideoPage) -> str:
    """A whole HTML page."""
    return render("video.html", page=page, title=page.title, x=VideoTexts(), clock=clock)


def clock(seconds: float) -> str:
    """3725.4 -> 1:02:05; 75 -> 1:15."""
    whole = int(seconds)
    hours = f"{whole // 3600}:{whole // 60 % 60:02}" if whole >= 3600 else f"{whole // 60}"
    return f"{hours}:{whole % 60:02}"
