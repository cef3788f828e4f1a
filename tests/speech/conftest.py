"""A spoken question: "green apple juice", as `espeak-ng -v en-us -s 140` says it, at 16,000 samples a second."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def spoken() -> Path:
    return Path(__file__).with_name("green-apple-juice.wav")
