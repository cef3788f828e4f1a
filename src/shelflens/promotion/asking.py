"""The same queries for both models: a table's photos, or the catalogue's own, each searched among the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import numpy as np

from shelflens.calibrate.examples import occasions
from shelflens.errors import CatalogueError, PictureError
from shelflens.evaluate import Evaluation
from shelflens.feed.base import BadRow, Feed, PhotoPlace
from shelflens.indexing import place_of
from shelflens.promotion.result import SHOWN, Answered, Reply
from shelflens.records.base import Records
from shelflens.search import Options, Searcher, View
from shelflens.search.examples import Asked
from shelflens.search.grouping import group
from shelflens.search.verification import CANDIDATES
from shelflens.types import Hit, Match
from shelflens.verify.base import key

TOGETHER: Final = 200  # photos of one product among which occasions are told apart; the time grows with the cube


class Answering(Protocol):
    """A catalogue that answers with one of its models."""

    @property
    def records(self) -> Records: ...

    @property
    def searcher(self) -> Searcher: ...

    def view(self, place: PhotoPlace) -> View:
        """Raises PictureError."""
        ...


def replies_of(evaluation: Evaluation) -> list[Reply]:
    """To a table's photos, in its order."""
    return [
        Reply(outcome.photo, outcome.matches[:SHOWN], outcome.product, outcome.rank) for outcome in evaluation.outcomes
    ]


def matching(old: Sequence[Reply], new: Sequence[Reply]) -> tuple[list[Reply], list[Reply]]:
    """Without the queries that only one of the two could read, as when a file vanished in between."""
    here, there = ({(reply.photo.source, reply.product.product_id) for reply in replies} for replies in (old, new))
    both = here & there

    def shared(replies: Sequence[Reply]) -> list[Reply]:
        return [reply for reply in replies if (reply.photo.source, reply.product.product_id) in both]

    return shared(old), shared(new)


def answers_to(
    side: Answering, pictures: Feed, *, on_reply: Callable[[], None], on_bad: Callable[[BadRow], None]
) -> dict[str, Answered]:
    """To every picture of a source, by where it is, whatever it shows."""
    found: dict[str, Answered] = {}
    for row in pictures:
        if isinstance(row, BadRow):
            on_bad(row)
            continue
        for place in row.photos:
            on_reply()
            try:
                view = side.view(place)
            except PictureError as error:
                on_bad(BadRow(row.where, str(error), row.product.product_id))
            else:
                found[place.source] = Answered(place, side.searcher.search([view], Options(k=SHOWN)).matches)
    return found


def occasions_of(side: Answering, replies: Sequence[Reply]) -> list[int]:
    """The number of the occasion on which each query's photo was shot, within its product, as the side's model sees
    them. A photo that can no longer be read is an occasion of its own."""
    found = list(range(-1, -len(replies) - 1, -1))
    places: dict[str, list[int]] = {}
    for place, reply in enumerate(replies):
        places.setdefault(reply.product.product_id, []).append(place)
    for its in places.values():
        for start in range(0, len(its), TOGETHER):
            _number(side, replies, its[start : start + TOGETHER], start, found)
    return found


def _number(side: Answering, replies: Sequence[Reply], places: Sequence[int], first: int, found: list[int]) -> None:
    """Numbers some photos of one product, from `first` on."""
    read, vectors = [], []
    for place in places:
        try:
            view = side.view(replies[place].photo)
        except PictureError:
            continue
        read.append(place)
        vectors.append(side.searcher.embedder.embed([view.scaled])[0])
    if read:
        for place, occasion in zip(read, occasions(np.stack(vectors)).tolist(), strict=True):
            found[place] = first + occasion


def replies_among_own(side: Answering, queries: Sequence[Asked], *, on_reply: Callable[[], None]) -> dict[str, Reply]:
    """To the catalogue's own photos, by photo_id. Each is opened and embedded as a customer's photo is, and finds
    neither itself nor what was shot with it; those that cannot be read again are left out."""
    replies: dict[str, Reply] = {}
    for query in queries:
        place = place_of(query.photo)
        product = side.records.product(query.photo.product_id)
        on_reply()
        try:
            view = side.view(place)
        except PictureError:
            continue
        if product is None:  # removed meanwhile
            continue
        matches = _matches(side, query, view)
        ids = [match.product.product_id for match in matches]
        rank = ids.index(product.product_id) + 1 if product.product_id in ids else None
        replies[query.photo.photo_id] = Reply(place, matches[:SHOWN], product, rank)
    if not replies:
        raise CatalogueError("not one of the catalogue's photos can be read again; compare with --queries TABLE")
    return replies


def _matches(side: Answering, query: Asked, view: View) -> tuple[Match, ...]:
    """As `Searcher.search` finds them among the photos that the query may find."""
    searcher, records = side.searcher, side.records
    vector = searcher.embed([view])[0]
    depth = 8 * CANDIDATES + len(query.forbidden)
    near = [pair for pair in searcher.gallery.neighbours(vector[None], depth).row(0) if pair[0] not in query.forbidden]
    photos = records.photos([number for number, _ in near])
    # The same bytes under another product would be the query itself.
    hits = [
        Hit(photos[number], cosine)
        for number, cosine in near
        if number in photos and photos[number].photo_id != query.photo.photo_id
    ]
    matches = searcher.ranker.matches(vector, group(hits), k=CANDIDATES)
    if searcher.verification is None:
        return matches
    names = [key(verifier) for verifier in searcher.verification.verifiers]
    described = {name: list(records.descriptions(name, [query.photo.photo_id]).values()) for name in names}
    return searcher.verification.examine(described, matches)
