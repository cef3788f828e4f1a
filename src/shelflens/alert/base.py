"""What is told, and what it takes to tell it."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from shelflens.types import Box


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that happened in one stream, with the pictures that show it."""

    alert_id: str  # the same for the same event, however often it is found
    happening: str  # "appeared", "missing", "ended"
    stream: str
    product_id: str
    title: str
    raised: str  # UTC, ISO 8601
    at: float  # seconds since the stream began
    start: float
    end: float
    box: Box  # of the frame
    strength: float
    probability: float  # 0..1
    frame: bytes = b""  # JPEG
    picture: bytes = b""  # JPEG of the product

    def line(self) -> str:
        """For people."""
        name = " ".join((self.title or self.product_id).split())
        said = {"appeared": "is in view", "missing": "is missing", "ended": "has left"}[self.happening]
        return f"{self.stream} at {clock(self.at)}: {name} {said} ({self.probability:.0%} sure)"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try to deliver an alert."""

    alert: Alert
    attempt: int  # 1 and up

    @property
    def repeat(self) -> bool:
        """It may have arrived before: an earlier try was begun, whatever became of it."""
        return self.attempt > 1


class Sink(Protocol):
    """Takes alerts, one at a time, in the order in which they were raised."""

    @property
    def name(self) -> str:
        """What its deliveries are kept under, without secrets: "webhook:https://shop.example/alerts"."""
        ...

    def deliver(self, delivery: Delivery, /) -> None:
        """Returns when it has been taken. Raises AlertError; it is tried again later."""
        ...

    def forget(self, before: float, /) -> None:
        """Deletes the pictures that it has kept from before this time (seconds since 1970)."""
        ...


def alert_id(stream: str, session: str, happening: str, product_id: str, *, start: float, track: int = 0) -> str:
    """`session` tells runs of a live stream apart, whose seconds start anew; a file's are the same each time.
    `track` tells two of a product apart that came into view together."""
    said = json.dumps([stream, session, happening, product_id, round(start * 1000), track])
    return sha256(said.encode()).hexdigest()[:24]


def facts(delivery: Delivery) -> dict[str, Any]:
    """The delivery as a JSON object, without the pictures."""
    alert = delivery.alert
    box = alert.box
    return {
        "id": alert.alert_id,
        "happening": alert.happening,
        "stream": alert.stream,
        "product_id": alert.product_id,
        "title": alert.title,
        "raised": alert.raised,
        "at": round(alert.at, 3),
        "start": round(alert.start, 3),
        "end": round(alert.end, 3),
        "box": [round(side, 4) for side in (box.left, box.top, box.right, box.bottom)],
        "strength": round(alert.strength, 2),
        "probability": round(alert.probability, 4),
        "attempt": delivery.attempt,
        "repeat": delivery.repeat,
    }


def with_pictures(delivery: Delivery) -> bytes:
    """The delivery as JSON in UTF-8, with the pictures in base64."""
    pictures = {
        "frame_jpeg": b64encode(delivery.alert.frame).decode("ascii"),
        "product_jpeg": b64encode(delivery.alert.picture).decode("ascii"),
    }
    return json.dumps(facts(delivery) | pictures, ensure_ascii=False).encode()


def clock(seconds: float) -> str:
    """3725.4 -> 1:02:05."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
