"""Streams that a server watches for a catalogue, and what was seen in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from shelflens.client.connection import Client
from shelflens.types import Box


@dataclass(frozen=True, slots=True)
class InView:
    product_id: str
    title: str
    box: Box
    probability: float
    start: float  # seconds of the stream at which it came into view
    now: bool  # it was seen in the newest look


@dataclass(frozen=True, slots=True)
class Stream:
    id: str
    title: str
    state: str  # "opening", "watching", "waiting", "over"
    started: datetime
    at: float  # seconds of the stream, of the newest look
    looks: int
    dropped: int  # frames that were due and that nobody had time for
    damaged: int
    reconnects: int
    trouble: str
    in_view: tuple[InView, ...]
    frame: str | None  # path of the newest


@dataclass(frozen=True, slots=True)
class Seen:
    """A product came into view, or was taken away."""

    number: int  # rises from one event to the next
    id: str
    happening: str  # "appeared", "missing"
    stream: str
    product_id: str
    title: str
    raised: datetime
    at: float
    start: float
    end: float
    box: Box
    probability: float
    frame: str  # path of the frame that shows it
    picture: str  # path of the product's picture


class RemoteWatch:
    """Made by `RemoteCatalogue.watching`, of a server with `--watch`. Every call may raise ServerError."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._path = path

    def start(self, source: str, *, title: str = "") -> Stream:
        """Begins to watch a stream whose host the server allows, or its `camera:0`. Nothing is sent twice."""
        body = {"source": source, "title": title}
        return _stream(self._client.ask("POST", f"{self._path}/streams", once=True, json=body))

    def streams(self) -> tuple[Stream, ...]:
        return tuple(map(_stream, self._client.ask("GET", f"{self._path}/streams")["streams"]))

    def stream(self, stream_id: str) -> Stream:
        return _stream(self._client.ask("GET", self._of(stream_id)))

    def stop(self, stream_id: str) -> None:
        """Watches it no more. What was seen in it stays."""
        self._client.ask("DELETE", self._of(stream_id))

    def newest_frame(self, stream_id: str) -> bytes:
        """JPEG. ServerError 404 where nothing has been looked at yet."""
        found: bytes = self._client.ask("GET", f"{self._of(stream_id)}/frame")
        return found

    def seen(self, *, before: int | None = None, limit: int = 50) -> list[Seen]:
        """The newest first; `before` is a number, for those that came earlier."""
        parameters = {"limit": limit} if before is None else {"limit": limit, "before": before}
        return list(map(_seen, self._client.ask("GET", f"{self._path}/events", params=parameters)["events"]))

    def live(self, *, after: int | None = None) -> Iterator[Seen]:
        """What is seen from now on, or after a number, as it comes; without end."""
        number = after
        while True:
            headers = {} if number is None else {"Last-Event-ID": str(number)}
            for line in self._client.lines(f"{self._path}/events/live", headers=headers):
                if line.startswith("data:"):
                    seen = _seen(json.loads(line.removeprefix("data:")))
                    number = seen.number
                    yield seen

    def frame(self, number: int) -> bytes:
        """The JPEG that shows an event. ServerError 404 once it is forgotten."""
        found: bytes = self._client.ask("GET", f"{self._path}/events/{number}/frame")
        return found

    def picture(self, number: int) -> bytes:
        """The JPEG of the product that was seen."""
        found: bytes = self._client.ask("GET", f"{self._path}/events/{number}/picture")
        return found

    def _of(self, stream_id: str) -> str:
        return f"{self._path}/streams/{quote(stream_id, safe='')}"


def _stream(data: Mapping[str, Any]) -> Stream:
    in_view = tuple(InView(**{**one, "box": Box(**one["box"])}) for one in data["in_view"])
    return Stream(**{**data, "started": datetime.fromisoformat(data["started"]), "in_view": in_view})


def _seen(data: Mapping[str, Any]) -> Seen:
    return Seen(**{**data, "raised": datetime.fromisoformat(data["raised"]), "box": Box(**data["box"])})
