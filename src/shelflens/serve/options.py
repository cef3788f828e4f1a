"""How a server is run: read at the edge, echoed at start-up, handed to every worker process."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from shelflens.errors import ShelflensError

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Shelved:
    """A catalogue under the name that requests call it by."""

    name: str
    path: str = field(repr=False)  # or an address, in which a password may stand


@dataclass(frozen=True, slots=True)
class ServeOptions:
    catalogues: tuple[Shelved, ...]
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1  # processes
    keys: str | None = None  # the file of keys; None: whoever reaches the server may do everything
    create: bool = False  # catalogues that are not there are made
    classifier: str | None = None  # a model folder, for /classify
    allow_origins: tuple[str, ...] = ()  # other sites whose pages may call
    watch: str | None = None  # the folder for what is seen in streams; None: none may be watched
    watch_days: float = 30.0  # that it is kept there
    trusted_hosts: tuple[str, ...] = ()  # names in the Host header; empty: any, or the loopback ones without keys
    threads: int = 0  # of each worker for model work; 0: cores / workers
    waiting: int = 0  # requests of each worker that may wait for a thread; 0: two per thread
    rate: float = 50.0  # requests per second of one key, over all workers
    burst: int = 100  # requests that a key may save up
    max_body: int = 32 * 1024 * 1024  # bytes
    max_bodies: int = 256 * 1024 * 1024  # bytes of all requests under way in one worker
    max_picture: int = 20 * 1024 * 1024  # bytes of one picture
    max_pixels: int = 64_000_000  # of one picture; 4 bytes each while it is decoded
    max_pictures: int = 8  # in one search
    max_rows: int = 1_000  # in one bulk request
    header_seconds: float = 10.0  # until a request's headers are there
    body_seconds: float = 60.0  # until its body is
    drain_seconds: float = 30.0  # that requests under way get when the server stops
    max_connections: int = 1_000  # of one worker

    def __post_init__(self) -> None:
        names = [shelved.name for shelved in self.catalogues]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ShelflensError(f"two catalogues are called {twice[0]!r}; name one: OTHER={twice[0]}.lens")
        if not names:
            raise ShelflensError("a server needs at least one catalogue")
        if self.watch is not None and self.workers > 1:
            raise ShelflensError("streams are watched by one process; give --watch to a server with --workers 1")

    @property
    def model_threads(self) -> int:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return self.threads or max(1, cores // self.workers)

    @property
    def model_waiting(self) -> int:
        return self.waiting or 2 * self.model_threads

    @property
    def hosts(self) -> tuple[str, ...]:
        """Without keys a page of another site could have its name resolved to this machine (DNS rebinding)."""
        if self.trusted_hosts or self.keys is not None or self.host not in LOOPBACK:
            return self.trusted_hosts
        return LOOPBACK

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ServeOptions:
        data: dict[str, Any] = json.loads(text)
        data["catalogues"] = tuple(Shelved(**shelved) for shelved in data["catalogues"])
        tuples = [field.name for field in fields(cls) if isinstance(data.get(field.name), list)]
        return cls(**{**data, **{name: tuple(data[name]) for name in tuples}})
