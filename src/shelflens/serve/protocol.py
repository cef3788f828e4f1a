"""uvicorn's HTTP/1.1 protocol with what it lacks: a deadline for the headers, refusals that arrive, and a stop that
cuts nobody off.

uvicorn's own keep-alive timer ends with the first byte of a request, so whoever sends a header a minute would hold a
connection for ever. It hangs up on whoever still sends, and the kernel then throws away the refusal that it was sent
(RFC 9112, 9.6). And a stopping server closes idle connections while a client may be writing its next request.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import H11Protocol

LINGER_SECONDS = 1.0  # that a stopping server listens to an open connection, to answer one more request
DRAIN_SECONDS = 2.0  # that a refused sender may go on sending, unheard, until he has read why
_WHOLE = frozenset({h11.IDLE, h11.DONE, h11.MUST_CLOSE, h11.CLOSED})  # states of a client that is sending nothing


class TimedConfig(Config):
    """uvicorn's, with the deadline."""

    header_seconds: float = 10.0


class PatientTransport(asyncio.Transport):
    """A transport whose `close` lets a peer that still sends read the last answer first."""

    def __init__(self, transport: asyncio.Transport, protocol: TimedH11Protocol) -> None:
        super().__init__()
        self._transport = transport
        self._protocol = protocol
        self.draining = False

    def close(self) -> None:
        if self._protocol.whole or not self.can_write_eof():
            self._transport.close()
        elif not self.is_closing():
            self.draining = True
            self._transport.write_eof()
            self._transport.resume_reading()
            self._protocol.loop.call_later(DRAIN_SECONDS, self._transport.close)
            self._protocol.let_go()

    def is_closing(self) -> bool:
        return self.draining or self._transport.is_closing()

    def resume_reading(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self.draining:
            self._transport.write(data)

    def can_write_eof(self) -> bool:
        return self._transport.can_write_eof()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)


class TimedH11Protocol(H11Protocol):
    """One connection of a server with a TimedConfig."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._stopping = False

    @property
    def whole(self) -> bool:
        """Has the client sent all of what it began?"""
        return self.conn.their_state in _WHOLE

    def let_go(self) -> None:
        """Whoever answers a request that was refused meanwhile need not go on."""
        if not self._idle:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        # asyncio does so itself, but not for the socket that several workers share: answers would wait 40 ms.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(PatientTransport(transport, self))
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_are_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
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

    def send_400_response(self, msg: str) -> None:
        """Called where h11 could not read what came."""
        error = sys.exc_info()[1]
        self._headers_are_there()
        if isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == 431:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the address and the headers are too long")
        else:
            self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def shutdown(self) -> None:
        """A request that is on its way to us, or comes within LINGER_SECONDS, is answered still."""
        self._stopping = True
        if not self._idle:
            self.cycle.scope["state"]["stopping"] = True  # for answers that would go on and on
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
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the headers did not come in time")

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """As a problem document, unless an answer has begun; and hangs up."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            body = json.dumps({"title": status.phrase, "status": status, "detail": detail}).encode()
            headers = [
                ("content-type", "application/problem+json"),
                ("content-length", str(len(body))),
                ("connection", "close"),
            ]
            for event in (h11.Response(status_code=status, headers=headers), h11.Data(body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
