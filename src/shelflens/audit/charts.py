"""Recall@1 by the size of the catalogue and by photos per product, as curves over a logarithmic axis."""

from __future__ import annotations

from math import floor, log10

from shelflens.audit.growth import Growth, PhotosNeeded
from shelflens.audit.trend import Point
from shelflens.pages.chart import Axis, Chart, Curve, share_axis


def growth_chart(growth: Growth, *, asked: str) -> Chart:
    """`asked` says whose photos: "photos left out"."""
    here = growth.measured[-1]
    summary = f"{here.value:.1%} with the catalogue's {here.size:,} products"
    if growth.expected:
        far = growth.expected[-1]
        summary += f"; {far.value:.1%} ({far.low:.1%} to {far.high:.1%}) expected with {far.size:,}"
    curves = [_curve("Measured", growth.measured)]
    if growth.expected:
        curves.append(_curve("Expected", (here, *growth.expected)))
    return Chart(
        title="As the catalogue grows",
        caption=f"Recall@1 of {asked}, among so many of the products, with 95 % interval",
        summary=summary + ".",
        x=_log_axis("products", growth.measured[0].size, (growth.expected or growth.measured)[-1].size),
        y=share_axis("Recall@1, %"),
        curves=tuple(curves),
    )


def photos_chart(needed: PhotosNeeded, *, asked: str) -> Chart:
    """`asked` as for `growth_chart`."""
    first, last = needed.measured[0], needed.measured[-1]
    return Chart(
        title="With more photos of each product",
        caption=f"Recall@1 of {asked}, when every product keeps so many others, with 95 % interval",
        summary=f"{first.value:.1%} with {first.size}, {last.value:.1%} with {last.size} photos per product.",
        x=_log_axis("photos per product", first.size, last.size),
        y=share_axis("Recall@1, %"),
        curves=(_curve("Measured", needed.measured),),
    )


def _curve(name: str, points: tuple[Point, ...]) -> Curve:
    return Curve(
        name,
        tuple((log10(it.size), it.value) for it in points),
        tuple((log10(it.size), it.low, it.high) for it in points),
    )


def _log_axis(label: str, low: int, high: int) -> Axis:
    """Ticks at 1, 2 and 5 times powers of ten; at the powers alone where the former would crowd."""
    decades = range(floor(log10(low)), floor(log10(high)) + 1)
    fine = [step * 10**power for power in decades for step in (1, 2, 5) if low <= step * 10**power <= high]
    ticks = fine if len(fine) <= 9 else [tick for tick in fine if str(tick)[0] == "1"]
    return Axis(label, log10(low), log10(high), tuple((log10(tick), f"{tick:,}") for tick in ticks))
