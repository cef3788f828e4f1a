"""A stream of posts, tagged by a server: each picture described, and searched for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from shelflens.assemble.tagging import PostPicture, Tagged
from shelflens.cli.remote import described
from shelflens.errors import PictureError
from shelflens.feed.base import BadRow, Feed, FeedRow, PhotoPlace, UrlPhoto
from shelflens.indexing import PhotoReader

if TYPE_CHECKING:
    from shelflens.client import RemoteCatalogue

REFUSED = ("picture-not-usable", "picture-too-long", "address-not-fetched")  # pictures; the rest goes on


def tag_there(
    there: RemoteCatalogue, posts: Feed, *, done: Collection[PostPicture], k: int
) -> Iterator[Tagged | BadRow]:
    """As `Attributes.tag`, in the feed's order. Raises ServerError where the server refuses more than a picture."""
    reader = PhotoReader()
    try:
        for row in posts:
            if isinstance(row, BadRow):
                yield row
                continue
            for place in row.photos:
                if (row.product.product_id, place.source) not in done:
                    yield _tagged(there, reader, row, place, k=k)
    finally:
        reader.close()


def _tagged(there: RemoteCatalogue, reader: PhotoReader, row: FeedRow, place: PhotoPlace, *, k: int) -> Tagged | BadRow:
    from shelflens.client import ServerError

    try:
        picture = place.url if isinstance(place, UrlPhoto) else reader.read(place)
        (found,) = there.describe(picture)
        if found.error:
            return BadRow(row.where, f"{place.source}: {found.error}", row.product.product_id)
        matches = there.answer([picture], k=k).matches
    except PictureError as error:
        return BadRow(row.where, str(error), row.product.product_id)
    except ServerError as error:
        if error.kind not in REFUSED:
            raise
        return BadRow(row.where, f"{place.source}: {error}", row.product.product_id)
    return Tagged(row.product, place.source, described(found), matches)
