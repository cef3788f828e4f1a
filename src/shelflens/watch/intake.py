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


@dataclass(slots=True, eq=False)
class _Feed:
    """One stream under way."""

    source: Source
    standing: Standing
    thread: Thread
    frame: Frame | None = None  # that waits to be taken
    stopping: Event = field(default_factory=Event)


class Intake:
    """The streams, each read by its own thread. Iterating gives frames as they come, each stream in its turn."""

    def __init__(
        self,
        sources: Sequence[Source] = (),
        *,
        per_second: float,
        limits: VideoLimits = _LIMITS,
        patience: Patience = _PATIENCE,
        lasting: bool = False,
        read: Callable[..., Iterator[Frame]] = read_frames,
    ) -> None:
        """Two sources with one name are two streams all the same. A `lasting` one waits for more when all are over.
        `read` is for sources that FFmpeg does not know."""
        self._changed = Condition()
        self._stopping = Event()
        self._begun = False
        self._lasting = lasting
        self._reading = (per_second, limits, patience, read)
        self._numbers = 0
        self._feeds: dict[int, _Feed] = {}  # by their numbers, which rise
        for source in sources:
            self.add(source)

    def __iter__(self) -> Iterator[tuple[int, Frame]]:
        """(number of the stream, frame) until all are over or `stop` is called."""
        with self._changed:
            self._begun = True
            for feed in self._feeds.values():
                feed.thread.start()
        last = -1
        while True:
            with self._changed:
                while (number := self._next(last)) is None:
                    if self._stopping.is_set() or (not self._lasting and self._all_over()):
                        return
                    self._changed.wait(IDLE)
                feed = self._feeds[number]
                frame, feed.frame = feed.frame, None
                feed.standing = replace(feed.standing, analysed=feed.standing.analysed + 1)
                self._changed.notify_all()
            assert frame is not None
            last = number
            yield number, frame

    def add(self, source: Source) -> int:
        """Takes in one more stream, also while others are under way; returns its number: 0, 1, 2 ..."""
        with self._changed:
            number, self._numbers = self._numbers, self._numbers + 1
            thread = Thread(target=self._take, args=(number,), name=source.name, daemon=True)
            self._feeds[number] = _Feed(source, Standing(source.name), thread)
            if self._begun:
                thread.start()
        return number

    def drop(self, number: int) -> None:
        """Of this stream no more frames are handed over. Does not wait for its thread."""
        with self._changed:
            if feed := self._feeds.pop(number, None):
                feed.stopping.set()
                self._changed.notify_all()

    def standings(self) -> list[Standing]:
        """Of all that were not dropped, in their order."""
        with self._changed:
            return [feed.standing for feed in self._feeds.values()]

    def standing(self, number: int) -> Standing | None:
        """None: it was dropped."""
        with self._changed:
            feed = self._feeds.get(number)
            return feed.standing if feed else None

    def is_over(self, number: int) -> bool:
        """The stream has ended, and its last frame was handed over."""
        with self._changed:
            feed = self._feeds.get(number)
            return feed is None or (feed.standing.over and feed.frame is None)

    def stop(self) -> None:
        with self._changed:
            self._stopping.set()
            feeds = list(self._feeds.values())
            for feed in feeds:
                feed.stopping.set()
            self._changed.notify_all()
        for feed in feeds:
            if feed.thread.is_alive():
                feed.thread.join(2.0)  # one that waits for a dead camera is a daemon, and dies with us

    def _all_over(self) -> bool:
        return all(feed.standing.over for feed in self._feeds.values())

    def _next(self, last: int) -> int | None:
        """The first after `last`, round the table, that has a frame."""
        waiting = [number for number, feed in self._feeds.items() if feed.frame is not None]
        return next((number for number in waiting if number > last), waiting[0] if waiting else None)

    def _take(self, number: int) -> None:
        with self._changed:
            feed = self._feeds.get(number)
        if feed is None:  # dropped before it began
            return
        per_second, limits, patience, read = self._reading
        failure = ""
        try:
            for frame in read(
                feed.source,
                per_second=per_second,
                limits=limits,
                patience=patience,
                on_health=lambda health: self._hear(feed, health),
                stopped=feed.stopping.is_set,
                sleep=feed.stopping.wait,
            ):
                self._hand_over(feed, frame, waits=not feed.source.live)
                if feed.stopping.is_set():
                    break
        except VideoError as error:
            failure = str(error)
        with self._changed:
            feed.standing = replace(feed.standing, over=True, failure=failure)
            self._changed.notify_all()

    def _hand_over(self, feed: _Feed, frame: Frame, *, waits: bool) -> None:
        with self._changed:
            while waits and feed.frame is not None and not feed.stopping.is_set():
                self._changed.wait(IDLE)
            if feed.frame is not None:
                feed.standing = replace(feed.standing, dropped=feed.standing.dropped + 1)
            feed.frame = frame
            self._changed.notify_all()

    def _hear(self, feed: _Feed, health: Health) -> None:
        with self._changed:
            feed.standing = replace(feed.standing, health=health)
