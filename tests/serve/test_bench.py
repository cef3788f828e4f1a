"""The load benchmark runs, on a size that measures nothing. No time is tested here."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import load
from bench.workbench import Workbench


def test_a_server_under_load_is_compared_with_the_bare_model(real_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("uvicorn", reason="serving is not installed; pip install 'shelflens[serve]'")
    section = load.run(Workbench(tmp_path, real_data, tiny=True))
    bare, _, alone, *_ = section.tables[0].rows
    assert bare[1] == 1.0
    assert isinstance(alone[2], float)
    assert alone[2] > 0
    lost = next(demand for demand in section.demands if "neither" in demand.what)
    assert lost.holds
