"""Where a catalogue's vectors are searched: in the memory of each process, or on a server that all of them ask."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from shelflens import plug
from shelflens.errors import CatalogueError
from shelflens.manifest import ModelManifest
from shelflens.records.address import Address, Location
from shelflens.records.base import Records
from shelflens.search.gallery import IndexMaker
from shelflens.vectors.base import SharedIndex, Spread
from shelflens.vectors.making import IndexMaker as OwnMaker
from shelflens.vectors.making import SharedIndexMaker

VECTORS: Final = "vectors"  # the document; without it every process searches by itself
OWN, DATABASE = "own", "pgvector"
_FORM: Final = (
    "milvus://HOST:PORT, with ?shards=3&replicas=2 if it has several nodes; pgvector for the catalogue's own database; "
    "or own for the memory of each process"
)
SPREADS: Final = tuple(field.name for field in fields(Spread))
MOST: Final = 16  # Milvus's own limit of shards


@dataclass(frozen=True, slots=True)
class VectorServer:
    """Kept as a document, so that every machine asks the same one."""

    kind: str  # of `plug`'s vectors
    at: str  # HOST:PORT; empty: where the records are
    name: str  # what the catalogue's vectors there are called, before the space
    shards: int = 1  # as `Spread` has them
    replicas: int = 1


def vector_server(records: Records) -> VectorServer | None:
    """The one that the catalogue's searches ask."""
    kept = records.kept(VECTORS)
    return VectorServer(**json.loads(kept)) if kept else None


def settle_vectors(records: Records, asked: str, *, location: Location) -> None:
    """From now on searches ask this server; it is filled from the records by the next of them. Raises CatalogueError
    for what is no server's address."""
    if asked == OWN:
        records.forget(VECTORS)
        return
    if asked == DATABASE:
        if not isinstance(location, Address):
            raise CatalogueError(f"{location}: only a catalogue at postgres://... has pgvector; write {_FORM}")
        records.keep(VECTORS, json.dumps(asdict(VectorServer(DATABASE, "", f"{location.catalogue}.vectors"))))
        return
    parts = urlsplit(asked)
    if parts.scheme not in plug.SERVERS or not parts.hostname or parts.path.strip("/"):
        raise CatalogueError(f"vectors at {parts.scheme or asked!r}: write {_FORM}")
    if parts.username or parts.password:
        raise CatalogueError(f"vectors at {parts.hostname}: put USER:PASSWORD into SHELFLENS_VECTORS_LOGIN, not here")
    spread, former = _spread(parts.query), vector_server(records)
    server = VectorServer(parts.scheme, parts.netloc, f"shelflens_{secrets.token_hex(6)}", **asdict(spread))
    if former is None or replace(former, name=server.name) != server:
        records.keep(VECTORS, json.dumps(asdict(server)))


def _spread(query: str) -> Spread:
    """Of an address's options."""
    asked = dict(parse_qsl(query, keep_blank_values=True))
    for name, value in asked.items():
        if name not in SPREADS:
            raise CatalogueError(f"vectors with {name}={value}: there is no such option; write {_FORM}")
        if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= MOST):
            raise CatalogueError(f"vectors with {name}={value}: a number from 1 to {MOST} is meant")
    return Spread(**{name: int(value) for name, value in asked.items()})


def index_maker(records: Records, *, location: Location, space: str, directory: Path, login: str) -> IndexMaker:
    """`login` is USER:PASSWORD for the server, if it asks for one."""
    dimension = records.spaces()[space].dimension
    server = vector_server(records)
    return _shared(server, location, space, dimension, login) if server else OwnMaker(dimension, directory)


def forget_vectors(records: Records, manifest: ModelManifest, *, location: Location, login: str) -> None:
    """Of a space that has been dropped, on the server."""
    if server := vector_server(records):
        index = _shared(server, location, manifest.space, manifest.dimension, login).make(server.kind)
        assert isinstance(index, SharedIndex), server.kind
        index.clear()


def _shared(server: VectorServer, location: Location, space: str, dimension: int, login: str) -> SharedIndexMaker:
    at = location.dsn if isinstance(location, Address) and not server.at else server.at
    return SharedIndexMaker(
        server.kind, dimension, at, f"{server.name}_{space}", login, Spread(server.shards, server.replicas)
    )
