"""Takes alerts from the outbox to their sinks, in the background, until each has been taken."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, Thread

from shelflens.alert.base import Sink
from shelflens.alert.outbox import Outbox
from shelflens.errors import AlertError

FIRST_WAIT = 1.0  # seconds after a failure; twice as long after each more
LONGEST_WAIT = 300.0
FORGET_EVERY = 600.0  # seconds


class Courier:
    """One thread a sink: one that is down holds up no other. `on_trouble` hears the sink's name and what went wrong."""

    def __init__(
        self,
        outbox: Outbox,
        sinks: Sequence[Sink],
        *,
        retention: float,
        first_wait: float = FIRST_WAIT,
        on_trouble: Callable[[str, str], None] = lambda _sink, _trouble: None,
    ) -> None:
        """`retention` is how many seconds pictures are kept."""
        self._outbox = outbox
        self._sinks = tuple(sinks)
        self._retention = retention
        self._first_wait = first_wait
        self._on_trouble = on_trouble
        self._stopping = Event()
        self._news = {sink.name: Event() for sink in self._sinks}
        self._threads = [Thread(target=self._run, args=(sink,), name=sink.name, daemon=True) for sink in self._sinks]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """There is something new in the outbox."""
        for news in self._news.values():
            news.set()

    def stop(self, *, patience: float = 10.0) -> int:
        """Waits for what is under way, at most `patience` seconds; returns how many deliveries are left to be made."""
        until = time.monotonic() + patience
        while time.monotonic() < until and any(self._outbox.waiting(sink.name) for sink in self._sinks):
            time.sleep(0.05)
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join(max(0.1, until - time.monotonic()))
        return sum(self._outbox.waiting(sink.name) for sink in self._sinks)

    def _run(self, sink: Sink) -> None:
        failures, forgotten = 0, 0.0
        while not self._stopping.is_set():
            with suppress(AlertError):  # a full disk: said by the next alert that cannot be kept
                if time.monotonic() - forgotten > FORGET_EVERY or not forgotten:
                    forgotten = time.monotonic()
                    self._forget(sink)
            try:
                busy = self._deliver_one(sink)
                failures = 0
            except AlertError as error:
                failures += 1
                self._on_trouble(sink.name, str(error))
                self._stopping.wait(min(LONGEST_WAIT, self._first_wait * 2 ** min(failures - 1, 30)))
                continue
            if not busy:
                self._news[sink.name].wait(1.0)
                self._news[sink.name].clear()

    def _deliver_one(self, sink: Sink) -> bool:
        delivery = self._outbox.begin(sink.name)
        if delivery is None:
            return False
        try:
            sink.deliver(delivery)
        except AlertError as error:
            self._outbox.failed(delivery.alert.alert_id, sink.name, trouble=str(error))
            raise
        self._outbox.delivered(delivery.alert.alert_id, sink.name, now=time.time())
        return True

    def _forget(self, sink: Sink) -> None:
        before = time.time() - self._retention
        self._outbox.forget(before)
        sink.forget(before)
