"""uvicorn's HTTP/1.1 protocol with what it lacks: a deadline for the headers, and a stop that cuts nobody off.

uvicorn's own keep-alive timer ends with the first byte of a request, so whoever sends a header a minute would hold a
connection for ever; and a stopping server closes idle connections while a client may be writing its next request.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import H11Protocol

LINGER_SECONDS = 1.0  # that a stopping server listens to an open connection, to answer one more request


class TimedConfig(Config):
    """uvicorn's, with the deadline."""

    header_seconds: float = 10.0


class TimedH11Protocol(H11Protocol):
    """One connection of a server with a TimedConfig."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._stopping = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_are_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deadline is None and self._idle:
            self._expect_headers()
        super().data_received(data)

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._headers_are_there()
        if self._stopping:
            self._say_goodbye()

    def shutdown(self) -> None:
        """A request that is on its way to us, or comes within LINGER_SECONDS, is answered still."""
        self._stopping = True
        if self._idle or self.cycle.response_started:  # the client may be writing its next request already
            self.loop.call_later(LINGER_SECONDS, self._hang_up)
        else:
            self._say_goodbye()

    def _say_goodbye(self) -> None:
        """The answer that is not begun yet says that it is the last; uvicorn would hang up without a word."""
        if not self._idle and not self.cycle.response_started:
            self.cycle.keep_alive = False
            headers = self.cycle.scope["headers"]
            assert isinstance(headers, list)
            if CLOSE_HEADER not in headers:
                headers.append(CLOSE_HEADER)  # of the request, from where uvicorn takes it to the answer

    @property
    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _hang_up(self) -> None:
        if self._idle and not self.transport.is_closing():
            super().shutdown()

    def _expect_headers(self) -> None:
        assert isinstance(self.config, TimedConfig)
        self._deadline = self.loop.call_later(self.config.header_seconds, self._too_slow)

    def _headers_are_there(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self.transport.is_closing() or not self._idle:
            return
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            body = b'{"title":"Request Timeout","status":408,"detail":"the headers did not come in time"}'
            self.transport.write(
                b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/problem+json\r\n"
                b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(body), body)
            )
        self.transport.close()
