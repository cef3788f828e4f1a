"""What looking at one frame comes to: products seen, and places that have been found empty."""

from __future__ import annotations

from dataclasses import dataclass

from shelflens.types import Box


@dataclass(frozen=True, slots=True)
class Sighting:
    """One product in one frame."""

    product_id: str
    box: Box  # of the frame
    strength: float  # agreeing points, as the local verifier counts them, times sameness; 0 and up
    similarity: float  # cosine, -1..1
    still: bool = False  # the place looks as it did when the product was last seen there; nothing was compared


@dataclass(frozen=True, slots=True)
class Place:
    """Where a product should be, if it is still there."""

    track: int
    product_id: str
    box: Box  # where it was seen last
    home: Box | None = None  # where it has stood for a while
    scene: int = 0  # the one that its home is in
    settling: bool = False  # it seems to have stood there for a while: worth a closer look


@dataclass(frozen=True, slots=True)
class Look:
    """One analysed frame. A place that is neither seen nor empty was hidden, in motion, or not looked at."""

    at: float  # seconds since the stream began
    seen: tuple[Sighting, ...] = ()
    empty: tuple[int, ...] = ()  # tracks whose home was looked at, was at rest, and does not show the product
    scene: int = 0  # the camera may be turned, or covered: what stood in one scene is not missing in another


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0..1."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (area(one) + area(other) - shared)


def area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


def centre(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2


def extent(box: Box) -> float:
    """The box's diagonal, in frames."""
    return float(((box.right - box.left) ** 2 + (box.bottom - box.top) ** 2) ** 0.5)


def apart(one: Box, other: Box) -> float:
    """Between the centres, in frames."""
    (x, y), (u, v) = centre(one), centre(other)
    return float(((x - u) ** 2 + (y - v) ** 2) ** 0.5)


def around(box: Box, share: float) -> Box:
    """With room on every side, a share of the box's own; within the frame."""
    across, down = share * (box.right - box.left), share * (box.bottom - box.top)
    return Box(
        max(0.0, box.left - across), max(0.0, box.top - down), min(1.0, box.right + across), min(1.0, box.bottom + down)
    )
