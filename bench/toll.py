"""What a fault takes from those who search and write meanwhile: failures by their errors, waiting, what was lost."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bench.report import Cell

SLOW: float = 3.0  # seconds from which an answer counts as disturbed
COLUMNS = (
    "fault",
    "searches asked",
    "failed",
    "longest wait of a searcher, s",
    "writes acknowledged",
    "tried again",
    "longest wait of the writer, s",
    "missing afterwards",
    "undisturbed after, s",
    "the errors",
)


@dataclass(frozen=True, slots=True)
class Attempt:
    caller: str  # "search 0", "write"
    number: int  # of what was searched for or written
    began: float  # seconds of the monotonic clock
    ended: float
    error: str = ""  # empty: answered


@dataclass(frozen=True, slots=True)
class Patience:
    """How long callers are watched, seconds."""

    before: float = 4.0  # the fault
    least: float = 20.0  # after it
    quiet: float = 6.0  # without a disturbance, before one calls it over
    most: float = 120.0


@dataclass(frozen=True, slots=True)
class Toll:
    fault: str
    attempts: tuple[Attempt, ...]
    at: float  # when the fault came
    missing: int = 0  # of what was acknowledged

    @property
    def searches(self) -> list[Attempt]:
        return [one for one in self.attempts if one.caller.startswith("search")]

    @property
    def writes(self) -> list[Attempt]:
        return [one for one in self.attempts if one.caller == "write"]

    @property
    def acknowledged(self) -> list[int]:
        return sorted({one.number for one in self.writes if not one.error})

    @property
    def recovered(self) -> float:
        """Seconds from the fault to the end of the last call that failed or was slow."""
        return max((one.ended - self.at for one in self.attempts if _disturbed(one) and one.ended > self.at), default=0)

    def row(self) -> tuple[Cell, ...]:
        failed = [one for one in self.searches if one.error]
        again = [one for one in self.writes if one.error]
        errors = Counter(one.error for one in (*failed, *again))
        said = "; ".join(f"{count} x {error}" for error, count in errors.most_common(4))
        waits = (longest_wait(self.searches), longest_wait(self.writes))
        written = (len(self.acknowledged), len(again), waits[1], self.missing)
        return self.fault, len(self.searches), len(failed), waits[0], *written, self.recovered, said or "none"


def longest_wait(attempts: Iterable[Attempt]) -> float:
    """Seconds that one caller was without an answer, from the beginning of the first call that brought none."""
    longest, since = 0.0, dict[str, float]()
    for one in sorted(attempts, key=lambda one: one.ended):
        began = since.setdefault(one.caller, one.began)
        longest = max(longest, one.ended - began)
        if not one.error:
            del since[one.caller]
    return longest


def _disturbed(one: Attempt) -> bool:
    return bool(one.error) or one.ended - one.began > SLOW


class Callers:
    """Threads that search, each with a pause between two searches, and one that writes number after number. What is
    not acknowledged is written again, as whoever writes would do."""

    def __init__(
        self,
        search: Callable[[int], None],
        write: Callable[[int], None],
        *,
        searchers: int = 3,
        pause: float = 0.1,  # seconds, of searchers
        every: float = 1.0,  # seconds between two writes
        named: Callable[[Exception], str],
    ) -> None:
        """`search` and `write` raise what failed; `named` says it in a few words without numbers."""
        self._search, self._write, self._named = search, write, named
        self._pause, self._every = pause, every
        self._attempts: list[Attempt] = []
        self._begun = dict[str, float]()  # calls under way
        self._next = 0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._searching, args=(number,)) for number in range(searchers)]
        self._threads.append(threading.Thread(target=self._writing))

    @contextmanager
    def calling(self) -> Iterator[Callers]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join()

    def watch(self, fault: str, do: Callable[[], object], patience: Patience) -> Toll:
        """From before the fault until nobody has been disturbed for a while; `missing` is to be counted."""
        first = len(self._attempts)
        time.sleep(patience.before)
        at = time.monotonic()
        do()
        done = time.monotonic()
        while (now := time.monotonic()) < done + patience.most:
            last = max((one.ended for one in self._attempts[first:] if _disturbed(one)), default=at)
            waiting = any(now - began > SLOW for began in list(self._begun.values()))
            if now > done + patience.least and now > last + patience.quiet and not waiting:
                break
            time.sleep(0.2)
        return Toll(fault, tuple(self._attempts[first:]), at)

    def _searching(self, caller: int) -> None:
        number = caller
        while not self._over.wait(self._pause):
            self._try(f"search {caller}", self._search, number)
            number += len(self._threads)

    def _writing(self) -> None:
        while not self._over.wait(self._every):
            if self._try("write", self._write, self._next):
                self._next += 1

    def _try(self, caller: str, call: Callable[[int], None], number: int) -> bool:
        began = self._begun[caller] = time.monotonic()
        error = ""
        try:
            call(number)
        except Exception as failed:  # noqa: BLE001 - whatever it is, it is counted
            error = self._named(failed)
        self._attempts.append(Attempt(caller, number, began, time.monotonic(), error))
        del self._begun[caller]
        return not error


def failures(tolls: Sequence[Toll]) -> int:
    """Of what may never happen."""
    return sum(toll.missing for toll in tolls)
