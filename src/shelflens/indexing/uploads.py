"""Photos that came as bytes, kept as files of the catalogue, so that they can be read again like any other photo."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from shelflens.errors import CatalogueError
from shelflens.picture import digest


class Uploads:
    """`FOLDER/ab/abcd….jpg`: named by digest, so the same bytes are one file. Safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        """The folder is made with the first file."""
        self._folder = folder

    def keep(self, data: bytes, *, format: str) -> Path:
        """Durable on return; `format` as in `Picture`. Raises CatalogueError when it cannot be written."""
        photo_id = digest(data)
        suffix = {"JPEG": "jpg", "TIFF": "tif"}.get(format, format.lower() or "bin")
        path = self._folder.absolute() / photo_id[:2] / f"{photo_id}.{suffix}"
        if path.exists():
            return path
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
            raise CatalogueError(f"{path}: the photo cannot be kept ({error.strerror})") from error
        return path

    def find(self, photo_id: str) -> Path | None:
        """The photo's file, if it was uploaded."""
        files = (self._folder / photo_id[:2]).glob(f"{photo_id}.*") if photo_id.isalnum() else ()
        return next((path for path in files if path.suffix != ".part"), None)

    def forget(self, photo_ids: Iterable[str]) -> None:
        for photo_id in photo_ids:
            if path := self.find(photo_id):
                path.unlink(missing_ok=True)

    def __bool__(self) -> bool:
        """Whether anything was ever uploaded."""
        return self._folder.is_dir()


def _sync(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
