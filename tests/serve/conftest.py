"""A real server, in a process of its own, on a free port of this machine, over a small drawn catalogue."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import pytest
from PIL import Image
from tests.trained import train_model

import shelflens

START_SECONDS = 90.0
SHOP = "/v1/catalogues/shop"


@pytest.fixture(scope="session")
def indexed(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight products with three photos each, searchable. Read only; copy it to change it."""
    path = tmp_path_factory.mktemp("serve") / "shop.lens"
    with shelflens.open(path, create=True) as catalogue:
        catalogue.index(shop)
    return path


class Server:
    """`shelflens serve`, from its start to its end."""

    def __init__(self, *words: str | Path, log: Path, environment: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        command = [sys.executable, "-m", "shelflens", "serve", *map(str, words), "--port", str(self.port)]
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                command, stderr=file, stdout=file, env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})}
            )
        self.http = httpx.Client(base_url=self.url, timeout=60)

    def __enter__(self) -> Self:
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.stop()

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self, *, seconds: float = 60) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def await_logged(self, text: str, *, seconds: float = 60) -> None:
        """A request is logged after it is answered."""
        deadline = time.monotonic() + seconds
        while text not in self.log.read_text():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def resident(self) -> int:
        """Its memory, bytes."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """start(*words, environment=None): a server that is up; stopped after the test."""
    pytest.importorskip("uvicorn", reason="serving is not installed; pip install 'shelflens[serve]'")
    running: list[Server] = []

    def started(*words: str | Path, environment: dict[str, str] | None = None) -> Server:
        server = Server(*words, log=tmp_path / "server.log", environment=environment)
        running.append(server)
        return server.__enter__()

    yield started
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture
def copy(indexed: Path, tmp_path: Path) -> Path:
    """A catalogue that the test may change."""
    return Path(shutil.copytree(indexed, tmp_path / "shop.lens"))


@pytest.fixture(scope="session")
def classifier(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model that tells the products of the shop, and their kinds: of even and of odd numbers."""
    photos = sorted(shop.glob("*/*.jpg"))
    pictures, truths = [Image.open(path).convert("RGB") for path in photos], [path.parent.name for path in photos]
    groups = {"kind": {name: f"kind{int(name[1]) % 2}" for name in set(truths)}}
    return train_model(tmp_path_factory.mktemp("classifier") / "model", pictures, truths, groups=groups)


@pytest.fixture(scope="module")
def serving() -> tuple[str | Path, ...]:
    """Words for the module's server; a module that wants others has a fixture of this name."""
    return ()


@pytest.fixture(scope="module")
def server(
    indexed: Path, tmp_path_factory: pytest.TempPathFactory, serving: tuple[str | Path, ...]
) -> Iterator[Server]:
    """One server for the tests of a module, over a catalogue of their own; nobody asks too often."""
    pytest.importorskip("uvicorn", reason="serving is not installed; pip install 'shelflens[serve]'")
    folder = tmp_path_factory.mktemp("server")
    path = Path(shutil.copytree(indexed, folder / "shop.lens"))
    words = ("--rate", "100000", "--burst", "100000", "--waiting", "64", *serving)
    with Server(path, *words, log=folder / "server.log") as running:
        yield running
    mistakes = [line for line in running.lines() if line["level"] == "error"]
    assert not mistakes, mistakes


@pytest.fixture
def http(server: Server) -> httpx.Client:
    return server.http


@pytest.fixture
def photo(shop: Path) -> bytes:
    """One of p3, as it is in the catalogue."""
    return (shop / "p3" / "1.jpg").read_bytes()


def ended(http: httpx.Client, job: dict[str, Any], *, seconds: float = 60) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while job["state"] in ("queued", "running"):
        assert time.monotonic() < deadline, job
        time.sleep(0.1)
        job = http.get(f"{SHOP}/jobs/{job['id']}").json()
    return job


def started(http: httpx.Client, **body: Any) -> dict[str, Any]:
    response = http.post(f"{SHOP}/jobs", json=body)
    assert response.status_code == 202, response.text
    job: dict[str, Any] = response.json()
    assert response.headers["location"] == f"{SHOP}/jobs/{job['id']}"
    return job
