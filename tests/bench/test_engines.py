"""The side-by-side of vector engines runs, on a size that measures nothing. No time is tested here."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import engines
from bench.report import Cell, Section
from bench.workbench import Workbench


@pytest.fixture(scope="module")
def section(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Section:
    return engines.run(Workbench(tmp_path_factory.mktemp("bench"), real_data, tiny=True))


def _row(section: Section, table: int, name: str) -> dict[str, Cell]:
    """By column."""
    (row,) = (row for row in section.tables[table].rows if name.lower() in str(row[0]).lower().replace(", 8 bits", "8"))
    return dict(zip(section.tables[table].columns, row, strict=True))


def _not_run(section: Section) -> tuple[tuple[Cell, ...], ...]:
    return section.tables[2].rows if len(section.tables) > 2 else ()


NAMES = ("shelflens", "faiss hnsw, float16", "faiss hnsw8")  # which are here wherever the tests run


@pytest.mark.parametrize("name", engines.ELSEWHERE)
def test_every_other_engine_has_a_row_or_a_reason(section: Section, name: str) -> None:
    not_run = {str(engine): str(why) for engine, why in _not_run(section)}
    assert not_run.get(name) or _row(section, 0, name)["recall@10"]


@pytest.mark.parametrize("name", NAMES)
def test_every_engine_finds_the_nearest(section: Section, name: str) -> None:
    row = _row(section, 0, name)
    recall = row["recall@10"]
    assert isinstance(recall, float)
    assert recall > 0.8  # of few queries; that a setting reaches 0.99 is no fact of so few vectors


@pytest.mark.parametrize("name", NAMES)
def test_what_is_replaced_is_found_and_what_is_removed_is_not(section: Section, name: str) -> None:
    row = _row(section, 1, name)
    assert (row["found"], row["removal"]) in {("100%", "yes"), ("100%", "marked"), ("only added", "no")}


def test_our_own_index_is_the_yardstick(section: Section) -> None:
    row = _row(section, 0, "shelflens")
    assert row["p50 / ours"] == row["p95 / ours"] == row["filter: p50 / ours"] == 1.0
    assert row["filter: recall@10"] == 1.0


def test_an_engine_that_is_not_installed_is_a_row_with_the_reason(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "HERE", ("ours",))
    monkeypatch.setattr(engines, "ELSEWHERE", ("absent",))
    section = engines.run(Workbench(tmp_path, real_data, tiny=True))
    ((name, why),) = _not_run(section)
    assert name == "absent"
    assert "installs nothing" in str(why)


def test_without_real_photos_it_says_why_it_is_skipped(tmp_path: Path) -> None:
    assert "SHELFLENS_DATA" in engines.run(Workbench(tmp_path, None)).markdown()
