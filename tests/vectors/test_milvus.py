"""What only a server can suffer: a Milvus that falls silent, or is gone."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np
import pytest

from shelflens.errors import UnavailableError


class Cable:
    """Between this process and a server; silent or torn when a test says so."""

    def __init__(self, at: str) -> None:
        host, port = at.split(":")
        self._server = (host, int(port))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self.at = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.silent = False
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:  # it is torn
                return
            far = socket.create_connection(self._server)
            self._ends += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65_536):
                if not self.silent:
                    other.sendall(data)
        except OSError:  # torn
            return

    def tear(self) -> None:
        with self._listening:
            self._listening.shutdown(socket.SHUT_RDWR)  # closing alone would leave `accept` waiting for one more
        self._accepting.join()
        for end in self._ends:
            with end, suppress(OSError):  # the other side has gone already
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


@pytest.mark.parametrize("how", ["silent", "torn"])
def test_a_search_is_told_in_time_that_the_server_is_away(
    how: str, milvus_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shelflens.vectors import milvus

    monkeypatch.setattr(milvus, "READ_SECONDS", 2.0)
    cable = Cable(milvus_server)
    index = milvus.MilvusIndex(8, at=cable.at, name="away")
    vectors = np.eye(8, dtype=np.float32)
    index.put(np.arange(8), vectors)
    assert index.search(vectors[:1], 1).keys.tolist() == [[0]]
    cable.silent = True
    if how == "torn":
        cable.tear()
    with within(10), pytest.raises(UnavailableError, match=f"milvus://{cable.at}: the server cannot be reached"):
        index.search(vectors[:1], 1)
    if how == "silent":
        cable.silent = False  # the same connection goes on
        cable.tear()
