"""What a server watches: streams that keys with admin scope have named, what is in view, and what was seen.

One thread looks at all streams in turns (`Intake`), so watching takes one core at most, however many there are. Of
each stream its newest frame alone is held, in memory; what was told, with its frame, lies in the folder of `--watch`,
one file for each catalogue, for `--watch-days`. The streams themselves end with the server.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from PIL import Image

from shelflens.alert import Outbox
from shelflens.errors import AlertError, ShelflensError, VideoError
from shelflens.search import Searcher
from shelflens.serve.logs import log
from shelflens.serve.shelf import Opened
from shelflens.video import Source, source
from shelflens.video.decoding import pyav
from shelflens.video.source import Kind
from shelflens.watch.alarms import Alarms, alert_of
from shelflens.watch.events import Appearance, Happening
from shelflens.watch.intake import Intake, Standing
from shelflens.watch.spotting import Spotter
from shelflens.watch.watcher import EVIDENCE_SIDE, Occurrence, Watcher
from shelflens.watch.watchlist import Watchlist

PER_SECOND: Final = 5.0  # looks at each stream
MOST_STREAMS: Final = 16  # of all catalogues
MOST_EVENTS: Final = 10_000  # of a catalogue, kept
COOL_DOWN: Final = 30.0  # seconds between two alarms for a product in a stream
FORGET_EVERY: Final = 600.0  # seconds
SILENT_SECONDS: Final = 5.0
LISTENERS: Final = 32  # at once, to what is seen
DAY: Final = 86_400.0
SCHEMES: Final = ("rtsp", "rtsps", "http", "https")
ALARMS: Final = (Happening.APPEARED, Happening.MISSING)


class TooManyStreamsError(ShelflensError):
    """MOST_STREAMS are watched already."""


class NameTakenError(ShelflensError):
    """A stream of the catalogue is called so."""


@dataclass(frozen=True, slots=True)
class InView:
    """One product that is to be seen in a stream."""

    appearance: Appearance  # its box is where it is now
    title: str
    now: bool  # it was seen in the newest look, and not only shortly before


@dataclass(slots=True, eq=False)
class Stream:
    """One stream that is watched. What changes is changed by the thread that looks, and replaced, not mended."""

    stream_id: str
    catalogue: str
    source: Source  # its name is what people call the stream
    started: str  # UTC, ISO 8601
    number: int  # of the intake
    watcher: Watcher
    list_of: _List
    at: float = 0.0  # seconds of the stream, of the newest look
    frame: Image.Image | None = None  # that was looked at last, no side longer than EVIDENCE_SIDE
    in_view: tuple[InView, ...] = ()
    looked: float = 0.0  # `time.monotonic` of the newest look
    trouble: str = ""  # in looking at it; what befell the source is in its standing

    @property
    def silent(self) -> bool:
        """It had something to show, and has shown nothing for a while."""
        return self.frame is not None and time.monotonic() - self.looked > SILENT_SECONDS


@dataclass(frozen=True, slots=True, eq=False)
class _List:
    """What is looked for in one catalogue, and where it is kept what was seen."""

    opened: Opened
    searcher: Searcher  # that the watchlist was made of: another model has another
    watchlist: Watchlist


class Desk:
    """Made by the service; its methods may be called from any thread."""

    def __init__(self, folder: Path, *, days: float, hosts: Collection[str]) -> None:
        """Makes the folder, for its owner alone. `hosts` are those whose streams may be watched. Raises ShelflensError,
        also where PyAV is missing."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ShelflensError(f"{folder}: what is seen cannot be kept there ({error.strerror})") from None
        pyav()
        self.listeners = 0
        self._folder, self._retention = folder, days * DAY
        self._hosts = frozenset(host.lower() for host in hosts)
        self._lock = threading.RLock()
        self._intake = Intake(per_second=PER_SECOND, lasting=True)
        self._streams: dict[int, Stream] = {}  # by the intake's number
        self._lists: dict[str, _List] = {}
        self._outboxes: dict[str, Outbox] = {}
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=target, name=f"watch-{target.__name__}", daemon=True)
            for target in (self._looks, self._forgets)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """While somebody is told of events as they come. For the event loop's thread."""
        self.listeners += 1
        try:
            yield
        finally:
            self.listeners -= 1

    def stop(self) -> None:
        self._stopping.set()
        self._intake.stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        with self._lock:
            for outbox in self._outboxes.values():
                outbox.close()

    # -- streams

    def permitted(self, address: str, name: str) -> Source:
        """Raises VideoError unless it is a camera, or a stream of a host that the server's keeper has allowed by name.
        FFmpeg opens the connections, so an address that was checked here could be another when it is opened, or lead to
        another; a name that is trusted, and nothing that leads elsewhere, needs no such check."""
        if address.startswith("camera:"):
            if not address.removeprefix("camera:").isascii() or not address.removeprefix("camera:").isdecimal():
                raise VideoError("a camera is named by its number here: camera:0")
            found = source(address)
            return Source(found.kind, found.place, name or found.name)
        try:
            parts = urlsplit(address)
            scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
        except ValueError:
            scheme, host = "", ""
        if scheme not in SCHEMES or not host:
            raise VideoError(f"a stream's address begins with {', '.join(f'{one}://' for one in SCHEMES)} or camera:")
        if host not in self._hosts:
            raise VideoError(f"the host {host} may not be watched; its keeper allows it with SHELFLENS_ALLOWED_HOSTS")
        return Source(Kind.STREAM, address, name or source(address).name, one_host=True)

    def add(self, opened: Opened, permitted: Source) -> Stream:
        """Raises TooManyStreamsError, NameTakenError, and CatalogueError where there is nothing to look for."""
        with self._lock:
            if len(self._streams) >= MOST_STREAMS:
                raise TooManyStreamsError(f"{MOST_STREAMS} streams are watched already; stop one")
            if any(one.source.name == permitted.name for one in self.streams(opened.name)):
                raise NameTakenError(f"a stream is called {permitted.name!r} already; name this one otherwise")
            listed = self._list(opened)
            self.outbox(opened.name)
            watcher = Watcher(permitted.name, Spotter(listed.watchlist))
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            number = self._intake.add(permitted)
            stream = Stream(secrets.token_hex(8), opened.name, permitted, now, number, watcher, listed)
            self._streams[number] = stream
        log("watching", catalogue=opened.name, stream=permitted.name)
        return stream

    def streams(self, catalogue: str) -> list[Stream]:
        """In the order in which they were started."""
        with self._lock:
            return [stream for stream in self._streams.values() if stream.catalogue == catalogue]

    def find(self, catalogue: str, stream_id: str) -> Stream | None:
        return next((one for one in self.streams(catalogue) if one.stream_id == stream_id), None)

    def standing(self, stream: Stream) -> Standing:
        return self._intake.standing(stream.number) or Standing(stream.source.name, over=True)

    def remove(self, stream: Stream) -> None:
        with self._lock:
            self._intake.drop(stream.number)
            self._streams.pop(stream.number, None)
            if not self.streams(stream.catalogue):
                self._lists.pop(stream.catalogue, None)
        log("watches no more", catalogue=stream.catalogue, stream=stream.source.name)

    def outbox(self, catalogue: str) -> Outbox:
        """Where it is kept what was seen. Raises AlertError."""
        with self._lock:
            if catalogue not in self._outboxes:
                self._outboxes[catalogue] = Outbox(self._folder / f"{quote(catalogue, safe='')}.db")
            return self._outboxes[catalogue]

    def _list(self, opened: Opened) -> _List:
        """Made anew when the catalogue has taken up another model, or other photos to compare with."""
        kept, searcher = self._lists.get(opened.name), opened.catalogue.searcher
        if kept is None or kept.searcher is not searcher:
            kept = _List(opened, searcher, Watchlist.usual(searcher, opened.catalogue.reader))
            self._lists[opened.name] = kept
        return kept

    # -- the thread that looks

    def _looks(self) -> None:
        for number, frame in self._intake:
            with self._lock:
                stream = self._streams.get(number)
            if stream is None:
                continue
            try:
                self._follow(stream)
                occurrences = stream.watcher.see(frame)
                stream.in_view = tuple(
                    InView(one, stream.list_of.watchlist.product(one.product_id).title, now=one.end == frame.at)
                    for one in stream.watcher.in_view(frame.at)
                )
                stream.at, stream.looked, stream.frame = frame.at, time.monotonic(), _small(frame.image)
                self._tell(stream, occurrences)
                stream.trouble = ""
            except ShelflensError as error:  # a store that is away, a disk that is full: the next look may do better
                if str(error) != stream.trouble:
                    log("cannot watch", catalogue=stream.catalogue, stream=stream.source.name, reason=str(error))
                stream.trouble = str(error)
            except Exception:  # the thread lives on for the other streams; what was wrong is in the log
                logging.getLogger("shelflens.serve").exception("watching failed")
                stream.trouble = "the server made a mistake; its log tells more"
                self._intake.drop(number)

    def _follow(self, stream: Stream) -> None:
        stream.list_of.opened.refresh()
        with self._lock:
            listed = self._list(stream.list_of.opened)
        if listed is not stream.list_of:
            self._tell(stream, stream.watcher.finish())
            stream.list_of, stream.watcher = listed, Watcher(stream.source.name, Spotter(listed.watchlist))

    def _tell(self, stream: Stream, occurrences: list[Occurrence]) -> None:
        alarms = Alarms(self.outbox(stream.catalogue), (), ALARMS, COOL_DOWN)
        for occurrence in occurrences:
            alert = alert_of(occurrence, stream.list_of.watchlist, session=stream.started)
            alarms.raise_(alert, occurrence, live=True)

    # -- the thread that forgets

    def _forgets(self) -> None:
        for path in self._folder.glob("*.db"):  # also of catalogues that nobody watches any more
            with suppress(AlertError):
                outbox = Outbox(path)
                outbox.forget(time.time() - self._retention, most=MOST_EVENTS)
                outbox.close()
        while not self._stopping.wait(FORGET_EVERY):
            with self._lock:
                outboxes = list(self._outboxes.values())
            for outbox in outboxes:
                with suppress(AlertError):
                    outbox.forget(time.time() - self._retention, most=MOST_EVENTS)


def _small(image: Image.Image) -> Image.Image:
    if max(image.size) <= EVIDENCE_SIDE:
        return image
    scale = EVIDENCE_SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
