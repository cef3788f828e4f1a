"""Fixtures that every part of the tests may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real photos (`grocery/`, `clothing/`); the test is skipped where it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SHELFLENS_DATA", default))
    if not (folder / "grocery" / "train.csv").exists():
        pytest.skip(f"the real photos are not at {folder}; set SHELFLENS_DATA to where they are")
    return folder
