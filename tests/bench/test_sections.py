"""The benchmarks run, on sizes that measure nothing. No time is tested here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import growth, indexing, networks, query, side_by_side, vectors, words
from bench.report import Demand, Section, Table
from bench.workbench import Workbench


@pytest.fixture(scope="module")
def workbench(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return Workbench(tmp_path_factory.mktemp("bench"), real_data, tiny=True)


def test_indexing_is_compared_with_the_bare_model_and_the_model_alone(workbench: Workbench) -> None:
    section = indexing.run(workbench)
    for table in section.tables:  # small photos, large ones
        ours, bare, alone = table.rows
        assert ours[1] == 1.0
        assert all(isinstance(value, float) and value > 0 for value in (*bare[1:], *alone[1:]))
    assert [demand.limit for demand in section.demands] == [0.95, 0.95, 0.8, 0.8]


def test_query_is_compared_with_the_model_alone_step_by_step(workbench: Workbench) -> None:
    for table in query.run(workbench).tables:
        ratios = {row[0]: row[1] for row in table.rows}
        assert ratios["model alone"] == 1.0
        assert {"whole query", "open: decode, upright sRGB", "search: nearest, fetch, group"} <= set(ratios)


def test_exact_search_is_its_own_yardstick_under_every_filter(workbench: Workbench) -> None:
    rows = vectors.run(workbench).tables[0].rows
    assert len(rows) == 2 * len(vectors.FILTERS)
    assert all(row[-1] == 1.0 for row in rows if "faiss" in str(row[1]))


def test_growth_opens_each_catalogue_in_a_process_of_its_own(workbench: Workbench) -> None:
    ((photos, *values),) = growth.run(workbench).tables[0].rows
    assert photos == 500
    assert all(isinstance(value, float) for value in values)


def test_the_networks_that_peers_bring_stand_beside_ours(workbench: Workbench) -> None:
    for name in networks.NEEDED:
        pytest.importorskip(name, reason="pip install 'shelflens[train,import]'")
    table = networks.run(workbench, index_ms=5.0, query_ms=10.0)
    assert table
    assert [row[1] for row in table.rows[:1]] == [1.0]
    assert len(table.rows) == 1 + len(networks.CLIPS)
    for _, _, many, alone, of_indexing, of_query in table.rows:
        assert (of_indexing, of_query) == pytest.approx((float(many) / 5, float(alone) / 10))


def test_words_are_measured_with_and_without_what_learn_words_learns(workbench: Workbench) -> None:
    assert workbench.data
    table, demands = words.groceries(workbench, workbench.data)
    assert [row[0] for row in table.rows][::4] == ["its title", "either half, unseen"]
    assert all(isinstance(share, float) and 0 <= share <= 1 for row in table.rows for share in row[2:])
    learning, (seconds,) = words.learning(workbench)
    assert [row[0] for row in learning.rows][1] == "learn-words"
    assert [demand.limit for demand in (*demands, seconds)] == [0.95, 0.85, 0.7, 10, 60]


@pytest.mark.parametrize("run", [indexing.run, query.run, vectors.run, growth.run, side_by_side.run])
def test_without_real_photos_a_section_says_why_it_is_skipped(
    run: Callable[[Workbench], Section], tmp_path: Path
) -> None:
    assert "SHELFLENS_DATA" in run(Workbench(tmp_path, None)).markdown()


def test_a_missed_demand_says_so() -> None:
    assert Demand("speed", 0.8, 0.85, at_least=True).line().startswith("MISSED")
    assert Demand("latency", 1.5, 1.6, at_least=False).line().startswith("holds")


def test_a_table_is_markdown_with_three_digits() -> None:
    text = Section("S", (Table("T", ("a", "b"), (("x", 0.12345), ("y", 12345.6))),)).markdown()
    assert "| x | 0.123  |" in text
    assert "| y | 12,346 |" in text
