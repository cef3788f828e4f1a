"""Where a catalogue is kept: a directory, or a database that several machines share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shelflens import plug
from shelflens.errors import CatalogueError
from shelflens.indexing import FolderUploads, SharedUploads, Uploads
from shelflens.records.address import Address, Location
from shelflens.records.base import Records, SharedRecords
from shelflens.records.moving import MARK


@dataclass(frozen=True, slots=True)
class Store:
    """What a catalogue's parts are made from."""

    location: Location
    records: Records
    uploads: Uploads
    directory: Path  # of this machine: the catalogue itself, or of a shared one what can be made anew from it

    def bytes_on_disk(self) -> int:
        kept = self.records.bytes_on_disk() if isinstance(self.location, Address) else 0
        return kept + sum(file.stat().st_size for file in self.directory.rglob("*") if file.is_file())


def open_store(location: Location, *, create: bool, cache: Path, unfinished: bool = False) -> Store:
    """`cache` is the folder of this machine for all shared catalogues. Raises CatalogueError; also, unless `unfinished`
    is set, for what a move has begun to fill."""
    store = _open(location, create=create, cache=cache)
    if not unfinished and store.records.kept(MARK) is not None:
        store.records.close()
        raise CatalogueError(f"{location}: a move into it was stopped; start the same `shelflens move` again")
    return store


def _open(location: Location, *, create: bool, cache: Path) -> Store:
    if isinstance(location, Address):
        try:
            kind = plug.find("records", "postgres")
        except ModuleNotFoundError as error:
            raise CatalogueError(
                f"{location}: a shared catalogue needs {error.name}; pip install 'shelflens[postgres]'"
            ) from None
        shared: SharedRecords = kind(location, create=create)
        directory = cache.expanduser() / f"{location.catalogue}-{shared.identity}"
        return Store(location, shared, SharedUploads(shared.uploads), directory)
    if not location.exists() and not create:
        raise CatalogueError(f"no catalogue at {location}; make one: shelflens index {location} SOURCE")
    records: Records = plug.find("records", "sqlite")(location, create=create)
    return Store(location, records, FolderUploads(location / "photos"), location)
