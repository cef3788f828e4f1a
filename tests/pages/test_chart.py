"""Charts: what is drawn stands where the numbers say."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelflens.pages.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, Columns, Curve, even_axis, share_axis

STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.-]+) ([\d.-]+)", path)]


@pytest.fixture
def chart() -> Chart:
    return Chart(
        title="t",
        caption="c",
        summary="s",
        x=even_axis("x", 0, 1, steps=(0.2,)),
        y=share_axis("y"),
        curves=(Curve("curve", ((0.0, 0.0), (0.5, 1.0), (1.0, 0.5)), ((0.0, 0.0, 0.2), (1.0, 0.4, 0.6))),),
        columns=(Columns("a", (0.0, 0.5, 1.0), (1.0, 0.5)), Columns("b", (0.0, 0.5, 1.0), (0.0, 1.0))),
    )


def test_corners_of_the_values_are_corners_of_the_drawing(chart: Chart) -> None:
    assert chart.at(0, 0) == (LEFT, HEIGHT - BOTTOM)
    assert chart.at(1, 1) == (WIDTH - RIGHT, TOP)


def test_a_curve_goes_through_its_points(chart: Chart) -> None:
    curve = chart.curves[0]
    assert points(chart.line(curve)) == [pytest.approx(chart.at(x, y), abs=0.05) for x, y in curve.points]


def test_a_band_runs_along_its_lower_ends_and_back_along_its_upper_ones(chart: Chart) -> None:
    ends = [(0.0, 0.0), (1.0, 0.4), (1.0, 0.6), (0.0, 0.2)]
    assert points(chart.area(chart.curves[0])) == [pytest.approx(chart.at(x, y), abs=0.05) for x, y in ends]


def test_columns_stand_side_by_side_within_their_bin_and_empty_ones_are_not_drawn(chart: Chart) -> None:
    first, second = points(chart.bars(0)), points(chart.bars(1))
    assert (len(first), len(second)) == (8, 4)
    a, b = first[4:], second
    assert chart.at(0.5, 0)[0] < min(x for x, _ in a) < max(x for x, _ in a) <= min(x for x, _ in b)
    assert max(x for x, _ in b) < chart.at(1.0, 0)[0]
    assert min(y for _, y in a) == pytest.approx(chart.at(0, 0.5)[1], abs=0.05)


@settings(deadline=None)
@given(st.floats(-1, 1), st.floats(0, 2))
def test_an_even_axis_holds_its_values_between_at_most_eight_ticks(low: float, width: float) -> None:
    axis = even_axis("x", low, low + width, steps=STEPS)
    assert axis.low <= low + 1e-9 and low + width <= axis.high + 1e-9 and axis.low < axis.high
    assert 2 <= len(axis.ticks) <= 8
    assert (axis.ticks[0][0], axis.ticks[-1][0]) == (axis.low, axis.high)


def test_ticks_are_written_as_people_write_them() -> None:
    assert [words for _, words in even_axis("x", 0.56, 0.89, steps=STEPS).ticks][:3] == ["0.55", "0.6", "0.65"]
