"""Photos that came as bytes, kept with the catalogue, so that they can be read again like any other photo."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from shelflens.errors import FULL, CatalogueError, FullError
from shelflens.feed.base import UPLOADED, FilePhoto, PhotoPlace, UploadedPhoto
from shelflens.picture import digest
from shelflens.records.base import KeptUploads


class Uploads(Protocol):
    """By photo_id, so the same bytes are kept once. Safe to call from several threads."""

    def keep(self, data: bytes, *, format: str) -> PhotoPlace:
        """Durable on return; `format` as in `Picture`. Raises CatalogueError when it cannot be written, FullError where
        there is no room for it."""
        ...

    def read(self, photo_id: str) -> bytes | None:
        """The photo's bytes, if it was uploaded."""
        ...

    def holds(self, source: str) -> bool:
        """Whether a photo with that source was uploaded here."""
        ...

    def forget(self, photo_ids: Iterable[str]) -> None: ...

    def __bool__(self) -> bool:
        """Whether anything was ever uploaded."""
        ...


class FolderUploads:
    """`FOLDER/ab/abcd….jpg`: named by digest, so the same bytes are one file. Safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        """The folder is made with the first file."""
        self._folder = folder

    def keep(self, data: bytes, *, format: str) -> FilePhoto:
        photo_id = digest(data)
        suffix = {"JPEG": "jpg", "TIFF": "tif"}.get(format, format.lower() or "bin")
        path = self._folder.absolute() / photo_id[:2] / f"{photo_id}.{suffix}"
        if path.exists():
            return FilePhoto(path)
        temporary = path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
                _sync(folder)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            kind = FullError if error.errno in FULL else CatalogueError
            raise kind(f"{path}: the photo cannot be kept ({error.strerror})") from error
        return FilePhoto(path)

    def read(self, photo_id: str) -> bytes | None:
        path = self.find(photo_id)
        return path.read_bytes() if path else None

    def holds(self, source: str) -> bool:
        return Path(source).is_relative_to(self._folder.absolute())

    def find(self, photo_id: str) -> Path | None:
        """The photo's file, if it was uploaded."""
        files = (self._folder / photo_id[:2]).glob(f"{photo_id}.*") if photo_id.isalnum() else ()
        return next((path for path in files if path.suffix != ".part"), None)

    def forget(self, photo_ids: Iterable[str]) -> None:
        for photo_id in photo_ids:
            if path := self.find(photo_id):
                path.unlink(missing_ok=True)

    def __bool__(self) -> bool:
        return self._folder.is_dir()


class SharedUploads:
    """In the catalogue's database: `records.uploads.UploadedPhotos`."""

    def __init__(self, kept: KeptUploads) -> None:
        self._kept = kept

    def keep(self, data: bytes, *, format: str) -> UploadedPhoto:
        place = UploadedPhoto(digest(data))
        self._kept.keep(place.photo_id, data, format=format)
        return place

    def read(self, photo_id: str) -> bytes | None:
        return self._kept.read(photo_id)

    def holds(self, source: str) -> bool:
        return source.startswith(UPLOADED)

    def forget(self, photo_ids: Iterable[str]) -> None:
        self._kept.forget(photo_ids)

    def __bool__(self) -> bool:
        return len(self._kept) > 0


def _sync(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
