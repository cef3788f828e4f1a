"""Three servers over one catalogue in PostgreSQL with its vectors on Milvus, asked as through a balancer."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import postgres

from bench.load import Serving, serving
from bench.milvus_roles import Cluster
from bench.upgrading import OWN_COSINE
from bench.workbench import MODEL
from shelflens.assemble import Catalogue, open_catalogue
from shelflens.picture import digest
from shelflens.records.address import Address, parse
from shelflens.types import Product

SERVERS = 3
VECTORS = "?shards=3&replicas=2"
ADDED = "added"  # the product of photos that are written


class AnswerError(Exception):
    """An answer that is none, by its status and kind."""


@dataclass(frozen=True, slots=True)
class Stock:
    indexed: Path  # a folder of photos: FOLDER/PRODUCT/N.jpg
    asked: Sequence[Path]  # photos of it
    written: Sequence[Path]  # photos that are not in it, uploaded one by one
    more: Path  # a folder to index later


class Front:
    """The servers, and what they stand on."""

    def __init__(
        self,
        stack: ExitStack,
        stock: Stock,
        databases: Sequence[postgres.Server],
        cluster: Cluster,
        *,
        ray: str,  # HOST:PORT of a cluster, if there is one
        logs: Path,
    ) -> None:
        self.stock, self.databases, self.cluster, self.ray = stock, databases, cluster, ray
        hosts = ",".join(f"127.0.0.1:{server.port}" for server in databases)
        self.address: Address = parse(f"postgres://postgres@{hosts}/postgres?catalogue=bench")
        self._stack, self._logs = stack, logs
        self._servers: list[Serving] = []
        self._turn = 0

    def open(self) -> None:
        with self.catalogue(create=True) as made:
            made.index(self.stock.indexed)
            made.records.change_product(ADDED, lambda _former: Product(ADDED))
        for _ in range(SERVERS):
            self.add_server()

    @contextmanager
    def catalogue(self, *, create: bool = False, workers: str | None = None) -> Iterator[Catalogue]:
        """As another process sees it."""
        vectors = f"milvus://{self.cluster.at}{VECTORS}" if create else None
        made = MODEL if create else None
        with open_catalogue(self.address, create=create, model=made, vectors=vectors, workers=workers) as opened:
            yield opened

    # -- the servers

    def add_server(self) -> None:
        """Answers when it returns, and is asked from then on."""
        log = self._logs / f"serve-{time.monotonic_ns()}.log"
        self._servers.append(self._stack.enter_context(serving(self.address, log=log)))

    def kill_server(self) -> None:
        """kill -9. Callers find out by themselves."""
        os.kill(self._servers[0].process, signal.SIGKILL)

    # -- what callers ask

    def search(self, number: int) -> None:
        picture = b64encode(self.stock.asked[number % len(self.stock.asked)].read_bytes()).decode()
        body = json.dumps({"pictures": [{"base64": picture}], "k": 1}).encode()
        (best,) = self._ask("/v1/catalogues/bench/search", body, "application/json")["matches"]
        assert best["score"] > OWN_COSINE, "a photo that was there is not found"

    def write(self, number: int) -> None:
        photo = self.stock.written[number].read_bytes()
        self._ask(f"/v1/catalogues/bench/products/{ADDED}/photos", photo, "image/jpeg")

    def missing(self, writes: Sequence[int]) -> int:
        """Of the photos that were there at first and of acknowledged writes."""
        return self.lacking([*self.stock.indexed.rglob("*.jpg"), *(self.stock.written[number] for number in writes)])

    def lacking(self, files: Sequence[Path]) -> int:
        with self.catalogue() as opened:
            return unfound(opened, files)

    def _ask(self, path: str, sent: bytes, media_type: str) -> Any:
        """Of one server after the other; one that hangs up is left out until another takes its place."""
        self._turn += 1
        servers = list(self._servers)
        server = servers[self._turn % len(servers)]
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        try:
            connection.request("POST", path, sent, {"Content-Type": media_type})
            answer = connection.getresponse()
            body = json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            if server in self._servers and len(self._servers) > 1:
                self._servers.remove(server)
            raise
        finally:
            connection.close()
        if answer.status >= 300:
            raise AnswerError(f"{answer.status} {str(body['type']).rpartition('/')[2]}: {body['detail']}")
        return body


def unfound(catalogue: Catalogue, files: Sequence[Path]) -> int:
    """How many of these photos the catalogue, opened now, does not have, or does not find by their own vectors.
    A search for products would not tell: it weighs more than the nearest photo."""
    ids = {digest(file.read_bytes()) for file in files}
    known = sorted(catalogue.records.known(sorted(ids), space=catalogue.space))
    vectors = catalogue.records.vectors(known, space=catalogue.space)
    nearest = catalogue.gallery.neighbours(vectors, 1).keys[:, 0].tolist()
    photos = catalogue.records.photos(nearest)
    found = {photo_id for photo_id, key in zip(known, nearest, strict=True) if photos[key].photo_id == photo_id}
    return len(ids - found)
