"""From what happened in a stream to alerts, and into the outbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shelflens.alert import Alert, Outbox, alert_id
from shelflens.watch.events import Happening
from shelflens.watch.watcher import Occurrence
from shelflens.watch.watchlist import Watchlist


@dataclass(frozen=True, slots=True)
class Alarms:
    """Which happenings are told to whom."""

    outbox: Outbox
    sinks: Sequence[str]
    wanted: Collection[Happening]
    cool_down: float  # seconds; between restarts, too, where a stream is live
    wake: Callable[[], None] = lambda: None  # the courier

    def raise_(self, alert: Alert, occurrence: Occurrence, *, live: bool) -> bool:
        """Whether it is to be told: it is wanted, no repetition, and was not told before."""
        event, now = occurrence.event, time.time()
        if event.happening not in self.wanted or event.repeated:
            return False
        if live and event.happening is Happening.APPEARED:
            said = (alert.stream, alert.product_id, alert.happening)
            if self.outbox.told_since(*said, since=now - self.cool_down):
                return False
        kept = self.outbox.keep(alert, self.sinks, now=now)
        self.wake()
        return kept


def alert_of(occurrence: Occurrence, watchlist: Watchlist, *, session: str) -> Alert:
    """`session` as for `alert_id`: empty for a file, when it was opened for a live stream."""
    event = occurrence.event
    seen = event.appearance
    return Alert(
        alert_id=alert_id(
            occurrence.stream, session, event.happening, seen.product_id, start=seen.start, track=seen.track
        ),
        happening=event.happening,
        stream=occurrence.stream,
        product_id=seen.product_id,
        title=watchlist.product(seen.product_id).title,
        raised=datetime.now(UTC).isoformat(timespec="milliseconds"),
        at=event.at,
        start=seen.start,
        end=seen.end,
        box=seen.box,
        strength=seen.strength,
        probability=seen.probability,
        frame=occurrence.frame,
        picture=watchlist.picture(seen.product_id),
    )
