"""Worker processes at one socket; here they are listeners on one loop, which is all that they know of each other."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

import pytest

pytest.importorskip("uvicorn", reason="serving is not installed; pip install 'shelflens[serve]'")

from shelflens.serve.listening import SharedListener, SharingLoop

DEADLINE = 60.0  # seconds


class Greeter(asyncio.Protocol):
    here: ClassVar[set[Greeter]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"welcome")
        self.here.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self.here.remove(self)


@pytest.fixture
def bound() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


def listener(bound: socket.socket) -> SharedListener:
    return SharedListener(asyncio.get_running_loop(), bound.dup(), Greeter, backlog=64)


async def greeted(place: tuple[str, int]) -> asyncio.StreamWriter:
    async with asyncio.timeout(DEADLINE):
        reader, writer = await asyncio.open_connection(*place)
        assert await reader.readexactly(7) == b"welcome"
    return writer


async def until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not fact():
            await asyncio.sleep(0.005)


async def farewell(clients: Iterable[asyncio.StreamWriter]) -> None:
    for client in clients:
        client.close()
        await client.wait_closed()
    await until(lambda: not Greeter.here)


def test_connections_that_come_at_once_are_shared_out(bound: socket.socket) -> None:
    async def come() -> list[int]:
        workers = [listener(bound), listener(bound)]
        clients = await asyncio.gather(*(greeted(bound.getsockname()) for _ in range(12)))
        counts = [worker.connections for worker in workers]
        await farewell(clients)
        for worker in workers:
            worker.close()
            await worker.wait_closed()
        return counts

    counts = asyncio.run(come())
    assert sum(counts) == 12
    assert min(counts) >= 4


def test_whoever_has_fewer_mostly_takes_the_next(bound: socket.socket) -> None:
    async def come() -> tuple[int, int]:
        first = listener(bound)
        early = [await greeted(bound.getsockname()) for _ in range(8)]
        second = listener(bound)
        late = [await greeted(bound.getsockname()) for _ in range(6)]
        counts = first.connections, second.connections
        second.close()
        alone = await greeted(bound.getsockname())
        assert first.connections == counts[0] + 1
        first.close()
        await farewell([*early, *late, alone])
        return counts

    many, few = asyncio.run(come())
    assert many + few == 14
    assert few >= 2


def test_a_loop_listens_for_itself_where_no_socket_is_given(bound: socket.socket) -> None:
    async def come() -> None:
        loop = asyncio.get_running_loop()
        shared = await loop.create_server(Greeter, sock=bound.dup())
        assert isinstance(shared, SharedListener)
        shared.close()
        async with await loop.create_server(Greeter, "127.0.0.1", 0) as server:
            await farewell([await greeted(server.sockets[0].getsockname())])

    with asyncio.Runner(loop_factory=SharingLoop) as runner:
        runner.run(come())
