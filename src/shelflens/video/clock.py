"""A time that never runs backwards, from the time stamps of a video, which may do anything."""

from __future__ import annotations

from typing import Final

LONGEST_STEP: Final = 10.0  # seconds between two frames, beyond which the source's clock is thought to have jumped
USUAL_STEP: Final = 1 / 25  # seconds; until two frames have told the source's own


class SteadyClock:
    """Turns stamps into seconds since the first frame. Where a stamp is missing, or has jumped, the time that has
    passed here stands in for it; where nothing can be told from that either, as in a file, the usual step does."""

    def __init__(self, *, live: bool) -> None:
        self.jumps = 0
        self._live = live
        self._now = 0.0
        self._stamp: float | None = None
        self._arrived: float | None = None
        self._step = USUAL_STEP

    def at(self, stamp: float | None, *, arrived: float) -> float:
        """`stamp` is the source's time of the frame in seconds, `arrived` our own steady clock's."""
        if self._arrived is not None:
            self._now += self._since(stamp, arrived - self._arrived)
        self._stamp, self._arrived = stamp, arrived
        return self._now

    def restart(self) -> None:
        """The source has been opened again: its stamps begin anew, which is no jump."""
        self._stamp = None

    def _since(self, stamp: float | None, passed: float) -> float:
        fallback = max(passed, 0.0) if self._live else self._step
        if stamp is None or self._stamp is None:
            return fallback
        step = stamp - self._stamp
        if not 0 <= step <= LONGEST_STEP:
            self.jumps += 1
            return fallback
        if step > 0:
            self._step = step
        return step
