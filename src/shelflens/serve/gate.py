"""What every request passes, in and out: an id, limits on its body, foreign pages kept out, a line in the log.

Plain ASGI, so that bodies are counted as they arrive.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shelflens.serve.logs import log
from shelflens.serve.metrics import Metrics
from shelflens.serve.options import ServeOptions
from shelflens.serve.problems import Problem, answer, busy

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@dataclass(slots=True)
class _Passing:
    """One request on its way."""

    request_id: str
    started: float
    received: int = 0  # bytes of its body
    status: int = 0
    sent: int = 0
    extra: dict[str, object] = field(default_factory=dict)  # for the log


class Gate:
    """ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp, *, options: ServeOptions, metrics: Metrics) -> None:
        self._app = app
        self._options = options
        self._metrics = metrics
        self._bodies = 0  # bytes of all requests under way
        self._hosts = frozenset(host.lower() for host in options.hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        passing = _Passing(given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex, time.perf_counter())
        # Routing happens on the path as it was sent, so that an id may hold a slash (%2F); handlers unquote.
        scope["path"] = scope["raw_path"].decode("ascii", "replace")
        scope.setdefault("state", {})
        scope["state"] |= {"request_id": passing.request_id, "log": passing.extra}

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start":
                passing.status = message["status"]
                changed = MutableHeaders(scope=message)
                changed["X-Request-Id"] = passing.request_id
                for name, value in _HEADERS.items():
                    changed.setdefault(name, value)
            elif message["type"] == "http.response.body":
                passing.sent += len(message.get("body", b""))
            await send(message)

        try:
            if refusal := self._refusal(scope["method"], headers):
                await answer(refusal, request_id=passing.request_id)(scope, receive, out)
            else:
                await self._app(scope, self._counted(receive, passing), out)
        finally:
            self._bodies -= passing.received
            self._finish(scope, passing)

    def _refusal(self, method: str, headers: Headers) -> Problem | None:
        """What can be told from the headers alone."""
        host = headers.get("host", "")
        if self._hosts and (urlsplit(f"//{host}").hostname or "") not in self._hosts:
            return Problem(421, "host-not-served", "this server does not go by that name; add it with --trusted-host")
        if method not in _READING and not self._may_come_from(headers.get("origin"), headers):
            return Problem(403, "foreign-page", "pages of that origin may not call; allow it with --allow-origin")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._options.max_body:
            return self._too_long()
        return None

    def _may_come_from(self, origin: str | None, headers: Headers) -> bool:
        """A page of another site may make a browser post a form here, without asking (CORS) first."""
        if origin is None or "*" in self._options.allow_origins or origin in self._options.allow_origins:
            return True
        return urlsplit(origin).netloc == headers.get("host", "")

    def _counted(self, receive: Receive, passing: _Passing) -> Receive:
        """`receive`, within the limits of one body, of its time, and of all bodies together."""
        deadline = time.monotonic() + self._options.body_seconds
        whole = False

        async def counted() -> Message:
            nonlocal whole
            if whole:  # what is waited for now is the client's going away
                return await receive()
            try:
                async with asyncio.timeout(deadline - time.monotonic()):  # wait_for would make a task of each
                    message = await receive()
            except TimeoutError:
                seconds = self._options.body_seconds
                detail = f"the body was not there after {seconds:.0f} s"
                raise Problem(408, "body-too-slow", detail, headers={"Connection": "close"}) from None
            if message["type"] != "http.request":
                return message
            count = len(message.get("body", b""))
            passing.received += count
            self._bodies += count
            self._metrics.body_bytes.inc(count)
            whole = not message.get("more_body", False)
            if passing.received > self._options.max_body:
                raise self._too_long()
            if self._bodies > self._options.max_bodies:
                raise busy("the server holds as many pictures as it may; try again", seconds=1)
            return message

        return counted

    def _too_long(self) -> Problem:
        detail = f"the body is too long; at most {self._options.max_body} bytes are read"
        return Problem(413, "body-too-long", detail, headers={"Connection": "close"})

    def _finish(self, scope: Scope, passing: _Passing) -> None:
        seconds = time.perf_counter() - passing.started
        route = _route(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, route, str(passing.status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        client = scope.get("client")
        log(
            "request",
            level=logging.ERROR if passing.status >= 500 or not passing.status else logging.INFO,
            request_id=passing.request_id,
            method=method,
            route=route,
            status=passing.status,
            ms=round(seconds * 1e3, 1),
            bytes_in=passing.received,
            bytes_out=passing.sent,
            client=client[0] if client else "",
            **passing.extra,
        )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _route(scope: Mapping[str, Any]) -> str:
    """The route's template: few values, none of them a name."""
    path = getattr(scope.get("route"), "path_format", None) or getattr(scope.get("route"), "path", None)
    return str(path) if path else "none"
