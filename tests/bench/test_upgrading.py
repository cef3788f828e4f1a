"""The benchmark of upgrades runs, on sizes that measure nothing: a server, searches, a kill, a switch and back."""

from __future__ import annotations

from pathlib import Path

from bench import upgrading
from bench.workbench import Workbench


def test_no_search_fails_and_no_vector_is_lost_while_a_model_is_upgraded(real_data: Path, tmp_path: Path) -> None:
    section = upgrading.run(Workbench(tmp_path, real_data, tiny=True), upgrading.TINY, tmp_path / "bench.lens")
    assert [row[0] for row in section.tables[0].rows][:2] == ["before", "while it is filled"]
    held = {demand.what: demand.holds for demand in section.demands}
    assert held["searches that failed"], section.markdown()
    assert held["times killed and gone on"]
    assert held["photos with the vector that the new model gives them, of all"]


def test_without_real_photos_it_says_why_it_is_skipped(tmp_path: Path) -> None:
    section = upgrading.run(Workbench(tmp_path, None, tiny=True), upgrading.TINY, tmp_path / "bench.lens")
    assert "SHELFLENS_DATA" in section.markdown()
