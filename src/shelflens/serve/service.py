"""What a worker process holds, and who may use it."""

from __future__ import annotations

import asyncio
import gc
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import unquote

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from pydantic import BeforeValidator
from starlette.requests import HTTPConnection

from shelflens.classify.base import Classifier
from shelflens.classify.loading import load_classifier
from shelflens.serve.jobs import Runner
from shelflens.serve.keys import ANYBODY, Key, KeyFile, Scope
from shelflens.serve.metrics import Metrics
from shelflens.serve.options import ServeOptions
from shelflens.serve.problems import Problem, busy
from shelflens.serve.rates import Rates
from shelflens.serve.shelf import Opened, Shelf
from shelflens.serve.watching import Desk
from shelflens.serve.workers import Pool
from shelflens.settings import Settings

T = TypeVar("T")
RECORD_THREADS = 8  # questions to the records: milliseconds each
FETCH_THREADS = 16  # pictures by address: they wait for others' servers, not for our cores


class Service:
    """Everything that requests need, opened once."""

    def __init__(self, options: ServeOptions, settings: Settings) -> None:
        self.options = options
        self.settings = settings
        self.metrics = Metrics()
        self.keys = KeyFile(Path(options.keys)) if options.keys else None
        if self.keys:
            self.keys.keys()
        self.rates = Rates(rate=options.rate / options.workers, burst=max(1, options.burst // options.workers))
        self.model = Pool("model", threads=options.model_threads, waiting=options.model_waiting)
        self.records = Pool("records", threads=RECORD_THREADS, waiting=8 * RECORD_THREADS)
        self.fetch = Pool("fetch", threads=FETCH_THREADS, waiting=4 * FETCH_THREADS)
        self.shelf = Shelf(options, settings)
        self.runner = Runner(self.shelf.all())
        watched = options.watch
        self.desk = Desk(Path(watched), days=options.watch_days, hosts=settings.allowed_hosts) if watched else None
        self.ready = False

    @cached_property
    def classifier(self) -> Classifier | None:
        return load_classifier(self.options.classifier, threads=1) if self.options.classifier else None

    def warm(self) -> None:
        for opened in self.shelf.all():
            opened.warm()
        _ = self.classifier

    async def start(self) -> None:
        await asyncio.to_thread(self.warm)
        # What is there now stays. To walk through it again and again costs a millisecond a request, and long pauses.
        gc.collect()
        gc.freeze()
        self.runner.start()
        if self.desk:
            self.desk.start()
        self.ready = True

    async def stop(self) -> None:
        """After the last request has been answered."""
        self.ready = False
        await asyncio.to_thread(self.runner.stop)
        if self.desk:
            await asyncio.to_thread(self.desk.stop)
        for pool in (self.fetch, self.model, self.records):
            await asyncio.to_thread(pool.close)
        self.shelf.close()
        self.metrics.close()


def service_of(request: HTTPConnection) -> Service:
    service: Service = request.app.state.service
    return service


_bearer = HTTPBearer(auto_error=False, description="Authorization: Bearer KEY")
_header = APIKeyHeader(name="X-API-Key", auto_error=False)


def secret_of(headers: Callable[[str], str | None]) -> str | None:
    """The key that a request brings."""
    kind, _, secret = (headers("authorization") or "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else headers("x-api-key")


async def identify(
    request: Request,
    _bearer_credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    _header_key: Annotated[str | None, Security(_header)],
) -> Key:
    """Who asks. Raises 401, and 429 when the key has asked too often."""
    service = service_of(request)
    if service.keys is None:
        key, asker = ANYBODY, request.client.host if request.client else ""
    else:
        secret = secret_of(request.headers.get)
        found = service.keys.find(secret) if secret else None
        if found is None:
            detail = "the key is not known" if secret else "a key is needed: Authorization: Bearer KEY"
            raise Problem(401, "key-needed", detail, headers={"WWW-Authenticate": "Bearer"})
        key, asker = found, found.key_id
    request.scope["state"]["log"]["key"] = key.key_id
    if wait := service.rates.take(asker):
        raise busy("this key asks too often", seconds=wait, kind="rate-limit")
    return key


Asking = Annotated[Key, Depends(identify)]


def _unquoted(text: object) -> object:
    return unquote(text) if isinstance(text, str) else text


#: A part of the path; routing saw it as it was sent.
PathText = Annotated[str, BeforeValidator(_unquoted)]


@dataclass(frozen=True, slots=True)
class Access:
    """One catalogue that the caller may use, and the service."""

    service: Service
    opened: Opened
    key: Key
    scope: Scope

    async def ask(self, question: Callable[[], T]) -> T:
        """Asks the records."""
        return await self.service.records.run(question)


def _access(needed: Scope) -> Callable[..., Awaitable[Access]]:
    async def dependency(request: Request, name: PathText, key: Asking) -> Access:
        service = service_of(request)
        opened, scope = service.shelf.find(name), key.scope(name)
        if opened is None or scope is None:  # whoever may not use a catalogue does not learn that it exists
            raise Problem.at("name", f"there is no catalogue {name[:100]!r}", status=404, kind="no-catalogue")
        if not scope.includes(needed):
            raise Problem(403, "scope-needed", f"this key may {scope} here; {needed} is needed")
        return Access(service, opened, key, scope)

    return dependency


Reading = Annotated[Access, Depends(_access(Scope.READ))]
Writing = Annotated[Access, Depends(_access(Scope.WRITE))]
Administering = Annotated[Access, Depends(_access(Scope.ADMIN))]


def no_product(product_id: str) -> Problem:
    return Problem.at("product_id", f"there is no product {product_id[:100]!r}", status=404, kind="no-product")


def fingerprint(*parts: bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()
