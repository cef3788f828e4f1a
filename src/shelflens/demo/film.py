"""Films of products that stand on a shelf, are carried past and taken away, with the exact truth about all of it.

For testing and measuring `shelflens watch`. A film is made from cutouts (drawn packages, or real product photos with
their ground removed) over a drawn scene; products change their size and angle, are hidden in part, blurred by their
motion, lit by lamps that change, and coded as cheap cameras do. Equal seeds give equal pictures and
truths; the coder may differ in a bit here and there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from shelflens.demo import surfaces
from shelflens.demo.colour import mix
from shelflens.video.writing import write_video

SIZE: Final = (640, 360)
PER_SECOND: Final = 5
VISIBLE: Final = 0.5  # of a product's area, from which it counts as in view
SEEN_FOR: Final = 0.8  # seconds; a shorter appearance is nothing that anybody could ask for
SKIN: Final = ((224, 172, 135), (141, 96, 66), (198, 134, 98), (92, 62, 44))
REACH: Final = 1.0  # seconds from when a hand comes into view until it holds the product
CARRY: Final = 1.2  # seconds in which it takes the product out of view


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    product_id: str
    cutout: Image.Image  # RGBA


@dataclass(frozen=True, slots=True)
class Shown:
    """One product, while at least half of it is in view."""

    product_id: str
    start: float  # seconds
    end: float
    left: float  # the box in the middle of that time, as shares of the frame
    top: float
    right: float
    bottom: float
    stands: bool  # on the shelf, from the beginning


@dataclass(frozen=True, slots=True)
class Taken:
    """One product that stood on the shelf, when it is lifted off."""

    product_id: str
    at: float  # seconds


@dataclass(frozen=True, slots=True)
class Truth:
    seconds: float
    shown: tuple[Shown, ...]
    taken: tuple[Taken, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Truth:
        data = json.loads(text)
        return cls(
            data["seconds"],
            tuple(Shown(**shown) for shown in data["shown"]),
            tuple(Taken(**taken) for taken in data["taken"]),
        )


@dataclass(frozen=True, slots=True)
class Script:
    """Who does what."""

    standing: tuple[Actor, ...]  # on the shelf, from left to right
    passing: tuple[Actor, ...]  # one after another
    taken: int | None = None  # which of `standing` a hand takes away, at two thirds of the time
    seconds: float = 16.0
    size: tuple[int, int] = SIZE


@dataclass(frozen=True, slots=True)
class _Pose:
    x: float  # of the centre, pixels
    y: float
    height: float  # pixels
    angle: float  # degrees
    blur: float  # pixels


def film(path: Path, script: Script, *, seed: int) -> Truth:
    """Writes the video and, beside it with the suffix .json, the truth. Raises VideoError without PyAV."""
    rng = np.random.default_rng(seed)
    shooting = _Shooting(script, rng)
    write_video(path, shooting.frames(), per_second=PER_SECOND, quality=int(rng.integers(23, 31)))
    truth = shooting.truth()
    path.with_suffix(".json").write_text(truth.to_json(), encoding="utf-8")
    return truth


class _Shooting:
    def __init__(self, script: Script, rng: np.random.Generator) -> None:
        self._script = script
        self._rng = rng
        self._scene, self._floor = _scene(script.size, rng)
        self._light = (rng.uniform(0.08, 0.2), rng.uniform(3, 9), rng.uniform(0, 6), rng.uniform(0.82, 1.15))
        self._switch = rng.uniform(0.3, 0.7) * script.seconds
        self._grain = rng.normal(scale=rng.uniform(1.5, 4.5), size=(script.size[1], script.size[0], 1))
        self._post = rng.uniform(0.3, 0.7) * script.size[0], rng.uniform(0.03, 0.06) * script.size[0]
        self._skin = SKIN[rng.integers(len(SKIN))]
        self._standing = self._placed()
        self._walks = [self._walk(number) for number in range(len(script.passing))]
        self._visible: dict[tuple[bool, int], list[tuple[float, tuple[float, float, float, float]]]] = {}
        self._lifted: float | None = None

    def frames(self) -> Iterator[Image.Image]:
        for number in range(round(self._script.seconds * PER_SECOND)):
            yield self._frame(number / PER_SECOND)

    def truth(self) -> Truth:
        shown = []
        for (stands, which), times in sorted(self._visible.items()):
            actor = (self._script.standing if stands else self._script.passing)[which]
            first, last, box = times[0][0], times[-1][0], times[len(times) // 2][1]
            if last - first >= SEEN_FOR:
                shown.append(Shown(actor.product_id, first, last, *box, stands=stands))
        taken = []
        if self._script.taken is not None and self._lifted is not None:
            taken.append(Taken(self._script.standing[self._script.taken].product_id, self._lifted))
        return Truth(self._script.seconds, tuple(shown), tuple(taken))

    # -- where everybody is

    def _placed(self) -> list[_Pose]:
        """Standing on the floor of the shelf, side by side."""
        count, width = len(self._script.standing), self._script.size[0]
        poses = []
        for number, actor in enumerate(self._script.standing):
            height = self._rng.uniform(0.27, 0.4) * self._script.size[1]
            room = 0.85 * width / max(count, 1)
            height = min(height, room * actor.cutout.height / actor.cutout.width)
            x = (number + 0.5) * width / count + self._rng.uniform(-0.03, 0.03) * width
            poses.append(_Pose(x, self._floor - height / 2, height, self._rng.uniform(-2, 2), 0.0))
        return poses

    def _walk(self, number: int) -> tuple[float, float, list[_Pose]]:
        """Start, length in seconds, and the poses at its begin, middle and end."""
        width, height = self._script.size
        slot = self._script.seconds / max(len(self._script.passing), 1)
        length = self._rng.uniform(2.8, 4.0)
        start = number * slot + self._rng.uniform(0, max(slot - length, 0))
        tall = self._rng.uniform(0.3, 0.55) * height
        side = 1 if self._rng.random() < 0.5 else -1
        away = width / 2 + tall
        level = self._rng.uniform(0.28, 0.45) * height
        turn = self._rng.uniform(-25, 25)
        poses = [
            _Pose(
                width / 2 + place * side * away,
                level + self._rng.uniform(-0.08, 0.08) * height,
                tall * self._rng.uniform(0.85, 1.15),
                turn + self._rng.uniform(-12, 12),
                self._rng.uniform(0.3, 1.2),
            )
            for place in (-1, 0, 1)
        ]
        return start, length, poses

    # -- one frame

    def _frame(self, at: float) -> Image.Image:
        picture = self._scene.copy()
        script = self._script
        for which, (actor, pose) in enumerate(zip(script.standing, self._standing, strict=True)):
            if which != script.taken:
                self._draw(picture, actor, pose, (True, which), at)
        if script.taken is not None:
            self._draw_taken(picture, script.taken, at)
        for which, actor in enumerate(script.passing):
            start, length, poses = self._walks[which]
            if start <= at <= start + length:
                pose = _between(poses, (at - start) / length)
                self._draw(picture, actor, pose, (False, which), at)
                self._draw_arm(picture, pose)
        left, wide = self._post
        ImageDraw.Draw(picture).rectangle((left, 0, left + wide, self._floor * 0.75), fill=(58, 60, 66))
        return self._lit(picture, at)

    def _draw_taken(self, picture: Image.Image, which: int, at: float) -> None:
        actor, pose = self._script.standing[which], self._standing[which]
        lift = self._script.seconds * 2 / 3
        if at < lift:
            self._draw(picture, actor, pose, (True, which), at)
            if at >= lift - REACH:  # the hand comes from below
                share = (at - lift + REACH) / REACH
                self._draw_arm(picture, replace(pose, y=pose.y + (1 - share) * (self._script.size[1] - pose.y)))
        elif at < lift + CARRY:
            if self._lifted is None:
                self._lifted = at
            share = (at - lift) / CARRY
            moved = replace(
                pose,
                y=pose.y - 0.15 * pose.height * math.sin(math.pi * share) + share * 1.3 * self._script.size[1] * share,
                angle=pose.angle + 18 * share,
                blur=1.0,
            )
            self._draw(picture, actor, moved, (True, which), at)
            self._draw_arm(picture, moved)

    def _draw(self, picture: Image.Image, actor: Actor, pose: _Pose, key: tuple[bool, int], at: float) -> None:
        scale = pose.height / actor.cutout.height
        size = (max(2, round(actor.cutout.width * scale)), max(2, round(pose.height)))
        image = actor.cutout.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        image = image.rotate(pose.angle, Image.Resampling.BICUBIC, expand=True)
        if pose.blur > 0.3:
            image = image.filter(ImageFilter.GaussianBlur(pose.blur))
        left, top = round(pose.x - image.width / 2), round(pose.y - image.height / 2)
        picture.paste(image, (left, top), image)
        width, height = picture.size
        inside = max(0, min(left + image.width, width) - max(left, 0)) * max(
            0, min(top + image.height, height) - max(top, 0)
        )
        if inside / (image.width * image.height) >= VISIBLE:
            box = (
                max(0.0, left / width),
                max(0.0, top / height),
                min(1.0, (left + image.width) / width),
                min(1.0, (top + image.height) / height),
            )
            self._visible.setdefault(key, []).append((at, box))

    def _draw_arm(self, picture: Image.Image, pose: _Pose) -> None:
        """A hand that holds the lower edge, and an arm down to the frame's edge: a fifth of the product is hidden."""
        draw = ImageDraw.Draw(picture)
        x, y, thick = pose.x, pose.y + 0.42 * pose.height, 0.14 * pose.height
        draw.line((x, y, x + 0.4 * pose.height, picture.height + 40), fill=self._skin, width=round(2 * thick))
        draw.ellipse((x - 1.6 * thick, y - thick, x + 1.6 * thick, y + 1.4 * thick), fill=self._skin)

    def _lit(self, picture: Image.Image, at: float) -> Image.Image:
        depth, period, phase, switched = self._light
        gain = 1 + depth * math.sin(2 * math.pi * (at / period) + phase)
        if at >= self._switch:
            gain *= switched
        grain = np.roll(self._grain, (int(self._rng.integers(97)), int(self._rng.integers(97))), axis=(0, 1))
        pixels = np.asarray(picture, np.float32) * gain + grain
        return Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))


def cut_out(photo: Image.Image, *, tolerance: int = 28) -> Image.Image:
    """A product photo's plain ground made transparent, from its corners inwards; cropped to what is left. RGBA."""
    picture = photo.convert("RGB")
    marked = picture.copy()
    key = (255, 0, 254)
    for corner in ((0, 0), (picture.width - 1, 0), (0, picture.height - 1), (picture.width - 1, picture.height - 1)):
        ImageDraw.floodfill(marked, corner, key, thresh=tolerance)
    solid = (np.asarray(marked) != key).any(axis=2)
    alpha = Image.fromarray((solid * 255).astype(np.uint8)).filter(ImageFilter.MinFilter(3))
    picture.putalpha(alpha.filter(ImageFilter.GaussianBlur(0.8)))
    return picture.crop(alpha.getbbox() or (0, 0, *picture.size))


def _between(poses: Sequence[_Pose], share: float) -> _Pose:
    """On the quadratic curve through three poses."""
    first = (1 - share) * (1 - 2 * share)
    middle = 4 * share * (1 - share)
    last = share * (2 * share - 1)

    def mixed(field: str) -> float:
        return sum(
            weight * float(getattr(pose, field)) for weight, pose in zip((first, middle, last), poses, strict=True)
        )

    return _Pose(mixed("x"), mixed("y"), mixed("height"), mixed("angle"), mixed("blur"))


def _scene(size: tuple[int, int], rng: np.random.Generator) -> tuple[Image.Image, float]:
    """A wall or a kitchen with a shelf in the lower half, and the height of its floor in pixels."""
    width, height = size
    if rng.random() < 0.5:
        picture = surfaces.kitchen(size, rng)
    else:
        picture = surfaces.wall(size, mix(surfaces.WALLS[rng.integers(6)], (70, 66, 70), rng.uniform(0.0, 0.4)), rng)
    floor = round(rng.uniform(0.84, 0.9) * height)
    wood = surfaces.WOODS[rng.integers(len(surfaces.WOODS))]
    picture.paste(surfaces.board((width, height - floor), wood), (0, floor))
    return picture, float(floor)
