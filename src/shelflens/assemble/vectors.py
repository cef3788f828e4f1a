"""Where a catalogue's vectors are searched: in the memory of each process, or on a server that all of them ask."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from shelflens import plug
from shelflens.errors import CatalogueError
from shelflens.records.base import Records
from shelflens.search.gallery import IndexMaker
from shelflens.vectors.making import IndexMaker as OwnMaker
from shelflens.vectors.making import SharedIndexMaker

VECTORS: Final = "vectors"  # the document; without it every process searches by itself
OWN: Final = "own"
_FORM: Final = "milvus://HOST:PORT, or own for none"


@dataclass(frozen=True, slots=True)
class VectorServer:
    """Kept as a document, so that every machine asks the same one."""

    kind: str  # of `plug`'s vectors
    at: str  # HOST:PORT
    name: str  # what the catalogue's vectors there are called, before the space

    def __str__(self) -> str:
        return f"{self.kind}://{self.at}"


def vector_server(records: Records) -> VectorServer | None:
    """The one that the catalogue's searches ask."""
    kept = records.kept(VECTORS)
    return VectorServer(**json.loads(kept)) if kept else None


def settle_vectors(records: Records, asked: str) -> None:
    """From now on searches ask this server; it is filled from the records by the next of them. Raises CatalogueError
    for what is no server's address."""
    if asked == OWN:
        records.forget(VECTORS)
        return
    parts = urlsplit(asked)
    if parts.scheme not in plug.SERVERS or not parts.hostname or parts.path.strip("/"):
        raise CatalogueError(f"vectors at {parts.scheme or asked!r}: write {_FORM}")
    if parts.username or parts.password:
        raise CatalogueError(f"vectors at {parts.hostname}: put USER:PASSWORD into SHELFLENS_VECTORS_LOGIN, not here")
    former = vector_server(records)
    if former is None or (former.kind, former.at) != (parts.scheme, parts.netloc):
        server = VectorServer(parts.scheme, parts.netloc, f"shelflens_{secrets.token_hex(6)}")
        records.keep(VECTORS, json.dumps(asdict(server)))


def index_maker(records: Records, *, space: str, directory: Path, login: str) -> IndexMaker:
    """`login` is USER:PASSWORD for the server, if it asks for one."""
    dimension = records.spaces()[space].dimension
    server = vector_server(records)
    if server is None:
        return OwnMaker(dimension, directory)
    return SharedIndexMaker(server.kind, dimension, server.at, f"{server.name}_{space}", login)
