"""From looks to events: a pure function of times and sightings. One event for each time a product appears, and one for
each that is taken from where it stood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from shelflens.types import Box
from shelflens.watch.certainty import probability, threshold
from shelflens.watch.sighting import Look, Place, Sighting, apart, extent, overlap

MOST_TRACKS = 64  # open at once; beyond, the weakest that was never reported is forgotten
TOLD_BY = 3  # looks that make up a strength: the best ones
RIVAL = 0.3  # overlap from which two products are thought to be one thing, of which the stronger is right


@dataclass(frozen=True, slots=True)
class Rules:
    """Times are in seconds of the stream."""

    threshold: float = threshold(1.0)  # the strength from which an appearance is reported
    patience: float = 2.0  # unseen for longer, and it has left
    cool_down: float = 30.0  # after an alarm for a product, before the next for the same one
    settled: float = 3.0  # at rest for so long, and it belongs there
    gone: float = 1.5  # its place empty and at rest for so long, and it is missing
    away: float = 3600.0  # unseen for longer, behind something or in a scene that does not come back, and it has left
    speed: float = 0.6  # frames a second that a product may cross unseen
    rest: float = 0.25  # of its own size that it may move and be at rest


class Happening(StrEnum):
    APPEARED = "appeared"
    ENDED = "ended"  # follows every `appeared`; it has start, end and the best frame of all
    MISSING = "missing"  # it stood there, and does not


@dataclass(frozen=True, slots=True)
class Appearance:
    """One product, from when it came into view until it left."""

    track: int  # counts up within a stream
    product_id: str
    start: float  # seconds since the stream began
    end: float  # last seen
    best_at: float
    box: Box  # in the best frame; of a missing one, where it stood
    strength: float
    probability: float  # that it was really this product, 0..1


@dataclass(frozen=True, slots=True)
class Event:
    happening: Happening
    at: float
    appearance: Appearance
    repeated: bool = False  # within the cool-down of an earlier alarm for the same product: to be kept, not to be told


@dataclass(slots=True, eq=False)
class _Track:
    number: int
    product_id: str
    start: float
    end: float
    box: Box
    best: Sighting
    best_at: float
    anchor: Box
    anchored: float
    strengths: list[float] = field(default_factory=list)  # the TOLD_BY best, best first
    reported: bool = False
    home: Box | None = None
    scene: int = 0  # of the home
    empty_since: float | None = None

    @property
    def strength(self) -> float:
        return sum(self.strengths)

    def see(self, sighting: Sighting, look: Look, rules: Rules) -> None:
        at = look.at
        self.end, self.empty_since = at, None
        if sighting.still:
            return
        self.box = sighting.box
        self.strengths = sorted([*self.strengths, sighting.strength], reverse=True)[:TOLD_BY]
        if sighting.strength > self.best.strength:
            self.best, self.best_at = sighting, at
        if apart(sighting.box, self.anchor) > rules.rest * extent(self.anchor):
            self.anchor, self.anchored = sighting.box, at
        if self.settling(at, rules):
            self.home, self.scene = self.anchor, look.scene

    def settling(self, at: float, rules: Rules) -> bool:
        return self.home != self.anchor and at - self.anchored >= rules.settled

    def appearance(self) -> Appearance:
        return Appearance(
            self.number,
            self.product_id,
            self.start,
            self.end,
            self.best_at,
            self.best.box,
            self.strength,
            probability(self.strength),
        )


class Tracker:
    """Looks at one stream in, one after another; events out. Equal looks give equal events."""

    def __init__(self, rules: Rules | None = None) -> None:
        self._rules = rules or Rules()
        self._open: list[_Track] = []
        self._tracks = 0
        self._now = 0.0
        self._told: dict[str, float] = {}  # when each product was last reported

    def places(self) -> list[Place]:
        """Where products should be now; those that were reported first, then the stronger ones."""
        tracks = sorted(self._open, key=lambda track: (not track.reported, -track.strength, track.number))
        return [
            Place(
                track.number,
                track.product_id,
                track.box,
                track.home,
                track.scene,
                settling=track.settling(self._now, self._rules),
            )
            for track in tracks
        ]

    def best_at(self, track: int) -> float | None:
        """When an open track was seen best; None: it is not open."""
        return next((one.best_at for one in self._open if one.number == track), None)

    def in_view(self, at: float) -> list[Appearance]:
        """What was reported and has been seen within the patience, with the box where it is now."""
        return [
            replace(track.appearance(), box=track.box)
            for track in self._open
            if track.reported and at - track.end <= self._rules.patience
        ]

    def advance(self, look: Look) -> list[Event]:
        self._now = look.at
        events = self._left(look.at)
        seen = self._assigned(look)
        for track in self._open:
            if track.home and track.number not in seen and track.number in look.empty and track.empty_since is None:
                track.empty_since = look.at
        events += [self._reported(track, look.at) for track in self._open if self._is_certain(track)]
        events += self._missing(look.at)
        self._forget_weakest()
        return events

    def finish(self) -> list[Event]:
        """The stream is over: what was in view has ended with it."""
        events = [_event(Happening.ENDED, track.end, track) for track in self._open if track.reported]
        self._open.clear()
        return events

    def _assigned(self, look: Look) -> set[int]:
        """Gives every sighting to the nearest track of its product, or to a new one; the strongest choose first."""
        seen: set[int] = set()
        for sighting in sorted(look.seen, key=lambda one: (-one.strength, one.product_id, one.box.left, one.box.top)):
            track = self._nearest(sighting, look, seen)
            if track is None:
                if sighting.still:
                    continue
                self._tracks += 1
                track = _Track(
                    self._tracks,
                    sighting.product_id,
                    look.at,
                    look.at,
                    sighting.box,
                    sighting,
                    look.at,
                    sighting.box,
                    look.at,
                )
                self._open.append(track)
            track.see(sighting, look, self._rules)
            seen.add(track.number)
        return seen

    def _nearest(self, sighting: Sighting, look: Look, taken: set[int]) -> _Track | None:
        near = [
            (distance, track.number, track)
            for track in self._open
            if track.product_id == sighting.product_id
            and track.number not in taken
            and (track.home is None or track.scene == look.scene)
            and (distance := apart(track.box, sighting.box))
            <= max(extent(track.box), extent(sighting.box)) / 2 + self._rules.speed * (look.at - track.end)
        ]
        return min(near, default=(0, 0, None))[2]

    def _is_certain(self, track: _Track) -> bool:
        if track.reported or track.strength < self._rules.threshold:
            return False
        return not any(
            other.product_id != track.product_id
            and other.strength > track.strength
            and abs(other.end - track.end) <= self._rules.patience
            and overlap(other.box, track.box) > RIVAL
            for other in self._open
        )

    def _reported(self, track: _Track, at: float) -> Event:
        track.reported = True
        told = self._told.get(track.product_id)
        repeated = told is not None and at - told < self._rules.cool_down
        if not repeated:
            self._told[track.product_id] = at
        return _event(Happening.APPEARED, at, track, repeated=repeated)

    def _left(self, at: float) -> list[Event]:
        """Closes what has been unseen for longer than the patience. What belongs where it stood may be hidden: that
        is open until its place is seen to be empty, or for long."""
        rules = self._rules
        left = [
            track
            for track in self._open
            if at - track.end > (rules.away if track.reported and track.home is not None else rules.patience)
        ]
        return [_event(Happening.ENDED, at, track) for track in self._close(left)]

    def _missing(self, at: float) -> list[Event]:
        gone = [
            track
            for track in self._open
            if track.reported and track.empty_since is not None and at - track.empty_since >= self._rules.gone
        ]
        events = []
        for track in self._close(gone):
            missing = _event(Happening.MISSING, at, track)
            if track.home is not None:
                events.append(replace(missing, appearance=replace(missing.appearance, box=track.home)))
            events.append(_event(Happening.ENDED, at, track))
        return events

    def _close(self, tracks: list[_Track]) -> list[_Track]:
        """Those of them that were reported."""
        for track in tracks:
            self._open.remove(track)
        return [track for track in tracks if track.reported]

    def _forget_weakest(self) -> None:
        while len(self._open) > MOST_TRACKS:
            self._open.remove(min(self._open, key=lambda track: (track.reported, track.strength, -track.number)))


def events(looks: Iterable[Look], rules: Rules | None = None) -> Sequence[Event]:
    """All events of a stream that is over."""
    tracker = Tracker(rules)
    found = [event for look in looks for event in tracker.advance(look)]
    return [*found, *tracker.finish()]


def _event(happening: Happening, at: float, track: _Track, *, repeated: bool = False) -> Event:
    return Event(happening, at, track.appearance(), repeated)
