"""Charts as inline SVG that follow the page's colours: curves with bands, and paired columns.

Drawn here rather than by a plotting library so that they have the page's type, turn dark with it and stay small.
"""

from __future__ import annotations

from dataclasses import dataclass

WIDTH, HEIGHT = 360, 240  # of the drawing, in its own units
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 10, 44  # margins that hold the axes' words


@dataclass(frozen=True, slots=True)
class Axis:
    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]  # (value, words)


@dataclass(frozen=True, slots=True)
class Curve:
    name: str
    points: tuple[tuple[float, float], ...]  # (x, y), ascending x
    band: tuple[tuple[float, float, float], ...] = ()  # (x, low, high)


@dataclass(frozen=True, slots=True)
class Columns:
    name: str
    edges: tuple[float, ...]  # (n + 1), ascending
    heights: tuple[float, ...]  # (n,)


@dataclass(frozen=True, slots=True)
class Chart:
    """Up to two curves, or up to two sets of columns over the same edges; the second is told apart by colour
    and by dashes or place."""

    title: str
    caption: str
    summary: str  # what it shows, in words, for those who cannot see it
    x: Axis
    y: Axis
    curves: tuple[Curve, ...] = ()
    columns: tuple[Columns, ...] = ()

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Values to the drawing's units; y grows downwards there."""
        across = (x - self.x.low) / (self.x.high - self.x.low)
        up = (y - self.y.low) / (self.y.high - self.y.low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    def line(self, curve: Curve) -> str:
        """The curve as SVG path data."""
        return _path([self.at(x, y) for x, y in curve.points])

    def area(self, curve: Curve) -> str:
        """The curve's band as SVG path data; empty without one."""
        if not curve.band:
            return ""
        lower = [self.at(x, low) for x, low, _ in curve.band]
        upper = [self.at(x, high) for x, _, high in curve.band]
        return _path(lower + upper[::-1]) + "Z"

    def bars(self, position: int) -> str:
        """One set of columns as SVG path data; sets stand side by side within each bin."""
        columns, of = self.columns[position], len(self.columns)
        path = []
        for left, right, height in zip(columns.edges, columns.edges[1:], columns.heights, strict=False):
            if not height:
                continue
            step = (right - left) * 0.88 / of
            start = left + (right - left) * 0.06 + position * step
            path.append(_path([self.at(x, y) for x, y in _corners(start, start + step, self.y.low, height)]) + "Z")
        return "".join(path)


def share_axis(label: str) -> Axis:
    """0 to 100 %."""
    return Axis(label, 0.0, 1.0, tuple((tick / 100, f"{tick}") for tick in (0, 20, 40, 60, 80, 100)))


def even_axis(label: str, low: float, high: float, *, steps: tuple[float, ...]) -> Axis:
    """From `low` to `high`, widened to whole ticks of the first of the ascending `steps` that needs at most seven."""
    for step in steps:
        first, last = int(low // step), -int(-high // step)
        last = max(last, first + 1)
        if last - first <= 7:
            break
    ticks = tuple((n * step, f"{n * step:.10g}") for n in range(first, last + 1))
    return Axis(label, first * step, last * step, ticks)


def _corners(left: float, right: float, low: float, high: float) -> list[tuple[float, float]]:
    return [(left, low), (left, high), (right, high), (right, low)]


def _path(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
