"""A stream of posts, each with pictures: what they show, and which products of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from shelflens.assemble.parts import Parts
from shelflens.attributes.description import Description
from shelflens.errors import PictureError
from shelflens.feed.base import BadRow, Feed, FeedRow, PhotoPlace
from shelflens.search import View
from shelflens.types import Match, Product

WINDOW: Final = 4  # pictures under way per worker

PostPicture: TypeAlias = tuple[str, str]  # the post's id, and where its picture is


@dataclass(frozen=True, slots=True)
class Tagged:
    """One picture of a post."""

    post: Product  # its id, and what else the source says of it
    photo: str  # where the picture is
    description: Description
    products: tuple[Match, ...]  # of the catalogue that it may show, best first


def tag(
    parts: Parts,
    posts: Feed,
    look: Callable[[View], tuple[Description, tuple[Match, ...]]],
    *,
    done: Collection[PostPicture],
    k: int,
) -> Iterator[Tagged | BadRow]:
    """Each picture of each post in the feed's order, but those that are `done`; what cannot be used is told in its
    place, and the rest goes on."""

    def tagged(task: tuple[FeedRow, PhotoPlace]) -> Tagged | BadRow:
        row, place = task
        try:
            description, matches = look(parts.view(place))
        except PictureError as error:
            return BadRow(row.where, str(error), row.product.product_id)
        return Tagged(row.product, place.source, description, matches[:k])

    crew = parts.crew(None, None)
    for part in _parts(posts, done):
        if isinstance(part, BadRow):
            yield part
        else:
            for _, result in crew.overlapped(part, tagged, window=WINDOW, name="tag"):
                yield result


def _parts(posts: Feed, done: Collection[PostPicture]) -> Iterator[BadRow | Iterator[tuple[FeedRow, PhotoPlace]]]:
    """Bad rows, and between them the pictures to look at."""
    rows = iter(posts)
    held: list[BadRow] = []

    def good() -> Iterator[tuple[FeedRow, PhotoPlace]]:
        for row in rows:
            if isinstance(row, BadRow):
                held.append(row)
                return
            yield from ((row, place) for place in row.photos if (row.product.product_id, place.source) not in done)

    while True:
        yield good()
        if not held:
            return
        yield held.pop()
