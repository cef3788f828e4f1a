"""What is computed for catalogues that nobody has made, against plain sums; the page says what the script prints."""

from __future__ import annotations

import dataclasses
import json
from itertools import pairwise
from pathlib import Path

import pytest

from bench.paper import MEASURED, SIZES, Assumptions, Measured, Need, assumed, tables

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_says_what_the_script_prints() -> None:
    page = (ROOT / "docs" / "scale.md").read_text()
    for table in tables(Measured.read(), Assumptions()):
        assert table.markdown() in page, "python -m bench.paper prints something else than docs/scale.md has"


def test_each_figure_names_a_benchmark_that_is_there() -> None:
    for row in json.loads(MEASURED.read_text()):
        module = row["command"].removeprefix("python -m ").split()[0].replace(".", "/")
        assert (ROOT / f"{module}.py").exists() or (ROOT / module / "__main__.py").exists(), row
        assert row["what"] and row["line"] and row["value"] > 0


def test_ten_million_by_hand() -> None:
    its = Measured(7.2, 10.0, 20.0, 3_000, 2_500, 2_600, 84)
    need = Need.of(10**7, its, Assumptions(cores=10, memory=100, busy=0.5, searches=50, answer_ms=50, copies=2))
    assert need.embedding_core_hours == pytest.approx(20)  # 10**7 * 7.2 ms
    assert need.embedding_days == pytest.approx(20 / 100 / 24)  # ten nodes of ten cores
    assert need.disk_tib == pytest.approx(55e9 / 2**40)
    assert need.memory_gib == pytest.approx(26e9 / 2**30)
    assert need.slices == 4  # 200 ms of scanning, 50 ms each
    assert need.searches_a_core == pytest.approx(1000 / 210)
    assert need.nodes == 3  # 50 * 0.21 s = 10.5 cores; of each node 5 may be used


def test_more_photos_need_more_of_everything() -> None:
    needs = [dataclasses.asdict(Need.of(photos, Measured.read(), Assumptions())) for photos in SIZES]
    for less, more in pairwise(needs):
        assert all(more[name] > less[name] for name in less if name != "searches_a_core")
        assert more["searches_a_core"] < less["searches_a_core"]


def test_an_assumption_is_changed_by_name() -> None:
    assert assumed(["cores=32", "busy=0.5"]) == Assumptions(cores=32, busy=0.5)
    with pytest.raises(ValueError, match="no assumption 'core'; there is cores, memory"):
        assumed(["core=3"])
