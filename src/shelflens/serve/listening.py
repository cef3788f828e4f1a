"""Several worker processes at one socket: the one with the fewest connections takes the next.

asyncio takes all the connections that are waiting as soon as it sees one. Clients keep theirs, so a worker that was
awake first would be asked everything and refuse it, while another has nothing to do.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

from shelflens.serve.logs import log

STEP = 0.001  # seconds that a worker lets the others go first, for each connection that it has
MOST_STEPS = 8
RETRY_SECONDS = 1.0  # until a worker that has run out of file descriptors looks again


class SharingLoop(asyncio.SelectorEventLoop):
    """asyncio's own, but for how it listens to a socket that it was given."""

    async def create_server(self, *places: Any, **options: Any) -> Any:
        if "sock" not in options:
            return await super().create_server(*places, **options)
        (make,) = places
        return SharedListener(self, options["sock"], make, backlog=options.get("backlog", 100))


class SharedListener:
    """Takes one connection at a time from a bound socket, the sooner the fewer it has open.

    Stands for an asyncio.Server as far as uvicorn asks one.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        shared: socket.socket,
        make: Callable[[], asyncio.Protocol],
        *,
        backlog: int,
    ) -> None:
        self._loop = loop
        self._shared = shared
        self._make = make
        self._open: list[asyncio.BaseTransport] = []
        self._opening: set[asyncio.Task[None]] = set()
        self._waiting: asyncio.TimerHandle | None = None
        self._closed = False
        shared.setblocking(False)
        shared.listen(backlog)
        self._watch()

    @property
    def connections(self) -> int:
        self._open = [transport for transport in self._open if not transport.is_closing()]
        return len(self._open) + len(self._opening)

    def close(self) -> None:
        """Whoever has connected and was not taken yet is left to the other workers."""
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._shared.fileno())
            if self._waiting:
                self._waiting.cancel()
            self._shared.close()

    async def wait_closed(self) -> None:
        if self._opening:
            await asyncio.wait(self._opening)

    def _watch(self) -> None:
        self._waiting = None
        if not self._closed:
            self._loop.add_reader(self._shared.fileno(), self._knocked)

    def _knocked(self) -> None:
        self._loop.remove_reader(self._shared.fileno())  # it would be told again and again meanwhile
        self._waiting = self._loop.call_later(STEP * min(self.connections, MOST_STEPS), self._take)

    def _take(self) -> None:
        try:
            connection, _ = self._shared.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            pass  # another worker was quicker, or the client has gone
        except OSError as error:
            log("cannot take a connection", level=logging.WARNING, reason=str(error))
            self._waiting = self._loop.call_later(RETRY_SECONDS, self._watch)
            return
        else:
            connection.setblocking(False)
            opening = self._loop.create_task(self._opened(connection))
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)
        self._watch()

    async def _opened(self, connection: socket.socket) -> None:
        try:
            transport, _ = await self._loop.connect_accepted_socket(self._make, connection)
        except OSError:  # the client has gone already
            connection.close()
        else:
            self._open.append(transport)
