"""The bytes behind a photo's place: a file, an address or a table's cell, under one set of limits."""

from __future__ import annotations

from pathlib import Path

from shelflens.errors import PictureError
from shelflens.feed.base import UPLOADED, BytesPhoto, FilePhoto, PhotoPlace, UploadedPhoto, UrlPhoto
from shelflens.indexing.uploads import Uploads
from shelflens.picture import Fetcher, FetchPolicy, Limits, Picture, open_bytes, read_file
from shelflens.types import Photo


class PhotoReader:
    """Safe to call from several threads; keeps its connections."""

    def __init__(
        self, *, limits: Limits | None = None, policy: FetchPolicy | None = None, uploads: Uploads | None = None
    ) -> None:
        """`uploads` are read where a photo was uploaded into a shared catalogue."""
        self.limits = limits or Limits()
        self._uploads = uploads
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
            case UploadedPhoto(photo_id):
                if kept := self._uploads.read(photo_id) if self._uploads is not None else None:
                    return kept
                raise PictureError(f"{place.source}: the catalogue no longer has this photo; upload it again")

    def open(self, place: PhotoPlace, *, side: int | None = None) -> Picture:
        """Reads and decodes; `side` as in picture.open_bytes."""
        return open_bytes(self.read(place), name=place.source, side=side, limits=self.limits)

    def close(self) -> None:
        self._fetcher.close()


def place_of(photo: Photo) -> PhotoPlace:
    """Where a catalogue photo is read again."""
    source = photo.source
    if source.startswith(("http://", "https://")):
        return UrlPhoto(source)
    return UploadedPhoto(source.removeprefix(UPLOADED)) if source.startswith(UPLOADED) else FilePhoto(Path(source))
