"""What was measured on this machine is used, and nothing else is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.cli.command import shelflens as command

import shelflens
from shelflens.assemble.tuning import Tuning, path, read, settle, this_machine, write
from shelflens.network.runtime import RUNTIME
from shelflens.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(cache=tmp_path / "cache")


@pytest.fixture(autouse=True)
def arena_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RUNTIME, "arena", RUNTIME.arena)


ONE = Tuning(workers=1, worker_threads=1, query_threads=1, arena=False)


def test_what_was_written_is_used(settings: Settings, tmp_path: Path, shop: Path) -> None:
    assert settle(settings) == Tuning.usual(settings)
    write(ONE, settings)
    assert settle(settings) == ONE
    assert RUNTIME.arena is False
    with shelflens.open(tmp_path / "shop.lens", create=True, locate="whole", settings=settings) as catalogue:
        catalogue.index(shop / "p0")
        tuned = catalogue.search(shop / "p0" / "1.jpg", k=3)
    with shelflens.open(tmp_path / "shop.lens", settings=Settings(cache=tmp_path / "none")) as catalogue:
        assert catalogue.search(shop / "p0" / "1.jpg", k=3) == tuned


def test_threads_that_were_asked_for_go_before_it(settings: Settings) -> None:
    write(ONE, settings)
    asked = Settings(threads=3, cache=settings.cache)
    assert settle(asked) == Tuning(3, 1, 3, arena=True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"machine": "an abacus"}, "measured on another machine \\(an abacus\\)"),
        ({"format": 2}, "format must be 1, not 2"),
        ({"tuning": {"workers": 1}}, "not what tune-machine writes"),
        (
            {"tuning": {"worker_threads": 1, "query_threads": 1, "arena": True, "workers": 10**6}},
            "workers must be from 1",
        ),
        ({"tuning": {"worker_threads": 1, "query_threads": 1, "arena": "no", "workers": 1}}, "arena must be"),
        (None, "not what tune-machine writes"),
    ],
)
def test_what_does_not_hold_here_is_ignored_with_a_warning(
    settings: Settings, change: dict[str, object] | None, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = write(ONE, settings)
    data = json.loads(file.read_text())
    file.write_text(json.dumps({**data, **change}) if change else "[1, 2")
    assert read(settings) is None
    assert settle(settings) == Tuning.usual(settings)
    (message, _) = (record.getMessage() for record in caplog.records)
    assert str(path(settings)) in message and "shelflens tune-machine" in message
    assert re.search(why, message)


def test_the_command_measures_says_what_it_chose_and_keeps_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELFLENS_CACHE", str(settings.cache))
    monkeypatch.delenv("SHELFLENS_THREADS", raising=False)
    found = json.loads(command("tune-machine", "--json", "--quiet").stdout)
    assert found["machine"] == this_machine(settings)
    chosen = [one["what"] for one in found["tried"] if one["chosen"]]
    assert chosen == ["a lone query", "indexing", "memory arena"]
    kept = read(settings)
    assert kept is not None
    assert {name: found[name] for name in ("workers", "worker_threads", "query_threads", "arena")} == {
        "workers": kept.workers, "worker_threads": kept.worker_threads,
        "query_threads": kept.query_threads, "arena": kept.arena,
    }  # fmt: skip
    assert "is gone" in command("tune-machine", "--forget").stdout
    assert read(settings) is None
