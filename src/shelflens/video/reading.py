"""Frames of a source at a steady pace, over every cut that the source recovers from."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from shelflens.errors import VideoError
from shelflens.video.clock import SteadyClock
from shelflens.video.decoding import Decoder
from shelflens.video.frame import Frame, Health, VideoLimits
from shelflens.video.source import Source

ROUNDING = 1e-4  # seconds; stamps are whole ticks of 1/90,000 or coarser


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait before a live source is opened again: twice as long each time, until it gives a frame."""

    first: float = 0.5  # seconds
    longest: float = 30.0  # seconds
    tries: int | None = None  # in a row, after which it is given up; None: never

    def wait(self, failures: int) -> float:
        """Seconds, after so many failures in a row, 1 and up."""
        return min(self.longest, self.first * float(2 ** min(failures - 1, 30)))


def nobody_listens(_health: Health) -> None:
    pass


_LIMITS, _PATIENCE = VideoLimits(), Patience()


def read_frames(
    source: Source,
    *,
    per_second: float,
    limits: VideoLimits = _LIMITS,
    patience: Patience = _PATIENCE,
    on_health: Callable[[Health], None] = nobody_listens,
    stopped: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
    threads: int = 1,
) -> Iterator[Frame]:
    """At most `per_second` frames of each second. A file ends; a live source is opened again whenever it breaks off.

    `on_health` hears of every change for the worse, and of the end. Raises VideoError for a file that is no video or
    breaks off, and for a live source that cannot be opened at first or that `patience` has given up.
    """
    clock = SteadyClock(live=source.live)
    health, failures, due, opened = Health(), 0, 0.0, False
    while not stopped():
        trouble = "the stream ended"
        try:
            with Decoder(source, limits, threads=threads) as decoder:
                opened = True
                corrupt = health.corrupt
                for decoded in decoder:
                    failures = 0
                    at = clock.at(decoded.stamp, arrived=decoded.arrived)
                    worse = (corrupt + decoder.corrupt, clock.jumps) != (health.corrupt, health.jumps)
                    health = replace(
                        health, frames=health.frames + 1, corrupt=corrupt + decoder.corrupt, jumps=clock.jumps
                    )
                    if worse:
                        on_health(health)
                    if stopped():
                        return
                    if at >= due - ROUNDING:
                        # Kept in step with the source, but never made up for after a gap.
                        due = max(due + 1 / per_second, at)
                        yield Frame(at, decoded.picture())
                health = replace(health, corrupt=corrupt + decoder.corrupt)
        except VideoError as error:
            if not source.live or not opened:
                raise
            trouble = str(error)
        if not source.live:
            break
        failures += 1
        health = replace(health, reconnects=health.reconnects + 1, trouble=trouble)
        on_health(health)
        if patience.tries is not None and failures > patience.tries:
            raise VideoError(f"{source.name}: given up after {failures} tries; the last said: {trouble}")
        sleep(patience.wait(failures))
        clock.restart()
    on_health(health)
