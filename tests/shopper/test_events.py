"""Events are durable when they are acknowledged, and gone when their user is forgotten. Run over every store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shelflens import plug
from shelflens.errors import CatalogueError
from shelflens.shopper.base import Companion, Event, EventCounts, Events, Kind
from shelflens.shopper.pseudonym import FILE, Pseudonyms, copy_key
from shelflens.shopper.sqlite import SqliteEvents

ANN, BEA, CAT = (name.encode().ljust(16, b".") for name in ("ann", "bea", "cat"))


@pytest.fixture(params=plug.BUILT_IN["events"])
def events(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Events]:
    place = request.getfixturevalue("new_address")() if request.param == "postgres" else tmp_path
    opened: Events = plug.find("events", request.param)(place)
    yield opened
    opened.close()


def test_the_newest_comes_first_and_equal_times_by_the_latest_kept(events: Events) -> None:
    given = [Event(Kind.VIEW, "a", 5.0), Event(Kind.BUY, "b", 9.0), Event(Kind.LIKE, "c", 5.0)]
    events.add(ANN, given)
    assert events.of(ANN) == [given[1], given[2], given[0]]
    assert events.of(ANN, limit=1) == [given[1]]
    assert events.of(BEA) == []


def test_companions_are_counted_by_shopper_not_by_event(events: Events) -> None:
    for user in (ANN, BEA):
        events.add(user, [Event(Kind.BUY, "a", 1.0), Event(Kind.BUY, "b", 2.0), Event(Kind.BUY, "b", 3.0)])
    events.add(CAT, [Event(Kind.BUY, "b", 1.0), Event(Kind.VIEW, "a", 1.0)])
    assert events.companions("a", kinds=[Kind.BUY]) == [Companion("b", 2, 3)]
    assert events.companions("a", kinds=list(Kind)) == [Companion("b", 3, 3)]
    assert events.popular(kinds=[Kind.BUY]) == [Companion("b", 3, 3), Companion("a", 2, 2)]


def test_many_threads_lose_nothing(events: Events) -> None:
    def shop(number: int) -> None:
        for step in range(60):
            events.add(number.to_bytes(16, "big"), [Event(Kind.VIEW, f"p{step}", float(step))])

    threads = [threading.Thread(target=shop, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert events.counts() == EventCounts(480, 8)


def test_what_is_given_before_a_user_is_forgotten_is_forgotten_too(events: Events) -> None:
    later = [events.add_later(ANN, [Event(Kind.VIEW, "a", 1.0)]) for _ in range(50)]
    assert events.forget(ANN) == 50
    assert all(one.done() for one in later)
    assert events.of(ANN) == []


def test_every_event_comes_in_the_order_in_which_it_was_kept(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shelflens.shopper.sql.PORTION", 2)
    given = [(ANN, Event(Kind.VIEW, "a\0b", 5.0)), (BEA, Event(Kind.BUY, "b", 1.0)), (ANN, Event(Kind.LIKE, "c", 3.0))]
    for user, event in given:
        events.add(user, [event])
    assert list(events.every()) == given
    events.clear()
    assert events.counts() == EventCounts(0, 0)
    events.add(ANN, [given[0][1]])
    assert list(events.every()) == given[:1]


def test_the_first_key_seals_the_events(events: Events) -> None:
    assert events.seal() is None
    assert events.seal(2**62 - 1) == 2**62 - 1
    assert events.seal(7) == events.seal() == 2**62 - 1


def test_closed_events_refuse_what_comes(tmp_path: Path) -> None:
    opened = SqliteEvents(tmp_path)
    waiting = opened.add_later(ANN, [Event(Kind.VIEW, "a", 1.0)])
    opened.close()
    assert waiting.done()
    with pytest.raises(CatalogueError, match="closed"):
        opened.add(ANN, [Event(Kind.VIEW, "a", 1.0)])


def test_a_failed_write_is_told_to_whoever_waits(events: Events) -> None:
    with pytest.raises(CatalogueError):
        events.add(ANN, [Event(Kind.VIEW, None, 1.0)])  # type: ignore[arg-type]  # on purpose
    events.add(ANN, [Event(Kind.VIEW, "a", 1.0)])
    assert len(events.of(ANN)) == 1


WRITER = """
import sys
from pathlib import Path
from shelflens.shopper.base import Event, Kind
from shelflens.shopper.sqlite import SqliteEvents
events, number = SqliteEvents(Path(sys.argv[1])), 0
while True:
    waiting = [events.add_later(b"k" * 16, [Event(Kind.VIEW, f"p{number + step}", 0.0)]) for step in range(50)]
    for one in waiting:
        one.result()
        print(number, flush=True)
        number += 1
"""


def test_kill_9_loses_no_acknowledged_event(tmp_path: Path) -> None:
    acknowledged = 0
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:  # to its end: what was printed before the kill counts
            acknowledged = int(line) + 1
            if acknowledged == 1_500:
                os.kill(writer.pid, signal.SIGKILL)
    assert acknowledged >= 1_500
    events = SqliteEvents(tmp_path)
    kept = {event.product_id for event in events.of(b"k" * 16, limit=10**6)}
    events.close()
    assert {f"p{number}" for number in range(acknowledged)} <= kept


def test_a_forgotten_user_is_in_no_byte_of_the_files(tmp_path: Path) -> None:
    """Also not where a page that was split keeps a stale copy of a row: users come in turns, and pages overflow."""
    events = SqliteEvents(tmp_path)
    pseudonyms = Pseudonyms(tmp_path / FILE)
    users = [pseudonyms.of(f"user {number}") for number in range(60)]
    waiting = [
        events.add_later(users[(7 * turn) % 60], [Event(Kind.VIEW, f"u{(7 * turn) % 60}-saw-{turn}", float(turn % 97))])
        for turn in range(6_000)
    ]
    for one in waiting:
        one.result()
    for number in (3, 12, 41, 59):
        assert events.forget(users[number]) == 100
        for file in tmp_path.iterdir():
            assert users[number] not in file.read_bytes(), file
    assert len(events.of(users[4])) == 100
    assert events.counts() == EventCounts(5_600, 56)
    events.close()


def test_another_file_is_no_events(tmp_path: Path) -> None:
    (tmp_path / "shoppers.db").write_bytes(b"no database at all, but long enough to be read as one" * 20)
    with pytest.raises(CatalogueError):
        SqliteEvents(tmp_path)


def test_pseudonyms_need_the_key(tmp_path: Path) -> None:
    first = Pseudonyms(tmp_path / FILE)
    assert first.of("ann") == Pseudonyms(tmp_path / FILE).of("ann") != first.of("Ann")
    assert first.seal == Pseudonyms(tmp_path / FILE).seal < 2**62
    assert len(first.of("ann")) == 16
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = Pseudonyms(elsewhere / FILE)
    assert other.of("ann") != first.of("ann")
    assert other.seal != first.seal
    with pytest.raises(CatalogueError, match="another catalogue's key"):
        copy_key(tmp_path / FILE, elsewhere / FILE)
    (elsewhere / FILE).unlink()
    copy_key(tmp_path / FILE, elsewhere / FILE)
    assert Pseudonyms(elsewhere / FILE).seal == first.seal
    assert (elsewhere / FILE).stat().st_mode & 0o077 == 0
    (elsewhere / FILE).write_bytes(b"short")
    with pytest.raises(CatalogueError, match="5 bytes, not the 32"):
        Pseudonyms(elsewhere / FILE)


@pytest.mark.parametrize("user", ["", "  ", "a\nb", "x" * 257, "\ud800"])
def test_a_user_id_is_one_printable_line(tmp_path: Path, user: str) -> None:
    with pytest.raises(CatalogueError, match="1 to 256 printable"):
        Pseudonyms(tmp_path / FILE).of(user)
