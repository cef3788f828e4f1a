"""How a new catalogue's pictures are framed, from a sample of them: whether it begins with a locator.

Room around the products costs much, and cutting it away costs nothing where there is none (docs/locating.md). The
choice is made once, before the first vector, because vectors of two croppings never meet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from shelflens.errors import CatalogueError, PictureError
from shelflens.feed.base import BadRow, Feed, PhotoPlace, UrlPhoto
from shelflens.indexing.reading import PhotoReader
from shelflens.locate.base import WHOLE
from shelflens.locate.loading import load_locator

LOCATOR: Final = "auto"  # the only one that is chosen unasked: no figure that was measured falls with it
SAMPLE: Final = 64  # pictures that are looked at, at most
ROWS: Final = 2_000  # the source's first, that these are drawn from
SHARE: Final = 0.1  # of the pictures looked at; from there on it is worth a space of its own
SIDE: Final = 160  # pixels of the short side; the locator sees no more


@dataclass(frozen=True, slots=True)
class Framing:
    """What the sample showed."""

    looked_at: int
    cut: int  # of these, showing a small product on a plain background

    @property
    def locator(self) -> str:
        return LOCATOR if self.looked_at and self.cut >= SHARE * self.looked_at else "whole"

    @property
    def why(self) -> str:
        """For people."""
        return f"{self.cut} of {self.looked_at} pictures looked at show a small product on a plain background"

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str, *, where: str) -> Framing:
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise CatalogueError(f"{where}: not what was written there ({error})") from None


def look_at_framing(feed: Feed, reader: PhotoReader, *, workers: int = 1, seed: int = 0) -> Framing:
    """From at most SAMPLE of the feed's pictures that are on this machine; nothing is downloaded. The feed is read
    once more than for its photos. Pictures that cannot be opened do not count: indexing reports them."""
    locator = load_locator(LOCATOR)

    def is_cut(place: PhotoPlace) -> bool | None:
        try:
            picture = reader.open(place, side=SIDE).image
        except PictureError:
            return None
        return locator.locate(picture).box != WHOLE

    with ThreadPoolExecutor(workers, thread_name_prefix="framing") as pool:
        seen = [one for one in pool.map(is_cut, drawn(feed, seed=seed)) if one is not None]
    return Framing(len(seen), sum(seen))


def drawn(feed: Feed, *, seed: int = 0) -> list[PhotoPlace]:
    """SAMPLE of the local pictures of the first ROWS rows, or all if there are fewer; each as likely as any other.

    Drawn, not counted off, since every fourth picture may be every product's back. One reading that holds no more
    pictures than it returns (algorithm R, Vitter 1985).
    """
    random = np.random.default_rng(seed)
    kept: list[PhotoPlace] = []
    for number, place in enumerate(_local(feed)):
        if number < SAMPLE:
            kept.append(place)
        elif (at := int(random.integers(number + 1))) < SAMPLE:
            kept[at] = place
    return kept


def _local(feed: Feed) -> Iterator[PhotoPlace]:
    for number, row in enumerate(feed):
        if number == ROWS:
            return
        if not isinstance(row, BadRow):
            yield from (place for place in row.photos if not isinstance(place, UrlPhoto))
