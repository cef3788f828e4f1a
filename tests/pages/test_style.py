"""The colours can be read by everyone: WCAG 2.2 contrast, level AA, in the light and in the dark."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

CSS = (files("shelflens.pages") / "templates" / "style.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", CSS, re.S)[:2]
)


def luminance(colour: str) -> float:
    """WCAG's relative luminance of #rrggbb."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_21_to_1() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_the_dark_scheme_names_every_colour_of_the_light_one() -> None:
    assert set(DARK) == set(LIGHT) and len(LIGHT) >= 10


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_has_4_5_to_1_on_every_ground(scheme: dict[str, str]) -> None:
    for text in ("text", "quiet", "accent"):
        for ground in ("ground", "sheet", "well"):
            assert contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground)
    assert contrast(scheme["on-badge"], scheme["badge"]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_bars_curves_and_borders_that_mean_something_have_3_to_1(scheme: dict[str, str]) -> None:
    for mark in ("right", "wrong", "line-strong"):
        assert contrast(scheme[mark], scheme["sheet"]) >= 3, mark
