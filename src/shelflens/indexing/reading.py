"""The bytes behind a photo's place: a file, an address or a table's cell, under one set of limits."""

from __future__ import annotations

from pathlib import Path

from shelflens.feed.base import BytesPhoto, FilePhoto, PhotoPlace, UrlPhoto
from shelflens.picture import Fetcher, FetchPolicy, Limits, Picture, open_bytes, read_file
from shelflens.types import Photo


class PhotoReader:
    """Safe to call from several threads; keeps its connections."""

    def __init__(self, *, limits: Limits | None = None, policy: FetchPolicy | None = None) -> None:
        self.limits = limits or Limits()
        self._fetcher = Fetcher(limits=self.limits, policy=policy or FetchPolicy())

    def read(self, place: PhotoPlace) -> bytes:
        """Raises PictureError when there is nothing to read, or too much."""
        match place:
            case FilePhoto(path):
                return read_file(path, self.limits)
            case UrlPhoto(url):
                return self._fetcher.fetch(url)
            case BytesPhoto(data):
                return data

    def open(self, place: PhotoPlace, *, side: int | None = None) -> Picture:
        """Reads and decodes; `side` as in picture.open_bytes."""
        return open_bytes(self.read(place), name=place.source, side=side, limits=self.limits)

    def close(self) -> None:
        self._fetcher.close()


def place_of(photo: Photo) -> PhotoPlace:
    """Where a catalogue photo is read again."""
    return UrlPhoto(photo.source) if photo.source.startswith(("http://", "https://")) else FilePhoto(Path(photo.source))
