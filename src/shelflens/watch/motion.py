"""What has changed in the picture, and what is at rest, told from a very small grey copy of it.

A running average is the background (Wren et al., "Pfinder", TPAMI 1997, in its simplest form). The light's overall
change is divided out first, so that a lamp switched on is no motion. A background that everything differs from is
another scene: the camera was turned, covered, or cut. Scenes that lasted are known again when they come back.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.locate.region import Mask, box_of, regions
from shelflens.picture import edges
from shelflens.types import Box

Grey: TypeAlias = NDArray[np.float32]  # (h, w), 0..255

SIDE: Final = 160  # pixels of the small copy's long side
DIFFERENT: Final = 16.0  # grey levels
LEARNT: Final = 0.06  # of a difference a frame, where nothing moves
ABSORBED: Final = 0.01  # where something does: after 20 s at 5 frames a second it is background
LEAST: Final = 0.0015  # of the picture; less is noise
EVERYWHERE: Final = 0.5  # of the picture; more is a cut, or a moving camera
MUCH: Final = 0.2  # of the picture; more is one, too, if what it shows is laid out otherwise:
LAID_OUT: Final = 0.5  # correlation with the background; 0.99 within drawn scenes, 0.4 at most between two of them
RESTING: Final = 5.0  # mean grey levels from one frame to the next
MOST_GAIN: Final = 3.0  # of a lamp, up or down; beyond, there is nothing to see
LASTED: Final = 15  # frames after which a scene is worth knowing again
SCENES: Final = 4  # known beside the present one


class Motion:
    """Of one stream. Feed it every analysed frame, in order."""

    def __init__(self) -> None:
        self._background: Grey | None = None
        self._before: Grey | None = None
        self._now: Grey | None = None
        self.mask: Mask = np.zeros((1, 1), np.bool_)
        self.everywhere = True  # a new scene: there is no telling what moves in it
        self.scene = 0  # its number; a scene that comes back has the one that it had
        self._scenes = 0
        self._lasted = 0  # frames, so far
        self._earlier: dict[int, Grey] = {}  # backgrounds, by scene; the latest last

    def see(self, picture: Image.Image) -> None:
        now = small_grey(picture)
        if self._background is None or self._background.shape != now.shape:
            self._earlier.clear()
            self._enter(None, now)
            self.mask = np.ones(now.shape, np.bool_)
            return
        lit = _lit(now, self._background)
        mask = _differing(lit, self._background)
        if _another(lit, self._background, mask):
            self._leave()
            self._enter(self._known(now), now)
            self.mask = mask
            return
        self.everywhere = False
        self._lasted += 1
        self._background += np.where(mask, ABSORBED, LEARNT) * (lit - self._background)
        self.mask, self._before, self._now = mask, self._now, lit

    def _leave(self) -> None:
        if self._background is not None and self._lasted >= LASTED:
            self._earlier[self.scene] = self._background
            for number in list(self._earlier)[:-SCENES]:
                del self._earlier[number]

    def _known(self, now: Grey) -> int | None:
        """The earlier scene that this is."""
        for number, background in reversed(self._earlier.items()):
            lit = _lit(now, background)
            if not _another(lit, background, _differing(lit, background)):
                return number
        return None

    def _enter(self, number: int | None, now: Grey) -> None:
        """Into an earlier scene, or a new one."""
        if number is None:
            self._scenes += 1
            self.scene, self._background, self._lasted = self._scenes, now.copy(), 0
        else:
            self.scene, self._background, self._lasted = number, self._earlier.pop(number), LASTED
            now = _lit(now, self._background)
        self.everywhere, self._before, self._now = True, None, now

    def blobs(self) -> list[Box]:
        """Boxes around what moves, the largest first; none where everything does."""
        if self.everywhere or not self.mask.any():
            return []
        joined = _grown(self.mask)
        labels = regions(joined)
        sizes = np.bincount(labels[self.mask], minlength=labels.max() + 1)
        order = sorted(range(1, len(sizes)), key=lambda label: -int(sizes[label]))
        return [box_of(labels == label) for label in order if sizes[label] >= LEAST * self.mask.size]

    def share(self, box: Box) -> float:
        """Of the box that moves, 0..1."""
        return float(_part(self.mask, box).mean())

    def resting(self, box: Box) -> bool:
        """Whether the place looks as it did one frame ago."""
        if self._before is None or self._now is None or self._before.shape != self._now.shape:
            return False
        return bool(np.abs(_part(self._now, box) - _part(self._before, box)).mean() < RESTING)


def small_grey(picture: Image.Image) -> Grey:
    scale = SIDE / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return np.asarray(picture.convert("L").resize(size, Image.Resampling.BOX, reducing_gap=2.0), np.float32)


def _lit(now: Grey, background: Grey) -> Grey:
    """The picture as bright as the background, by most of its places."""
    return now * float(np.clip(np.median((background + 8) / (now + 8)), 1 / MOST_GAIN, MOST_GAIN))


def _differing(lit: Grey, background: Grey) -> Mask:
    return np.asarray(np.abs(lit - background) > DIFFERENT)


def _another(lit: Grey, background: Grey, differing: Mask) -> bool:
    """Whether they are different scenes. Dull ones differ in less than half of their places."""
    share = float(differing.mean())
    return share > EVERYWHERE or (share > MUCH and _correlation(lit, background) < LAID_OUT)


def _correlation(one: Grey, other: Grey) -> float:
    """0 where one of them is even."""
    one, other = one - one.mean(), other - other.mean()
    return float(np.vdot(one, other)) / max(1e-6, float(np.linalg.norm(one) * np.linalg.norm(other)))


def _grown(mask: Mask) -> Mask:
    """By one cell on every side: parts of one thing meet."""
    padded = np.pad(mask, 1)
    grown: Mask = np.zeros_like(mask)
    for down in range(3):
        for across in range(3):
            grown |= padded[down : down + mask.shape[0], across : across + mask.shape[1]]
    return grown


def _part(cells: NDArray[Any], box: Box) -> NDArray[Any]:
    left, top, right, bottom = edges(box, (cells.shape[1], cells.shape[0]))
    return cells[top:bottom, left:right]
