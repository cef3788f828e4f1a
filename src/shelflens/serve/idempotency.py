"""`Idempotency-Key`: a write that is sent again, because its answer was lost, is answered again and done once.

As draft-ietf-httpapi-idempotency-key-header-07 has it. ASGI middleware around the routes; answers are kept in the
catalogue's ledger for a day, so any worker, and the server after a restart, knows them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from functools import partial
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shelflens.errors import ShelflensError
from shelflens.serve.ledger import Answered
from shelflens.serve.logs import log
from shelflens.serve.problems import Problem, answer
from shelflens.serve.service import Service, fingerprint, secret_of

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_PATH = re.compile(r"/v1/catalogues/([^/]+)/(?:products|jobs|duplicates)(?:/|$)")
_BOUNDARY = re.compile(rb'boundary="?([^";,]{1,70})')
_KEPT_HEADERS = frozenset({"content-type", "location", "etag"})
_FOR_NOW = frozenset({401, 403, 408, 429})
MAX_KEY = 255
MAX_KEPT = 1 << 20  # bytes of an answer; a longer one is not kept


class Idempotency:
    """ASGI middleware, inside the gate."""

    def __init__(self, app: ASGIApp, *, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else None
        given = headers.get("idempotency-key") if headers else None
        path = _PATH.match(scope["path"]) if scope["type"] == "http" else None
        if headers is None or given is None or path is None or scope["method"] not in _WRITES:
            await self._app(scope, receive, send)
            return
        secret = secret_of(headers.get) or ""
        if self._service.keys and self._service.keys.find(secret) is None:
            await self._app(scope, receive, send)  # answers 401
            return
        opened = self._service.shelf.find(unquote(path[1]))
        request_id = scope["state"]["request_id"]
        if opened is None:
            await self._app(scope, receive, send)  # answers 404
            return
        if not 1 <= len(given) <= MAX_KEY:
            problem = Problem.at("Idempotency-Key", f"must have 1 to {MAX_KEY} characters", status=400)
            await answer(problem, request_id=request_id)(scope, receive, send)
            return
        try:
            body = await _body(receive)
        except Problem as problem:
            await answer(problem, request_id=request_id)(scope, receive, send)
            return
        place = f"{scope['method']} {scope['path']}".encode()
        key = fingerprint(secret.encode(), place, given.encode())
        print_ = fingerprint(place, scope["query_string"], _without_boundary(headers, body))
        try:
            before = await asyncio.to_thread(opened.ledger.begin, key, print_)
        except ShelflensError as error:
            await answer(self._service.shelf.explained(error), request_id=request_id)(scope, receive, send)
            return
        if before is not None:
            await self._again(before, print_, request_id)(scope, receive, send)
            return
        kept = _Kept(send)
        try:
            await self._app(scope, _replay(body, receive), kept.send)
        finally:
            if kept.worth_keeping:
                store = partial(opened.ledger.answer, key, status=kept.status, headers=kept.headers, body=kept.body)
            else:
                store = partial(opened.ledger.forget, key)
            try:
                await asyncio.shield(asyncio.to_thread(store))
            except ShelflensError as error:  # the request is done; an answer that is not kept is better than none
                log("answer not kept", level=logging.WARNING, why=str(error), request_id=request_id)
        await kept.finish()

    def _again(self, before: Answered, print_: str, request_id: str) -> ASGIApp:
        if before.fingerprint != print_:
            detail = "this key was used with another request; take a new one for each request"
            return answer(Problem.at("Idempotency-Key", detail), request_id=request_id)
        if before.status is None:
            detail = "the first request with this key is still being answered; try again"
            return answer(Problem(409, "in-progress", detail, headers={"Retry-After": "1"}), request_id=request_id)
        return _Answer(before)


class _Answer:
    """A kept answer, as an ASGI application."""

    def __init__(self, before: Answered) -> None:
        self._before = before

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = {**json.loads(self._before.headers), "idempotent-replayed": "true"}
        if self._before.status != 204:
            headers["content-length"] = str(len(self._before.body))
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self._before.status, "headers": raw})
        await send({"type": "http.response.body", "body": self._before.body})


class _Kept:
    """Passes an answer on and remembers it. Its end is held back until `finish`: whoever has the whole answer may send
    the request again, and then it must be in the ledger."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.headers = "{}"
        self.body = b""
        self._last: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message["headers"]}
            self.headers = json.dumps({name: value for name, value in named.items() if name in _KEPT_HEADERS})
        elif message["type"] == "http.response.body":
            if len(self.body) <= MAX_KEPT:
                self.body += message.get("body", b"")
            if not message.get("more_body", False):
                self._last = message
                return
        await self._send(message)

    async def finish(self) -> None:
        if self._last is not None:
            await self._send(self._last)

    @property
    def worth_keeping(self) -> bool:
        """Done, or refused for good; what was refused for now, or went wrong here, may be asked again."""
        settled = 200 <= self.status < 500 and self.status not in _FOR_NOW
        return self._last is not None and settled and len(self.body) <= MAX_KEPT


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Problem(400, "cut-short", "the body ended before its end")
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _without_boundary(headers: Headers, body: bytes) -> bytes:
    """A client that sends a form again draws another boundary."""
    found = _BOUNDARY.search(headers.get("content-type", "").encode("latin-1"))
    return body.replace(found[1], b"") if found else body
