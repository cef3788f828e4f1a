"""One stream watched: frames in, events out, each with the frame that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shelflens.picture import thumbnail
from shelflens.video import Frame
from shelflens.watch.events import Appearance, Event, Happening, Rules, Tracker
from shelflens.watch.spotting import Spotter

EVIDENCE_SIDE: Final = 960  # pixels


@dataclass(frozen=True, slots=True, eq=False)
class Occurrence:
    """An event of one stream. The picture is kept nowhere else."""

    stream: str
    event: Event
    frame: bytes  # JPEG: in which the product is seen best; of a missing one, its empty place


class Watcher:
    """Frames are forgotten at once, except the best of each product in view, as a JPEG, until it has left."""

    def __init__(self, stream: str, spotter: Spotter, *, rules: Rules | None = None) -> None:
        self._stream = stream
        self._spotter = spotter
        self._tracker = Tracker(rules)
        self._best: dict[int, bytes] = {}

    def see(self, frame: Frame) -> list[Occurrence]:
        look = self._spotter.look(frame.image, frame.at, self._tracker.places())
        events = self._tracker.advance(look)
        now: bytes | None = None
        best: dict[int, bytes] = {}
        for place in self._tracker.places():
            if self._tracker.best_at(place.track) == frame.at:
                now = now or thumbnail(frame.image, side=EVIDENCE_SIDE, quality=85)
                best[place.track] = now
            elif place.track in self._best:
                best[place.track] = self._best[place.track]
        known, self._best = self._best | best, best
        occurrences = []
        for event in events:
            if event.happening is Happening.MISSING:
                now = now or thumbnail(frame.image, side=EVIDENCE_SIDE, quality=85)
                occurrences.append(Occurrence(self._stream, event, now))
            else:
                occurrences.append(Occurrence(self._stream, event, known.get(event.appearance.track, b"")))
        return occurrences

    def in_view(self, at: float) -> list[Appearance]:
        """What was told and is to be seen now, for drawing it over the frame."""
        return self._tracker.in_view(at)

    def finish(self) -> list[Occurrence]:
        """The stream is over."""
        return [
            Occurrence(self._stream, event, self._best.get(event.appearance.track, b""))
            for event in self._tracker.finish()
        ]
