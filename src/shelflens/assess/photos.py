"""Photos with the label that each should get, out of the rows of a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from shelflens.classify.labels import value_of
from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, Columns, Feed, FeedRow, PhotoPlace
from shelflens.feed.opening import open_feed


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    place: PhotoPlace
    label: str
    where: str  # "val.csv:17", for messages


def open_labelled(source: str, *, columns: Columns, target: str) -> Feed:
    """The feed behind a path. A table of photos and labels alone needs no product ids: the label stands for one.
    Raises SourceError."""
    if columns.names.get("product_id") == target:
        return _LabelsForIds(open_feed(source, columns=columns), target)
    try:
        return open_feed(source, columns=columns)
    except SourceError:
        if target == "product_id" or "product_id" in columns.names:
            raise
        names = {**columns.names, "product_id": target}
        try:
            return _LabelsForIds(open_feed(source, columns=Columns(names)), target)
        except SourceError:
            pass
        raise  # the first fault is the one to mend


@dataclass(frozen=True, slots=True)
class _LabelsForIds:
    """A Feed whose products are known by their labels, which they then have in the label's column too."""

    feed: Feed
    target: str

    @property
    def name(self) -> str:
        return self.feed.name

    def __iter__(self) -> Iterator[FeedRow | BadRow]:
        for row in self.feed:
            if isinstance(row, BadRow):
                yield row
                continue
            attributes = {**row.product.attributes, self.target: row.product.product_id}
            yield replace(row, product=replace(row.product, attributes=attributes))

    def photos(self) -> int | None:
        return self.feed.photos()


def labelled(rows: Iterable[FeedRow | BadRow], target: str) -> Iterator[LabelledPhoto | BadRow]:
    """One per photo, in order; rows without photo or label stay in their place as bad ones."""
    for row in rows:
        if isinstance(row, BadRow):
            yield row
        elif not row.photos:
            yield BadRow(row.where, "has no photo; its column is empty", row.product.product_id)
        elif not (label := value_of(row.product, target)):
            yield BadRow(
                row.where, f"has no {target}, which is what the model tells; fill it in", row.product.product_id
            )
        else:
            yield from (LabelledPhoto(place, label, row.where) for place in row.photos)
