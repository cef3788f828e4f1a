"""Several streams, one worker: every stream is read by a thread of its own and hands over its frames in turn.

Nothing queues up. A live stream keeps its newest frame only; those that nobody had time for are dropped and counted. A
file waits until its frame has been taken, so of a file every frame is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from threading import Condition, Event, Thread
from typing import Final

from shelflens.errors import VideoError
from shelflens.video import Frame, Health, Patience, Source, VideoLimits, read_frames

IDLE: Final = 0.5  # seconds between two looks at whether to stop
_LIMITS, _PATIENCE = VideoLimits(), Patience()


@dataclass(frozen=True, slots=True)
class Standing:
    """How one stream is doing."""

    stream: str
    health: Health = field(default_factory=Health)
    analysed: int = 0  # frames
    dropped: int = 0  # frames that were due and that nobody had time for
    over: bool = False
    failure: str = ""  # why it is over; empty: it ended


class Intake:
    """The streams, each read by its own thread. Iterating gives frames as they come, each stream in its turn."""

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        per_second: float,
        limits: VideoLimits = _LIMITS,
        patience: Patience = _PATIENCE,
        read: Callable[..., Iterator[Frame]] = read_frames,
    ) -> None:
        """Two sources with one name are two streams all the same. `read` is for sources that FFmpeg does not know."""
        self._sources = tuple(sources)
        self._changed = Condition()
        self._slots: list[Frame | None] = [None] * len(self._sources)
        self._standings = [Standing(source.name) for source in self._sources]
        self._stopping = Event()
        self._read = read
        self._threads = [
            Thread(target=self._take, args=(number, per_second, limits, patience), name=source.name, daemon=True)
            for number, source in enumerate(self._sources)
        ]

    def __iter__(self) -> Iterator[tuple[int, Frame]]:
        """(number of the source, frame) until all are over or `stop` is called."""
        for thread in self._threads:
            thread.start()
        last = -1
        while True:
            with self._changed:
                while (number := self._next(last)) is None:
                    if self._stopping.is_set() or all(standing.over for standing in self._standings):
                        return
                    self._changed.wait(IDLE)
                frame, self._slots[number] = self._slots[number], None
                standing = self._standings[number]
                self._standings[number] = replace(standing, analysed=standing.analysed + 1)
                self._changed.notify_all()
            assert frame is not None
            last = number
            yield number, frame

    def standings(self) -> list[Standing]:
        with self._changed:
            return list(self._standings)

    def is_over(self, number: int) -> bool:
        """The stream has ended, and its last frame was handed over."""
        with self._changed:
            return self._standings[number].over and self._slots[number] is None

    def stop(self) -> None:
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(2.0)  # one that waits for a dead camera is a daemon, and dies with us

    def _next(self, last: int) -> int | None:
        """The first after `last`, round the table, that has a frame."""
        count = len(self._slots)
        return next((n % count for n in range(last + 1, last + 1 + count) if self._slots[n % count] is not None), None)

    def _take(self, number: int, per_second: float, limits: VideoLimits, patience: Patience) -> None:
        source, failure = self._sources[number], ""
        try:
            for frame in self._read(
                source,
                per_second=per_second,
                limits=limits,
                patience=patience,
                on_health=lambda health: self._hear(number, health),
                stopped=self._stopping.is_set,
                sleep=self._stopping.wait,
            ):
                self._hand_over(number, frame, waits=not source.live)
                if self._stopping.is_set():
                    break
        except VideoError as error:
            failure = str(error)
        with self._changed:
            self._standings[number] = replace(self._standings[number], over=True, failure=failure)
            self._changed.notify_all()

    def _hand_over(self, number: int, frame: Frame, *, waits: bool) -> None:
        with self._changed:
            while waits and self._slots[number] is not None and not self._stopping.is_set():
                self._changed.wait(IDLE)
            if self._slots[number] is not None:
                standing = self._standings[number]
                self._standings[number] = replace(standing, dropped=standing.dropped + 1)
            self._slots[number] = frame
            self._changed.notify_all()

    def _hear(self, number: int, health: Health) -> None:
        with self._changed:
            self._standings[number] = replace(self._standings[number], health=health)
