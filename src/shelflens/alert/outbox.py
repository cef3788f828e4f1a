"""Alerts on disk until they are delivered. A try is written down before it is begun, so that after a crash in the
middle of it the next one is known to be a repeat."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from threading import Lock

from shelflens.alert.base import Alert, Delivery
from shelflens.errors import AlertError
from shelflens.types import Box

_NO_NUMBER = 2**62  # more than any
_TABLES = """
CREATE TABLE IF NOT EXISTS alerts (
    number INTEGER PRIMARY KEY, alert_id TEXT NOT NULL UNIQUE, facts TEXT NOT NULL, frame BLOB NOT NULL,
    picture BLOB NOT NULL, stream TEXT NOT NULL, product_id TEXT NOT NULL, happening TEXT NOT NULL, kept REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER NOT NULL REFERENCES alerts(number) ON DELETE CASCADE, sink TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, delivered REAL, trouble TEXT NOT NULL DEFAULT '', PRIMARY KEY (number, sink)
);
CREATE INDEX IF NOT EXISTS waiting ON deliveries (sink, number) WHERE delivered IS NULL;
CREATE INDEX IF NOT EXISTS told ON alerts (stream, product_id, happening, kept);
"""


class Outbox:
    """Safe to call from several threads. Every method returns when what it did would survive a power cut."""

    def __init__(self, path: Path) -> None:
        """Raises AlertError when there is something else, or nothing can be written."""
        self._path = path
        self._lock = Lock()
        try:
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
            self._database.executescript(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                "PRAGMA secure_delete = ON;"
            )
            self._database.executescript(_TABLES)
        except sqlite3.Error as error:
            raise AlertError(f"{path}: alerts cannot be kept there ({error})") from None

    def keep(self, alert: Alert, sinks: Sequence[str], *, now: float) -> bool:
        """To be delivered to each of `sinks`; False when the alert is there already. `now` in seconds since 1970."""
        said = asdict(alert)
        frame, picture = said.pop("frame"), said.pop("picture")
        with self._writing() as database:
            kept = database.execute(
                "INSERT OR IGNORE INTO alerts (alert_id, facts, frame, picture, stream, product_id, happening, kept) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    alert.alert_id, json.dumps(said), frame, picture, alert.stream, alert.product_id, alert.happening,
                    now,
                ),
            )  # fmt: skip
            if not kept.rowcount:
                return False
            database.executemany(
                "INSERT INTO deliveries (number, sink) VALUES (?, ?)", [(kept.lastrowid, sink) for sink in sinks]
            )
        return True

    def begin(self, sink: str) -> Delivery | None:
        """The oldest alert that `sink` has not taken, its attempt counted; None: there is none."""
        with self._writing() as database:
            row = database.execute(
                "SELECT number, attempts + 1 FROM deliveries WHERE sink = ? AND delivered IS NULL "
                "ORDER BY number LIMIT 1",
                (sink,),
            ).fetchone()
            if row is None:
                return None
            database.execute("UPDATE deliveries SET attempts = ? WHERE number = ? AND sink = ?", (row[1], row[0], sink))
            said, frame, picture = database.execute(
                "SELECT facts, frame, picture FROM alerts WHERE number = ?", (row[0],)
            ).fetchone()
        return Delivery(replace(_alert(said), frame=frame, picture=picture), row[1])

    def delivered(self, alert_id: str, sink: str, *, now: float) -> None:
        self._settle(alert_id, sink, delivered=now, trouble="")

    def failed(self, alert_id: str, sink: str, *, trouble: str) -> None:
        self._settle(alert_id, sink, delivered=None, trouble=trouble)

    def waiting(self, sink: str) -> int:
        """Alerts that `sink` has not taken."""
        with self._lock:
            row = self._database.execute(
                "SELECT count(*) FROM deliveries WHERE sink = ? AND delivered IS NULL", (sink,)
            ).fetchone()
        return int(row[0])

    def told_since(self, stream: str, product_id: str, happening: str, *, since: float) -> bool:
        """Whether an alert like this was kept since then: the cool-down outlives a restart."""
        with self._lock:
            row = self._database.execute(
                "SELECT 1 FROM alerts WHERE stream = ? AND product_id = ? AND happening = ? AND kept >= ? LIMIT 1",
                (stream, product_id, happening, since),
            ).fetchone()
        return row is not None

    def newest(self) -> int:
        """The number of the alert that was kept last; numbers rise. 0: there is none."""
        with self._lock:
            row = self._database.execute("SELECT coalesce(max(number), 0) FROM alerts").fetchone()
        return int(row[0])

    def after(self, number: int, *, limit: int) -> list[tuple[int, Alert]]:
        """The oldest of those that were kept after this one, with their numbers; without their pictures."""
        return self._listed("number > ? ORDER BY number LIMIT ?", number, limit)

    def before(self, number: int | None, *, limit: int) -> list[tuple[int, Alert]]:
        """The newest of those that were kept before this one (None: of all), the newest first; without pictures."""
        return self._listed("number < ? ORDER BY number DESC LIMIT ?", _NO_NUMBER if number is None else number, limit)

    def pictures(self, number: int) -> tuple[bytes, bytes] | None:
        """Frame and product's picture of an alert, JPEG; each empty where it is forgotten. None: no such alert."""
        with self._lock:
            row = self._database.execute("SELECT frame, picture FROM alerts WHERE number = ?", (number,)).fetchone()
        return (bytes(row[0]), bytes(row[1])) if row else None

    def forget(self, before: float, *, most: int | None = None) -> None:
        """Deletes what was delivered and is older, or not among the `most` newest; of what is still waiting and is
        older, the frames alone."""
        with self._writing() as database:
            waiting = "(SELECT number FROM deliveries WHERE delivered IS NULL)"
            database.execute(f"DELETE FROM alerts WHERE kept < ? AND number NOT IN {waiting}", (before,))  # noqa: S608
            database.execute("UPDATE alerts SET frame = x'' WHERE kept < ? AND frame != x''", (before,))
            if most is not None:
                database.execute(
                    f"DELETE FROM alerts WHERE number NOT IN {waiting} "  # noqa: S608
                    "AND number <= (SELECT max(number) FROM alerts) - ?",
                    (most,),
                )
        with self._lock:
            # The log would otherwise hold the pictures until it is written over.
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _listed(self, which: str, *values: int) -> list[tuple[int, Alert]]:
        with self._lock:
            rows = self._database.execute(f"SELECT number, facts FROM alerts WHERE {which}", values).fetchall()  # noqa: S608
        return [(int(number), _alert(facts)) for number, facts in rows]

    def _settle(self, alert_id: str, sink: str, *, delivered: float | None, trouble: str) -> None:
        with self._writing() as database:
            database.execute(
                "UPDATE deliveries SET delivered = ?, trouble = ? WHERE sink = ? "
                "AND number = (SELECT number FROM alerts WHERE alert_id = ?)",
                (delivered, trouble[:500], sink, alert_id),
            )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._database.execute("BEGIN IMMEDIATE")
                yield self._database
                self._database.execute("COMMIT")
            except sqlite3.Error as error:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise AlertError(f"{self._path}: cannot be written ({error})") from None


def _alert(said: str) -> Alert:
    """Without its pictures."""
    facts = json.loads(said)
    return Alert(**{**facts, "box": Box(**facts["box"])})
