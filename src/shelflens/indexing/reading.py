"""The bytes behind a photo's place: a file, an address or a table's cell, under one set of limits."""

from __future__ import annotations

from dataclasses import dataclass, field

from shelflens.feed.base import BytesPhoto, FilePhoto, PhotoPlace, UrlPhoto
from shelflens.picture import FetchPolicy, Limits, Picture, fetch, open_bytes, read_file


@dataclass(frozen=True, slots=True)
class PhotoReader:
    """Safe to call from several threads."""

    limits: Limits = field(default_factory=Limits)
    policy: FetchPolicy = field(default_factory=FetchPolicy)

    def read(self, place: PhotoPlace) -> bytes:
        """Raises PictureError when there is nothing to read, or too much."""
        match place:
            case FilePhoto(path):
                return read_file(path, self.limits)
            case UrlPhoto(url):
                return fetch(url, limits=self.limits, policy=self.policy)
            case BytesPhoto(data):
                return data

    def open(self, place: PhotoPlace, *, side: int | None = None) -> Picture:
        """Reads and decodes; `side` as in picture.open_bytes."""
        return open_bytes(self.read(place), name=place.source, side=side, limits=self.limits)
