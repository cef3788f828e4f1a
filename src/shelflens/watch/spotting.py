"""One frame to one look: places that are known first, then what moves, then the rest of the picture bit by bit.

Comparing local features is what costs, so each frame may look closely at a few regions only (`Effort`). A place that
looks as it did when something was found there, or nothing, is not looked at again, but once, before it is thought to
stand there: on a picture at rest there is next to nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from shelflens.locate.activations import ActivationsLocator
from shelflens.locate.base import Located, Locator
from shelflens.picture import cut
from shelflens.types import Box
from shelflens.verify.base import Finding
from shelflens.watch.motion import Motion
from shelflens.watch.patch import Patch, alike, patch
from shelflens.watch.regions import Energy, energy, mean_in, windows
from shelflens.watch.sighting import Look, Place, Sighting, area, around, overlap
from shelflens.watch.watchlist import Candidate, Watchlist

GREY_SIDE: Final = 320  # pixels of the long side of the copy that patches are cut from
ROOM: Final = 0.3  # around where a product was seen last, to look for it
SPARE: Final = 0.12  # around what moves
LARGE: Final = 0.12  # of the frame; in what moves and is larger, the embedder says where to look
TIGHT: Final = 0.6  # overlap of a region with what is in it, from which it holds little else
SAME_THING: Final = 0.4  # overlap
SIBLINGS: Final = 3  # products, of those with the most agreeing points, that are compared place by place
LEAST_POINTS: Final = 5.0  # agreeing points that are worth a closer look
LEAST_STRENGTH: Final = 1.0  # worth remembering
ENERGY_EVERY: Final = 5  # analysed frames
AGE: Final = 0.02  # what a window's waiting counts, per frame, beside what the embedder finds in it and what moves


@dataclass(frozen=True, slots=True)
class Effort:
    """What one frame may cost at most."""

    regions: int = 4  # looked at closely: about 25 ms each on one core
    windows: int = 2  # of these, where nothing moves and nothing is known
    candidates: int = 16  # products that each is compared with
    blobs: int = 3  # things that move
    burst: int = 60  # regions, at once, of a new scene: all of it
    between_bursts: int = 150  # analysed frames; a moving camera is one new scene after another


class Spotter:
    """Of one stream. Feed it every analysed frame, in order, with the places that the tracker knows."""

    def __init__(self, watchlist: Watchlist, *, effort: Effort | None = None, detector: Locator | None = None) -> None:
        """`detector` replaces the embedder's activations in large regions that move."""
        self._watchlist = watchlist
        self._effort = effort or Effort()
        self._locator = detector or ActivationsLocator(watchlist.activations)
        self._motion = Motion()
        self._patches: dict[int, tuple[Box, Patch]] = {}  # of each track, where and how it looked when it was seen
        self._found: list[tuple[Sighting, Patch]] = []  # in this look
        self._swept: dict[Box, tuple[Patch, int]] = {}  # windows that were looked at, how they looked, and when
        self._energy: Energy | None = None
        self._frames = 0
        self._burst: int | None = None  # the frame that had the last
        self.regions = 0  # looked at closely, so far

    def look(self, picture: Image.Image, at: float, places: Sequence[Place]) -> Look:
        self._frames += 1
        self._motion.see(picture)
        grey = picture.convert("L")
        grey.thumbnail((GREY_SIDE, GREY_SIDE), Image.Resampling.BOX)
        seen: list[Sighting] = []
        empty: list[int] = []
        extra = self._extra()
        left = self._effort.regions + extra
        open_ = {place.track for place in places}
        self._patches = {track: kept for track, kept in self._patches.items() if track in open_}
        here = [place for place in places if place.home is None or place.scene == self._motion.scene]
        for place in here:
            state = None if place.settling and left else self._glance(place, grey)
            if state:
                seen.append(state)
            elif left:
                left -= 1
                if found := self._look_closer(picture, around(place.box, ROOM), place.product_id):
                    seen.append(found)
                    self._patches[place.track] = found.box, patch(grey, found.box)
                elif self._is_empty(picture, place):
                    empty.append(place.track)
            if place.home and place.track not in empty and left and self._has_moved(place):
                left -= 1
                if self._is_empty(picture, place):
                    empty.append(place.track)
        for region in self._moving(picture, seen):
            if left <= 0:
                break
            left -= 1
            if found := self._discover(picture, region, seen):
                seen.append(found)
        for window in self._waiting(picture, grey, seen, min(left, max(extra, self._effort.windows))):
            if found := self._discover(picture, window, seen):
                seen.append(found)
        return Look(at, _strongest(seen), tuple(empty), self._motion.scene)

    def _extra(self) -> int:
        rested = self._burst is None or self._frames - self._burst >= self._effort.between_bursts
        if not (self._motion.everywhere and rested):
            return 0
        self._burst = self._frames
        return self._effort.burst

    def _glance(self, place: Place, grey: Image.Image) -> Sighting | None:
        """Whether the place looks as it did, without looking closer."""
        kept = self._patches.get(place.track)
        if kept is None or not alike(kept[1], patch(grey, kept[0])):
            return None
        return Sighting(place.product_id, kept[0], 0.0, 0.0, still=True)

    def _has_moved(self, place: Place) -> bool:
        return place.home is not None and overlap(place.home, place.box) < 0.5

    def _is_empty(self, picture: Image.Image, place: Place) -> bool:
        """Whether its home is at rest and does not show the product."""
        if place.home is None or not self._motion.resting(place.home):
            return False
        return self._look_closer(picture, around(place.home, ROOM / 2), place.product_id) is None

    def _moving(self, picture: Image.Image, seen: Sequence[Sighting]) -> Iterator[Box]:
        """Around what moves and is not explained by what has been seen; of large things their main body, in turns."""
        for blob in self._motion.blobs()[: self._effort.blobs]:
            if any(overlap(blob, one.box) > SAME_THING for one in seen):
                continue
            roomy = around(blob, SPARE)
            if area(blob) > LARGE and self._frames % 2:
                located = self._locator.locate(cut(picture, roomy))
                if located.confidence > 0:
                    yield around(_within(roomy, located), SPARE)
                    continue
            yield roomy

    def _waiting(self, picture: Image.Image, grey: Image.Image, seen: Sequence[Sighting], most: int) -> list[Box]:
        """The windows that are worth looking at next, and look otherwise than when they were looked at last."""
        if most <= 0:
            return []
        if len(self._swept) > 2000:  # frames have changed their shape, again and again
            self._swept.clear()
        changed = [
            (window, now, kept[1] if kept else self._frames - 200)
            for window in windows(*picture.size)
            if (now := patch(grey, window)).any()  # on an even wall there is nothing to find
            and ((kept := self._swept.get(window)) is None or not alike(kept[0], now))
        ]
        if not changed:
            return []
        if self._energy is None or self._frames % ENERGY_EVERY == 0:
            self._energy = energy(picture, self._watchlist.activations)

        def worth(window: Box, looked: int) -> float:
            found = mean_in(self._energy, window) if self._energy is not None else 1.0
            known = any(overlap(window, one.box) > SAME_THING for one in seen)
            return found + self._motion.share(window) + AGE * (self._frames - looked) - known

        changed.sort(key=lambda one: -worth(one[0], one[2]))
        for window, now, _ in changed[:most]:
            self._swept[window] = now, self._frames
        return [window for window, _, _ in changed[:most]]

    def _discover(self, picture: Image.Image, region: Box, seen: Sequence[Sighting]) -> Sighting | None:
        """Which product the region shows. What is found in a part of it is looked at again by itself, for the embedder
        then sees nothing else, and a brand's other products have their chance."""
        found = self._look_closer(picture, region)
        if found is None or overlap(found.box, region) > TIGHT:
            return found
        if any(one.product_id == found.product_id and overlap(one.box, found.box) > SAME_THING for one in seen):
            return found
        again = self._look_closer(picture, around(found.box, SPARE))
        return again if again and again.strength > found.strength else found

    def _look_closer(self, picture: Image.Image, region: Box, product_id: str | None = None) -> Sighting | None:
        """Which product the region shows; with an id, whether it shows that one."""
        self.regions += 1
        crop = cut(picture, region)
        if min(crop.size) < 16:
            return None
        description = self._watchlist.describe(crop)
        if not description:
            return None
        compared = [
            (*found, candidate)
            for candidate in self._candidates(crop, product_id)
            if (found := self._watchlist.compare(description, candidate)) and found[0].value >= LEAST_POINTS
        ]
        compared.sort(key=lambda one: -one[0].value)
        best: Sighting | None = None
        for finding, photo, candidate in compared[:SIBLINGS]:
            same = self._watchlist.sameness(crop, photo, finding.lines)
            if best is None or finding.value * same > best.strength:
                box = _placed(finding, region, self._watchlist.body(photo))
                best = Sighting(candidate.product.product_id, box, finding.value * same, candidate.similarity)
        return best if best and best.strength >= LEAST_STRENGTH else None

    def _candidates(self, crop: Image.Image, product_id: str | None) -> list[Candidate]:
        if product_id is not None:
            named = self._watchlist.named(product_id)
            return [named] if named else []
        return self._watchlist.nearest(self._watchlist.embed([crop]), products=self._effort.candidates)[0]


def _strongest(seen: Sequence[Sighting]) -> tuple[Sighting, ...]:
    """Of sightings that overlap, the strongest; what stands still gives way to what was compared."""
    kept: list[Sighting] = []
    for one in sorted(seen, key=lambda sighting: -sighting.strength):
        if not any(overlap(one.box, other.box) > SAME_THING for other in kept):
            kept.append(one)
    return tuple(kept)


def _within(region: Box, located: Located) -> Box:
    """A box of the region as a box of the frame."""
    width, height = region.right - region.left, region.bottom - region.top
    box = located.box
    return Box(
        region.left + box.left * width,
        region.top + box.top * height,
        min(1.0, region.left + box.right * width),
        min(1.0, region.top + box.bottom * height),
    )


def _placed(finding: Finding, region: Box, body: Box) -> Box:
    """Where the whole product is, from where its agreeing points are; the region where these do not tell."""
    if len(finding.lines) < 4:
        return region
    there = np.array([(*line.photo, 1.0) for line in finding.lines])
    here = np.array([line.query for line in finding.lines])
    affine, _, rank, _ = np.linalg.lstsq(there, here, rcond=None)
    if rank < 3:
        return region
    corners = np.array([(x, y, 1.0) for x in (body.left, body.right) for y in (body.top, body.bottom)]) @ affine
    corners = corners * (region.right - region.left, region.bottom - region.top) + (region.left, region.top)
    left, top = np.clip(corners.min(axis=0), 0, 1).tolist()
    right, bottom = np.clip(corners.max(axis=0), 0, 1).tolist()
    return Box(left, top, right, bottom) if right - left > 0.01 and bottom - top > 0.01 else region
